/// RocksDB's newest rows, in key order: what a write waits for. A skip list after Pugh (1990) as RocksDB's own, with a finger for
/// each run of keys (docs/decisions/0018 says why it isn't RocksDB's own).
#pragma once

#include <rocksdb/memtablerep.h>

namespace signalbox {

/// For families in the order of bytes, written by one thread (`allow_concurrent_memtable_write` off). Rows are read by any number of
/// threads meanwhile, without locks.
class memtable_factory final : public rocksdb::MemTableRepFactory {
public:
  [[nodiscard]] const char* Name() const override { return "signalbox.memtable"; }
  /// Both are RocksDB's: a table's rows lie in its allocator. The comparator isn't asked.
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator& order, rocksdb::Allocator* memory,
                                          const rocksdb::SliceTransform* prefixes, rocksdb::Logger* log) override;
};

}  // namespace signalbox
