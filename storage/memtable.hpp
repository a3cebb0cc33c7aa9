/// RocksDB's newest rows, in key order: what a write waits for. A skip list after Pugh (1990) as RocksDB's own, with a finger for
/// each run of keys (docs/decisions/0018 says why it isn't RocksDB's own).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace rocksdb {
class MemTableRepFactory;
}  // namespace rocksdb

namespace signalbox {

inline constexpr std::size_t growth_step_bytes = std::size_t{1} << 20;

/// For families in the order of bytes, whatever comparator they name, written by one thread (`allow_concurrent_memtable_write` off). Rows are read
/// by any number of threads meanwhile, without locks; they lie in RocksDB's allocator. `grown`, if given, is called on the writing thread for
/// each `growth_step_bytes` of rows in all tables of the factory; it must not throw.
[[nodiscard]] std::shared_ptr<rocksdb::MemTableRepFactory> make_memtable_factory(std::function<void()> grown = {});

}  // namespace signalbox
