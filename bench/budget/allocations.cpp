#include "bench/budget/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> made = 0;
}

namespace signalbox {
std::uint64_t allocations() { return made.load(std::memory_order_relaxed); }
}  // namespace signalbox

// A sanitizer has operators of its own; nothing is counted there.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// NOLINTBEGIN(cppcoreguidelines-no-malloc): what all others come to
void* operator new(std::size_t bytes) {
  made.fetch_add(1, std::memory_order_relaxed);
  if (auto* got = std::malloc(bytes)) return got;
  throw std::bad_alloc();
}
void operator delete(void* what) noexcept { std::free(what); }
void operator delete(void* what, std::size_t) noexcept { std::free(what); }
// NOLINTEND(cppcoreguidelines-no-malloc)
#endif
