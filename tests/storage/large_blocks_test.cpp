#include "storage/large_blocks.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/memory_allocator.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "storage/rocks_access.hpp"
#include "storage/rocks_store.hpp"
#include "tests/storage/temporary_directory.hpp"

namespace signalbox::testing {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

/// What the kernel says of the mapping that begins at `block` (proc(5), smaps' VmFlags).
std::string flags_of_mapping(const void* block) {
  std::ostringstream begins;
  begins << std::hex << reinterpret_cast<std::uintptr_t>(block) << '-';
  std::ifstream all{"/proc/self/smaps"};
  bool there = false;
  for (std::string line; std::getline(all, line);) {
    if (line.starts_with("VmFlags:")) {
      if (there) return line + ' ';
    } else if (line.find('-') < line.find(' ')) {
      there = line.starts_with(begins.str());
    }
  }
  return {};
}

TEST(LargeBlocks, BeginAtAHugePageAndGoBackToTheKernel) {
  const auto memory = large_blocks_in_huge_pages();
  const auto before = large_block_bytes();
  auto* const block = static_cast<char*>(memory->Allocate(5 * mib + 3));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % (2 * mib), 0u);
  std::memset(block, 7, 5 * mib + 3);
  EXPECT_EQ(memory->UsableSize(block, 5 * mib + 3), 5 * mib + 3);
  EXPECT_GE(large_block_bytes() - before, 5 * mib + 3);
  EXPECT_LT(large_block_bytes() - before, 5 * mib + 128 * 1024);
  memory->Deallocate(block);
  EXPECT_EQ(large_block_bytes(), before);
  EXPECT_EQ(flags_of_mapping(block), "");
}

TEST(LargeBlocks, TheKernelIsAskedForHugePages) {
  if (!std::ifstream{"/sys/kernel/mm/transparent_hugepage/enabled"}) GTEST_SKIP() << "this kernel has none";
  const auto memory = large_blocks_in_huge_pages();
  auto* const block = memory->Allocate(4 * mib);
  EXPECT_NE(flags_of_mapping(block).find(" hg "), std::string::npos) << flags_of_mapping(block);
  memory->Deallocate(block);
}

TEST(LargeBlocks, SmallOnesAreTheHeaps) {
  const auto memory = large_blocks_in_huge_pages();
  const auto before = large_block_bytes();
  auto* const block = static_cast<char*>(memory->Allocate(2 * mib - 1));
  std::memset(block, 7, 2 * mib - 1);
  EXPECT_GE(memory->UsableSize(block, 2 * mib - 1), 2 * mib - 1);
  EXPECT_EQ(large_block_bytes(), before);
  memory->Deallocate(block);
  memory->Deallocate(std::aligned_alloc(2 * mib, 2 * mib));  // where a block of the heap begins says nothing
  EXPECT_EQ(large_block_bytes(), before);
}

TEST(LargeBlocks, ComeAndGoOnManyThreads) {
  const auto memory = large_blocks_in_huge_pages();
  const auto before = large_block_bytes();
  std::vector<std::thread> threads;
  for (char mark = 1; mark <= 4; ++mark) {
    threads.emplace_back([&, mark] {
      std::vector<char*> held;
      for (std::size_t i = 0; i < 100; ++i) {
        const auto bytes = (i % 2 == 0 ? 2 * mib : mib) + i;
        auto* const block = held.emplace_back(static_cast<char*>(memory->Allocate(bytes)));
        block[0] = block[bytes - 1] = mark;
        if (held.size() < 4) continue;
        EXPECT_EQ(held.front()[0], mark);
        memory->Deallocate(held.front());
        held.erase(held.begin());
      }
      for (auto* each : held) memory->Deallocate(each);
    });
  }
  for (auto& each : threads) each.join();
  EXPECT_EQ(large_block_bytes(), before);
}

TEST(LargeBlocks, HoldFiltersOfLargeTables) {
  const temporary_directory directory;
  const auto before = large_block_bytes();
  {
    const auto store = open_rocks_store({.directory = directory.path(), .memtable_bytes = 512 * mib, .sync = false});
    for (std::uint64_t row = 0; row < 1'200'000;) {
      change_set set{0};
      for (const auto end = row + 10'000; row < end; ++row) {
        std::string key;
        keys::append_be64(key, row);
        set.put(family::state, key, {});
      }
      const change_set* const one = &set;
      std::uint64_t unused = 0;
      store->commit({&one, 1}, {&unused, 1});
    }
    EXPECT_EQ(store->usage().large_filters, before);
    const auto& database = dynamic_cast<const rocks_store&>(*store).database();
    ASSERT_TRUE(database.db().Flush({}, database.in(family::state)).ok());
    const auto now = store->usage();
    EXPECT_GE(now.large_filters - before, 2 * mib);
    EXPECT_LT(now.table_readers, 2 * mib);
    EXPECT_TRUE(store->get(family::state, std::string{"\0\0\0\0\0\0\0\7", 8}));
  }
  EXPECT_EQ(large_block_bytes(), before);
}

}  // namespace
}  // namespace signalbox::testing
