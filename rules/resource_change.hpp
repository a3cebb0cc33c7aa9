/// What became of a resource of the account, as its log tells it: which one and how, never what is in it.
#pragma once

#include <cstdint>
#include <string_view>

#include "rules/ids.hpp"

namespace signalbox {

/// Stored by their numbers: they may be added at the end.
enum class resource_kind : std::uint8_t { account, user, team, inbox, channel, token, webhook, pipeline, contact, ticket };
[[nodiscard]] std::string_view to_text(resource_kind of);

/// Stored by their numbers.
enum class change_kind : std::uint8_t {
  created,
  changed,
  deleted,
  merged,  ///< of contacts: another one became this one's
};
[[nodiscard]] std::string_view to_text(change_kind of);

struct resource_change {
  resource_kind kind{};
  change_kind change{};
  std::uint64_t id = 0;   ///< the resource's own, which its kind makes the type of
  contact_id absorbed{};  ///< merged: the id that means this contact from now on
  bool operator==(const resource_change&) const = default;
};

}  // namespace signalbox
