/// How much of something a caller may still ask for: a budget that fills up again at a steady rate.
#pragma once

#include <chrono>
#include <cstdint>

#include "rules/time.hpp"

namespace signalbox {

struct allowance_rule {
  std::uint32_t rate = 0;       ///< so many every `per`; 0: as much as they like
  std::uint32_t burst = 1;      ///< at once, after a rest; at least 1
  std::chrono::seconds per{1};  ///< the time of the rate

  [[nodiscard]] bool limits() const { return rate > 0; }
  /// How long one takes to grow back. @pre limits()
  [[nodiscard]] std::chrono::microseconds each() const { return std::chrono::microseconds{per} / rate; }
  /// How long an empty budget needs to be whole again. @pre limits()
  [[nodiscard]] std::chrono::microseconds refill() const { return burst * std::chrono::microseconds{per} / rate; }
};

struct allowance_granted {
  bool granted = false;
  std::uint32_t remaining = 0;             ///< that would be granted now
  std::chrono::microseconds next{};        ///< until one more is; 0: it would be now
  std::chrono::microseconds until_full{};  ///< until the budget is whole again, if nobody asks meanwhile
};

/// One caller's. A fresh one is whole. @pre every call comes with the same rule, which limits
class allowance {
public:
  /// Takes one out of the budget, or nothing when there is none left. Time that runs backwards neither gives nor takes.
  [[nodiscard]] allowance_granted take(const allowance_rule& by, time_point now);
  /// One that was taken and not used after all.
  void give_back(const allowance_rule& by) { full_at_ -= by.each(); }
  /// When it is whole again, the same as a fresh one; long ago: it is.
  [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> full_at() const { return full_at_; }
  [[nodiscard]] bool whole(time_point now) const { return full_at_ <= now; }

private:
  std::chrono::sys_time<std::chrono::microseconds> full_at_{};
};

}  // namespace signalbox
