/// When each message is meant to be sent, fixed before the run: a server that stalls can't move it (no coordinated omission).
#pragma once

#include <cstdint>

namespace signalbox::load {

/// Nanoseconds of the monotonic clock.
using ns_time = std::uint64_t;
inline constexpr double ns_per_second = 1e9;

/// One producer's share of an even stream of `rate` messages a second: every `producers`-th message, the first one `producer`
/// intervals after `start`.
class schedule {
public:
  schedule(double rate, std::uint32_t producers, std::uint32_t producer, ns_time start)
      : interval_(ns_per_second / rate * producers), offset_(ns_per_second / rate * producer), start_(start) {}

  [[nodiscard]] ns_time at(std::uint64_t index) const {
    return start_ + static_cast<ns_time>(offset_ + interval_ * static_cast<double>(index));
  }

  /// How many messages have a time of `now` or before.
  [[nodiscard]] std::uint64_t due(ns_time now) const {
    if (now < at(0)) return 0;
    auto count = static_cast<std::uint64_t>((static_cast<double>(now - start_) - offset_) / interval_) + 1;
    while (count > 0 && at(count - 1) > now) --count;  // the division rounds
    while (at(count) <= now) ++count;
    return count;
  }

private:
  double interval_;
  double offset_;
  ns_time start_;
};

}  // namespace signalbox::load
