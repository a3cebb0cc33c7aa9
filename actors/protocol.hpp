/// Every actor's interface, in one file. Actor messages are structs named for what they say: commands imperative, facts in the
/// past tense. All are local (shared pointers and functions travel in them); crossing a node comes with the cluster.
///
///   ACCOUNT  one an account: the only writer of its configuration; hands out snapshots, starts the account's other actors
///   CHANNEL  one a channel: on or off, exactly-once, the connector's offset, deliveries out
///   INBOX    one an inbox: the only owner of its conversations; decides, asks agents, writes change sets
///   AGENT    one a user: availability, capacity, sockets, feed
///   JOURNAL  one a server: the one writer
///
/// Order: CAF keeps it between any two actors. JOURNAL answers in commit order; an agent's events therefore come to its AGENT
/// in the order of their positions.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/account_changes.hpp"
#include "rules/assignment.hpp"
#include "rules/contact.hpp"
#include "rules/conversation.hpp"
#include "rules/event.hpp"
#include "rules/message.hpp"
#include "storage/change_set.hpp"

namespace signalbox {

/// Answers exactly once: dropped unanswered, it answers `unavailable`, so that nobody waits in silence on an actor that died.
template <class T>
class answer {
public:
  explicit answer(std::function<void(outcome<T>)> to) : to_(std::move(to)) {}
  answer(const answer&) = delete;
  answer& operator=(const answer&) = delete;
  ~answer() { give(refuse(refusal_code::unavailable, "what would have answered was restarted; try again")); }
  void give(outcome<T> what) {
    if (auto to = std::exchange(to_, nullptr)) to(std::move(what));
  }

private:
  std::function<void(outcome<T>)> to_;
};
template <class T>
using answer_pointer = std::shared_ptr<answer<T>>;

// ------------------------------------------------------------------------------------------------ what is said

/// A new snapshot: whole, and newer than any before (by revision).
struct config_changed {
  config_snapshot config;
};
struct stop_serving {
  std::function<void()> stopped;
};  ///< orderly end: finish what was begun, then call

// ACCOUNT
struct change_account {
  principal by;
  account_change what;
  answer_pointer<std::pair<config_snapshot, touched>> then;
};

// CHANNEL
/// `part`: indices into the frame's messages that are this channel's and still pending.
struct publish_part {
  frame_pointer frame;
  std::vector<std::uint32_t> part;
};
struct part_committed {
  std::uint64_t ticket = 0;
};  ///< INBOX's answer to `route_part`, after the commit
struct part_refused {
  std::uint64_t ticket = 0;
};  ///< INBOX lost it: the messages are not kept
struct connector_attached {
  std::uint64_t session = 0;
  std::shared_ptr<class connector_port> port;
};
struct connector_detached {
  std::uint64_t session = 0;
};
struct reply_accepted {
  message_id message;
};  ///< a reply is durable in the outbox: deliver it
struct delivery_reported {
  message_id message;
  message_status status{};
  std::string error;
};
struct settle {
  std::function<void()> settled;
};  ///< write derived indexes now; called when they are durable

// INBOX
struct route_part {
  frame_pointer frame;
  std::vector<std::uint32_t> part;  ///< new messages only
  std::vector<message_id> ids;      ///< theirs, given by CHANNEL
  std::uint64_t ticket = 0;
  channel_id channel;
};
struct standing_changed {
  agent_standing now;
};  ///< AGENT to the INBOXes that listen
/// AGENT's answer to an offer: the first `taken` of them have a slot now.
struct offer_answered {
  std::uint64_t ticket = 0;
  std::uint32_t taken = 0;
  agent_standing now;
};
struct assignment_lapsed {
  conversation_id conversation;
  user_id user;
  std::uint64_t position = 0;
};
struct command_conversation {
  principal by;
  conversation_id conversation;
  conversation_command what;
  std::optional<std::string> key;
  answer_pointer<conversation> then;
};
struct status_reported {
  message_id message;
  conversation_id conversation;
  message_status status{};
  std::string error;
};
struct change_set_committed {
  std::uint64_t ticket = 0;
  std::uint64_t first_position = 0;
};
struct tick {};

// AGENT
/// Slots for conversations that were just chosen. Answered with offer_answered; slots taken are held until
/// `slot_confirmed` or `slot_released`.
struct offer {
  inbox_id inbox;
  std::uint64_t ticket = 0;
  std::uint32_t wanted = 0;
  bool only_available = true;
};
struct slot_released {
  conversation_id conversation;
  std::uint32_t slots = 1;
};  ///< closed, unassigned, reassigned, refused
struct listen {
  inbox_id inbox;
  bool on = true;
};  ///< an INBOX wants this agent's standing
struct agent_attached {
  std::uint64_t session = 0;
  std::optional<std::uint64_t> cursor;
  std::shared_ptr<class agent_port> port;
};
struct agent_detached {
  std::uint64_t session = 0;
};
struct cursor_acknowledged {
  std::uint64_t session = 0;
  std::uint64_t cursor = 0;
};
struct command_from_agent {
  principal by;
  conversation_id conversation;
  conversation_command what;
  std::string ref;
  answer_pointer<conversation> then;
};
struct set_availability {
  principal by;
  presence status{};
  std::optional<time_point> until;
  answer_pointer<availability> then;
};
struct ask_availability {
  answer_pointer<availability> then;
};
struct page_read {
  std::uint64_t session = 0;
  std::vector<agent_event> events;
  std::uint64_t up_to = 0;
  bool more = false;
};
/// Committed events of this agent's feed, in position order.
struct feed_committed {
  std::shared_ptr<const class committed_sets> of;
  std::vector<std::uint32_t> which;
};

// JOURNAL
struct commit;  // below: it names actors

}  // namespace signalbox
