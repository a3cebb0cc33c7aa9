#include "storage/block_memory.hpp"

#include <gtest/gtest.h>
#include <rocksdb/memory_allocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace signalbox {
namespace {

/// Whether the mapping that holds `what` may have huge pages (proc_pid_smaps(5): VmFlags, `hg`).
bool asks_for_huge_pages(const void* what) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(what);
  std::ifstream maps{"/proc/self/smaps"};
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream head{line};
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    if (head >> std::hex >> from >> dash >> to && dash == '-') inside = from <= wanted && wanted < to;
    if (inside && line.starts_with("VmFlags:")) return line.find(" hg") != std::string::npos;
  }
  return false;
}

TEST(BlockMemory, LargeBlocksAskForHugePagesAndOthersDont) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "this kernel has none";
  const auto memory = make_block_memory();
  // First: what was a large block's may be a small one's later.
  auto* const small = memory->Allocate(std::size_t{1} << 20);
  EXPECT_FALSE(asks_for_huge_pages(small));
  memory->Deallocate(small);
  for (const std::size_t bytes : {std::size_t{2} << 20, std::size_t{5} << 20, (std::size_t{7} << 20) + 13}) {
    auto* const block = static_cast<char*>(memory->Allocate(bytes));
    std::memset(block, 1, bytes);
    EXPECT_TRUE(asks_for_huge_pages(block)) << bytes;
    memory->Deallocate(block);
  }
}

/// 0 also where nothing is mapped any more.
std::size_t resident_pages(void* from, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / 4096);
  if (mincore(from, bytes, pages.data()) != 0) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char page) { return (page & 1) != 0; }));
}

TEST(BlockMemory, WhatALargeBlockTookGoesBackAtOnce) {
  constexpr std::size_t bytes = std::size_t{8} << 20;
  const auto memory = make_block_memory();
  for (int i = 0; i < 3; ++i) {  // the first of a size may be mapped by itself, and later ones not
    auto* const block = memory->Allocate(bytes);
    std::memset(block, 1, bytes);
    EXPECT_EQ(resident_pages(block, bytes), bytes / 4096);
    memory->Deallocate(block);
    EXPECT_LE(resident_pages(block, bytes), (std::size_t{2} << 20) / 4096) << "a heap may keep a note in one huge page of it";
  }
}

}  // namespace
}  // namespace signalbox
