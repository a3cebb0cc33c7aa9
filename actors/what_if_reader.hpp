/// What came over one channel in a period, and who was there: from the store, for reader threads. Reads configuration records never:
/// it is given the snapshot. Nothing that trails is needed.
#pragma once

#include "rules/refusal.hpp"
#include "rules/what_if.hpp"
#include "storage/store.hpp"

namespace signalbox {

struct what_came {
  what_if_period period;          ///< its end is earlier than asked for when `truncated`
  std::vector<placement> actual;  ///< what really became of each arrival, as its record says now: the last assignment counts
  bool truncated = false;         ///< more came than the limits let be read
};

struct what_came_limits {
  std::size_t arrivals = what_if_arrivals_max;
  std::size_t conversations_looked_at = 200'000;  ///< of the whole account
  std::size_t presences = 1'000'000;
};

/// @param config holds the changed rule: whose presences are read is up to it. @param which one of its channels.
/// Conversations that were moved to another inbox, or are spam, are left out. `too_large` for more changes of availability than
/// `within` allows.
[[nodiscard]] outcome<what_came> read_what_came(const store& disk, const account_config& config, channel_id which,
                                                time_point from, time_point to, const what_came_limits& within = {});

}  // namespace signalbox
