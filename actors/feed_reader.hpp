/// An agent's feed read back from the store: its own events and the account's notices that it may view, in one order.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/account.hpp"
#include "rules/event.hpp"
#include "storage/store.hpp"

namespace signalbox {

struct feed_page_read {
  std::vector<agent_event> events;  ///< `prev` isn't set: it depends on the session
  std::uint64_t up_to = 0;          ///< everything in (from, up_to] is in `events`
};

/// Up to `limit` events in (from, to]. For reader threads: it may wait for the disk. Throws storage_error, corrupt_record.
[[nodiscard]] feed_page_read read_feed(const store& disk, const account_config& config, const user& who, std::uint64_t from,
                                       std::uint64_t to, std::size_t limit);

/// The newest position in the feed or the notices; 0: none.
[[nodiscard]] std::uint64_t feed_head(const store& disk, account_id account, user_id who);

/// Whether more than `limit` events lie in (from, to].
[[nodiscard]] bool more_than(const store& disk, account_id account, user_id who, std::uint64_t from, std::uint64_t to,
                             std::size_t limit);

/// One event as an agent is shown it: the records inside it are decoded. `keep` owns the bytes of `record`.
[[nodiscard]] agent_event shown_to(user_id who, std::uint64_t position, std::string_view record,
                                   std::shared_ptr<const void> keep);

/// S12: of a conversation in an inbox that they may not view any more an assignee is told that it was taken from them, and nothing
/// else. An inbox that the configuration doesn't hold was made a moment ago, or deleted since: neither hides what was told.
[[nodiscard]] bool may_be_told(const account_config& config, const user& who, const agent_event& of);

/// The conversations that are open with this agent and that they may view, oldest assignment first.
[[nodiscard]] std::vector<conversation> open_with(const store& disk, const account_config& config, const user& who);

}  // namespace signalbox
