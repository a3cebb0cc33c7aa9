// Whether what was made ready is what is given out next, by counting the calling thread's page faults.
#include "app/ready_heap.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

/// As the server's, but with small pages: a fault each.
extern "C" const char* malloc_conf;
const char* malloc_conf = "thp:never,percpu_arena:percpu,dirty_decay_ms:-1";

namespace signalbox {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;
constexpr std::size_t page_bytes = 4096;

bool kernel_can_populate() {
  constexpr int populate_write = 23;
  auto* const page = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  const bool can = ::madvise(page, page_bytes, populate_write) == 0;
  ::munmap(page, page_bytes);
  return can;
}

/// Another processor has another arena.
void stay_on_this_processor() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
}

class ReadyHeap : public ::testing::Test {
protected:
  /// How many page faults it takes to write to the next mebibyte: one a page if nobody made it ready.
  long faults_of_a_fresh_piece() {
    auto& piece = kept_.emplace_back(new char[piece_bytes]);
    rusage before{}, after{};
    getrusage(RUSAGE_THREAD, &before);
    for (std::size_t at = 0; at < piece_bytes; at += page_bytes) static_cast<volatile char*>(piece.get())[at] = 1;
    getrusage(RUSAGE_THREAD, &after);
    return after.ru_minflt - before.ru_minflt;
  }

private:
  std::vector<std::unique_ptr<char[]>> kept_;  ///< given back, a piece would be ready by that
};

constexpr long pages_of_a_piece = piece_bytes / page_bytes;

TEST_F(ReadyHeap, WhatIsTakenNextHasItsPages) {
  if (!kernel_can_populate()) GTEST_SKIP() << "before Linux 5.14";
  stay_on_this_processor();
  EXPECT_GT(faults_of_a_fresh_piece(), pages_of_a_piece / 2) << "nobody asked yet";
  ready_heap heap;
  long fewest = pages_of_a_piece;
  for (int tries = 0; tries < 200 && fewest > pages_of_a_piece / 16; ++tries) {
    heap.want();
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
    fewest = std::min(fewest, faults_of_a_fresh_piece());
  }
  EXPECT_LE(fewest, pages_of_a_piece / 16);
}

TEST_F(ReadyHeap, EndsWhateverWasAskedOfIt) {
  for (int i = 0; i < 50; ++i) {
    ready_heap heap;
    heap.want();
    heap.want();
  }
}

}  // namespace
}  // namespace signalbox
