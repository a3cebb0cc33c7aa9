#include "app/ready_heap.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>

#ifndef MADV_POPULATE_WRITE  // Linux 5.14
#define MADV_POPULATE_WRITE 23
#endif

// jemalloc's, where the program is linked with it (jemalloc(3)).
extern "C" int mallctl(const char* name, void* old, std::size_t* old_bytes, void* given, std::size_t given_bytes)
    __attribute__((weak));
extern "C" void* mallocx(std::size_t bytes, int flags) __attribute__((weak));
extern "C" void dallocx(void* what, int flags) __attribute__((weak));

namespace signalbox {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;  ///< as large as what RocksDB's memtables take at once
constexpr unsigned pieces_in_all = 16, pieces_min = 2, pieces_max = 8;

/// MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE | MALLOCX_LG_ALIGN(12): whole pages, past what the thread itself keeps
int from_arena_itself(unsigned arena) { return static_cast<int>((arena + 1) << 20 | 1u << 8 | 12u); }

/// An arena hands out what was freed before it takes more of the system: so what is taken here, and freed with its pages, is what the
/// next ones get.
void make_ready(unsigned arena) {
  static const unsigned pieces =
      std::clamp(pieces_in_all / std::max(1u, std::thread::hardware_concurrency()), pieces_min, pieces_max);
  std::vector<void*> taken;
  for (unsigned i = 0; i < pieces; ++i) {
    auto* const piece = mallocx(piece_bytes, from_arena_itself(arena));
    if (piece == nullptr) break;  // whoever needs it will say so
    taken.push_back(piece);
    // Pages that are there already cost next to nothing. Without the call, or memory, they come when they are touched.
    static_cast<void>(::madvise(piece, piece_bytes, MADV_POPULATE_WRITE));
  }
  for (auto* const piece : taken) dallocx(piece, from_arena_itself(arena));
}

}  // namespace

ready_heap::ready_heap() {
  if (mallctl == nullptr || mallocx == nullptr || dallocx == nullptr) return;
  worker_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), "ready.heap");
    work();
  }};
}

ready_heap::~ready_heap() {
  if (!worker_.joinable()) return;
  {
    const std::lock_guard held{lock_};
    ending_ = true;
  }
  wake_.notify_one();
  worker_.join();
}

void ready_heap::want() {
  if (!worker_.joinable()) return;
  unsigned arena = 0;
  std::size_t bytes = sizeof arena;
  if (mallctl("thread.arena", &arena, &bytes, nullptr, 0) != 0) return;
  {
    const std::lock_guard held{lock_};
    if (std::ranges::find(wanted_, arena) != wanted_.end()) return;
    wanted_.push_back(arena);
  }
  wake_.notify_one();
}

void ready_heap::work() {
  std::vector<unsigned> now;
  for (;;) {
    {
      std::unique_lock held{lock_};
      wake_.wait(held, [this] { return ending_ || !wanted_.empty(); });
      if (ending_) return;
      now.swap(wanted_);
    }
    for (const auto arena : now) make_ready(arena);
    now.clear();
  }
}

}  // namespace signalbox
