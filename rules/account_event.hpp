/// What webhooks and the pull interface tell: the events of an account's log under their own words, one place each.
#pragma once

#include <cstdint>
#include <optional>

#include "rules/contact.hpp"
#include "rules/event.hpp"
#include "rules/webhook.hpp"

namespace signalbox {

struct account_event_tag {
  static constexpr std::string_view prefix = "evt_";
};
/// Names one happening of an account: the id of its deliveries to every webhook, in every attempt. Its value is its place.
using account_event_id = id<account_event_tag>;

/// A position of the log may tell two things, a conversation that was opened and the message that opened it: places double
/// the positions. Place 2p is the conversation's beginning, 2p+1 the event itself; "after place 2p+1" is "after position p".
[[nodiscard]] constexpr std::uint64_t place_of(std::uint64_t position, happening what) {
  return position * 2 + (what == happening::conversation_created ? 0 : 1);
}
[[nodiscard]] constexpr std::uint64_t position_of_place(std::uint64_t place) { return place / 2; }
[[nodiscard]] constexpr std::uint64_t place_before_position(std::uint64_t position) {
  return position == 0 ? 0 : position * 2 - 1;
}

/// What an event of the log is called.
[[nodiscard]] happening happening_of(const event& of);
/// Whether it is the first of its conversation.
[[nodiscard]] bool opens_conversation(const event& of);
/// What an event of no conversation is told in order with: the contact or resource that it tells of; 0: neither.
[[nodiscard]] std::uint64_t about_of(const event& of);

/// Read whole for the edge.
struct account_event {
  happening what{};
  agent_event of;                                     ///< `of.what.position` is set; `of.withdrawn` is an assignment to nobody
  std::shared_ptr<const signalbox::contact> contact;  ///< contact_…: as it is when it is told; null: there is none any more
  std::shared_ptr<const signalbox::ticket> ticket;    ///< ticket_…: right after it
  [[nodiscard]] account_event_id id() const { return {place_of(of.what.position, what)}; }
};

}  // namespace signalbox
