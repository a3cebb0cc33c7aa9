/// An account's part of its slot group's log, read by place (rules/account_event.hpp). Reads the store: call off the scheduler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/account_event.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// How much of the log one reading looks at; other accounts' events in it cost little, but not nothing.
struct log_budget {
  std::uint64_t events = 20'000;
  std::uint64_t bytes = 8ull << 20;
};

struct log_stretch {
  std::uint64_t up_to = 0;  ///< the place up to which everything was looked at
  bool more = false;        ///< there may be more behind it by now
};

/// Calls `visit(happening, place, event)` for what of `account` comes after `after` (a place), in order, until it says false:
/// that one and all behind it count as not looked at. The event's views live as long as the call.
log_stretch scan_account_log(const store& disk, account_id account, std::uint64_t after, const log_budget& within,
                             const std::function<bool(happening, std::uint64_t, const event&)>& visit);

/// The whole of what happened at a place; nothing when there is none, or it is another account's.
[[nodiscard]] std::optional<account_event> read_account_event(const store& disk, account_id account, std::uint64_t place);

struct account_log_page {
  std::vector<account_event> items;
  log_stretch looked_at;
};
/// At most `limit` of what `wanted` says, after a place.
[[nodiscard]] account_log_page read_account_log(const store& disk, account_id account, std::uint64_t after, std::size_t limit,
                                                const std::function<bool(happening)>& wanted, const log_budget& within = {});

}  // namespace signalbox
