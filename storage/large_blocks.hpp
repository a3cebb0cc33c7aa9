/// Memory for what RocksDB holds of its tables: large blocks, which are filters, in huge pages.
#pragma once

#include <cstdint>
#include <memory>

namespace rocksdb {
class MemoryAllocator;
}

namespace signalbox {

/// Blocks of 2 MiB and more are mapped each by itself, with the kernel asked for huge pages (where it has them: transparent_hugepage at
/// `madvise` or `always`); smaller ones come from the heap. A filter is looked into at random: in small pages each look misses the
/// processor's table of pages too. For the whole of the process; any thread.
[[nodiscard]] std::shared_ptr<rocksdb::MemoryAllocator> large_blocks_in_huge_pages();

/// What is mapped so now, all stores together.
[[nodiscard]] std::uint64_t large_block_bytes();

}  // namespace signalbox
