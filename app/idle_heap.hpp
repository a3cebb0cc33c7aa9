/// What is free in the heap is kept for a minute (app/allocator.cpp), which passes only while something is allocated. A server with next to nothing
/// to do gives it back.
#pragma once

#include <chrono>

namespace signalbox {

/// Of the one thread that calls it.
class idle_heap {
public:
  static constexpr std::chrono::seconds looked_every{60};

  /// To be called every `looked_every`, sooner calls are passed over. Gives back what is free if the process has used next to no CPU since the
  /// last one; takes some milliseconds then. Does nothing without jemalloc.
  void look();

private:
  std::chrono::steady_clock::time_point looked_at_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds cpu_seen_{};  ///< of the process until then
};

}  // namespace signalbox
