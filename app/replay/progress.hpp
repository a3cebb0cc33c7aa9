/// What a replay shows while it runs, on standard error: a bar on a terminal, now and then a line elsewhere, and the live view.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "app/replay/conductor.hpp"

namespace signalbox {

class progress {
public:
  explicit progress(std::size_t turns_in_all);

  /// A line of the live view. A terminal can't show tens of thousands a second, and nobody reads them: beyond some a tick they
  /// are counted only.
  void tell(const std::string& line);

  /// Called some ten times a second.
  void tick(const tally& counted, bool connected, steady_time now);

  /// Leaves the terminal as other programs expect it.
  void finish(const tally& counted, steady_time now);

private:
  void draw(const tally& counted, bool connected, steady_time now);
  void clear_bar();

  std::size_t turns_in_all_;
  bool terminal_;
  std::size_t width_ = 80;
  bool bar_shown_ = false;
  std::size_t told_ = 0, not_told_ = 0;
  steady_time started_;
  steady_time last_line_;
  std::size_t tenths_said_ = 0;
};

}  // namespace signalbox
