/// So many turns a second, evenly spread.
#pragma once

#include <algorithm>
#include <chrono>

namespace signalbox {

class pace {
public:
  using time = std::chrono::steady_clock::time_point;

  /// `per_second` 0: as fast as possible.
  explicit pace(double per_second)
      : interval_(per_second > 0 ? std::chrono::duration_cast<time::duration>(std::chrono::duration<double>(1 / per_second))
                                 : time::duration{0}) {}

  [[nodiscard]] bool limited() const { return interval_ > time::duration{0}; }
  void begin(time now) { next_ = now; }
  [[nodiscard]] bool may_go(time now) const { return !limited() || now >= next_; }

  /// Makes up for a late timer, but not for more than a tenth of a second in which there was nothing to say.
  void went(time now) { next_ = std::max(next_ + interval_, now - std::chrono::milliseconds(100)); }

private:
  time::duration interval_;
  time next_{};
};

}  // namespace signalbox
