/// RocksDB's newest rows, in key order: what a write waits for. A skip list after Pugh (1990) as RocksDB's own, with a finger for
/// each run of keys (docs/decisions/0018 says why it isn't RocksDB's own).
#pragma once

#include <memory>

namespace rocksdb {
class MemTableRepFactory;
}  // namespace rocksdb

namespace signalbox {

/// For families in the order of bytes, whatever comparator they name, written by one thread (`allow_concurrent_memtable_write` off). Rows are read
/// by any number of threads meanwhile, without locks; they lie in RocksDB's allocator.
[[nodiscard]] std::shared_ptr<rocksdb::MemTableRepFactory> make_memtable_factory();

}  // namespace signalbox
