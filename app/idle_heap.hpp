/// What is free in the heap is kept for the next burst (app/allocator.cpp). A server with next to nothing to do gives it back.
#pragma once

#include <chrono>

namespace signalbox {

/// Of the one thread that calls it.
class idle_heap {
public:
  static constexpr std::chrono::seconds looked_every{60};

  /// To be called every `looked_every`. Gives back what is free if the process has used next to no CPU since the last call; takes some
  /// milliseconds then. Does nothing without jemalloc.
  void look();

private:
  std::chrono::nanoseconds cpu_seen_{-1};  ///< of the process until the last call; < 0: there was none
};

}  // namespace signalbox
