/// Memory of the blocks that RocksDB keeps in its cache and with its open tables.
#pragma once

#include <memory>

namespace rocksdb {
class MemoryAllocator;
}

namespace signalbox {

/// The process' heap, but that large blocks, which the filters of whole tables are, ask for huge pages: a filter is looked into at random, and each
/// look into a small page misses the processor's table of pages (docs/decisions/0019). For any threads.
[[nodiscard]] std::shared_ptr<rocksdb::MemoryAllocator> make_block_memory();

}  // namespace signalbox
