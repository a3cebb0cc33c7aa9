#include "app/idle_heap.hpp"

#include <cstddef>
#include <ctime>
#include <utility>

/// jemalloc's, where the program is linked with it.
extern "C" int mallctl(const char* name, void* old, std::size_t* old_bytes, void* given, std::size_t given_bytes)
    __attribute__((weak));

namespace signalbox {
namespace {

constexpr int busy_from_percent = 5;  ///< of a core

std::chrono::nanoseconds cpu_of_process() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

}  // namespace

void idle_heap::look() {
  const auto now = std::chrono::steady_clock::now();
  const auto passed = now - looked_at_;
  if (passed < looked_every) return;
  looked_at_ = now;
  const auto cpu = cpu_of_process();
  const auto used = cpu - std::exchange(cpu_seen_, cpu);
  if (100 * used >= busy_from_percent * passed) return;
  // Each arena's, 4096 being all of them (MALLCTL_ARENAS_ALL).
  if (mallctl != nullptr) (void)mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
}

}  // namespace signalbox
