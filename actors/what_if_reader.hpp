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
  bool truncated = false;         ///< more came than `what_if_arrivals_max`
};

/// @param config holds the changed rule: whose presences are read is up to it. @param which one of its channels.
/// Conversations that were moved to another inbox, or are spam, are left out. `too_large` for more changes of availability than
/// `presences_read_max`.
[[nodiscard]] outcome<what_came> read_what_came(const store& disk, const account_config& config, channel_id which,
                                                time_point from, time_point to);

inline constexpr std::size_t presences_read_max = 1'000'000;
inline constexpr std::size_t conversations_looked_at_max = 200'000;  ///< of the whole account

}  // namespace signalbox
