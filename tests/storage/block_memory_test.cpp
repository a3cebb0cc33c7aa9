#include "storage/block_memory.hpp"

#include <gtest/gtest.h>
#include <rocksdb/memory_allocator.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

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

}  // namespace
}  // namespace signalbox
