/// The ticks that an actor has asked its timer for and that have not come: none is asked for when an earlier one will come
/// anyway, so their number stays small however often the actor plans anew. Counts by the monotonic clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "rules/time.hpp"

namespace signalbox {

class pending_ticks {
public:
  static constexpr milliseconds wait_max = std::chrono::hours{24};  ///< a timer is not asked to wait longer: plan anew then

  /// For how long a tick is to be asked for, so that one comes `wait` from now or sooner; nothing when one will.
  [[nodiscard]] std::optional<milliseconds> ask(std::uint64_t now_ns, milliseconds wait) {
    wait = std::clamp(wait, milliseconds{1}, wait_max);
    const auto due = now_ns + static_cast<std::uint64_t>(std::chrono::nanoseconds{wait}.count());
    if (!dues_.empty() && dues_.back() <= due) return std::nullopt;
    dues_.push_back(due);
    return wait;
  }

  /// A tick came, asked for or not.
  void came(std::uint64_t now_ns) {
    while (!dues_.empty() && dues_.back() <= now_ns) dues_.pop_back();
  }

private:
  std::vector<std::uint64_t> dues_;  ///< the earliest at the back
};

}  // namespace signalbox
