/// Looks for the highest rate that a server sustains: widens from an estimate, halves the rest, then confirms with a long run.
#pragma once

#include <algorithm>
#include <limits>
#include <utility>

namespace signalbox::load {

class rate_search {
  static constexpr double none = std::numeric_limits<double>::infinity();

public:
  /// @pre estimate > 0. `precision`: how far apart (as a share) the best and the worst may be when halving ends.
  explicit rate_search(double estimate, double precision = 0.04) : next_(estimate), precision_(precision) {}

  /// The rate to try now. @pre !done()
  [[nodiscard]] double next() const { return next_; }
  /// Whether the next try is the long run that confirms.
  [[nodiscard]] bool confirms() const { return confirms_; }
  [[nodiscard]] bool done() const { return done_; }
  /// The highest rate that a confirming run sustained; 0 when none did. @pre done()
  [[nodiscard]] double best() const { return best_; }

  /// `carried`: the rate at which everything came, the wait at the end included. Of a long run that wasn't sustained it says how much
  /// less is worth another one, within the steps.
  void tried(bool sustained, double carried = none) {
    if (confirms_) {
      if (sustained) best_ = next_;
      next_ = std::clamp((1 - precision_) * carried, (1 - step_max) * next_, (1 - step_min) * next_);
      done_ = sustained || next_ < rate_min;
      return;
    }
    (sustained ? low_ : high_) = next_;
    if (high_ == none) {
      next_ = low_ * std::exchange(widening_, std::min(widening_ * widening_, widening_max));
    } else if (low_ == 0) {
      next_ = high_ * 0.7;
      done_ = next_ < rate_min;
    } else if (high_ / low_ > 1 + precision_) {
      next_ = (low_ + high_) / 2;
    } else {
      next_ = low_;
      confirms_ = true;
    }
  }

private:
  static constexpr double rate_min = 1;
  static constexpr double step_min = 0.05, step_max = 0.2;
  static constexpr double widening_max = 4;

  double next_;
  double precision_;
  double widening_ = 1.15;  ///< after a run that was sustained; squared each time, for an estimate may be far too low
  double low_ = 0;
  double high_ = none;
  double best_ = 0;
  bool confirms_ = false;
  bool done_ = false;
};

}  // namespace signalbox::load
