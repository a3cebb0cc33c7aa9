#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_manager.h>
#include <rocksdb/sst_partitioner.h>
#include <rocksdb/table.h>

#include <algorithm>

#include "storage/block_memory.hpp"
#include "storage/direct_files.hpp"
#include "storage/memtable.hpp"
#include "storage/merge_threads.hpp"
#include "storage/prepared_log.hpp"
#include "storage/rocks_access.hpp"

namespace signalbox {
namespace {

/// RocksDB's own log: what matters comes as a status. As a file it is one more that a full disk breaks, and Debian's build asserts
/// that it wasn't.
class no_log final : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// What a start has to replay at most, a second or two. The larger, the larger is what is flushed, and the less often it is merged.
constexpr std::uint64_t log_bytes_max = std::uint64_t{384} << 20;
constexpr std::int64_t delete_bytes_a_second = std::int64_t{256}
                                               << 20;  // unlinking a large file at once stalls the fsync beside it
constexpr int cache_shard_bits = 4;                    // few threads read
constexpr std::size_t small_memtable_bytes = std::size_t{8} << 20;

rocksdb::WALRecoveryMode recovery_mode(log_damage on_damage) {
  switch (on_damage) {
    case log_damage::refuse:
      return rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    case log_damage::stop:
      return rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    case log_damage::skip:
      return rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  }
  return rocksdb::WALRecoveryMode::kAbsoluteConsistency;
}

// The part of a family's keys within which they come in rising order: inserting remembers where the last one went.
std::size_t ascending_prefix(family of) {
  switch (of) {
    case family::events:
      return 1;  // group
    case family::feeds:
      return keys::owner_bytes + 9;  // feed
    case family::conversation_log:
      return keys::owner_bytes;  // settled in key order, an account at a time
    case family::message_ids:
      return keys::owner_bytes + 4;  // the same, a day at a time
    case family::meta:
    case family::config:
    case family::state:
    case family::outbox:
      break;
  }
  return 0;
}

// RocksDB 7.8 keeps one set of hints for keys and for range tombstones, which live in two skip lists: a tombstone must never
// be in the domain. Its key has another length than the family's keys.
class prefix_of_whole_keys final : public rocksdb::SliceTransform {
public:
  prefix_of_whole_keys(std::size_t key_bytes, std::size_t prefix_bytes) : key_bytes_(key_bytes), prefix_bytes_(prefix_bytes) {}
  [[nodiscard]] const char* Name() const override { return "signalbox.prefix_of_whole_keys"; }
  [[nodiscard]] rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), prefix_bytes_}; }
  [[nodiscard]] bool InDomain(const rocksdb::Slice& key) const override { return key.size() == key_bytes_; }

private:
  std::size_t key_bytes_, prefix_bytes_;
};

bool looked_up_by_key(family of) { return of == family::config || of == family::state || of == family::message_ids; }

// A wrong guess of a filter costs a block that is read, checked and unpacked for nothing. What is looked for is mostly new and asked of
// ten runs: with 10 bits a row one in ten was guessed wrong somewhere, a third of what looking for a new id took; with 16 one in 150.
constexpr double filter_bits_a_row = 16;

// What is flushed reaches over all keys that there are, so by levels each row would be written ten times and more. Merging runs of
// one size with each other writes it a few times, for a few more runs to look into.
bool merged_by_size(family of) {
  return of == family::message_ids || of == family::state || of == family::conversation_log || of == family::feeds;
}
constexpr int runs_before_merge = 12, merged_at_least = 4, size_tolerance_percent = 20;
// A store's largest merge takes minutes: meanwhile runs gather, and nobody waits for it.
constexpr int runs_slow = 40, runs_stop = 60;
// Events' first level gets a table every few seconds under full load, and nothing is looked for in it by a key that isn't there.
constexpr int event_tables_slow = 120, event_tables_stop = 180;

}  // namespace

std::size_t hinted_key_bytes(family of) {
  switch (of) {
    case family::events:
      return 9;
    case family::feeds:
      return keys::owner_bytes + 17;
    case family::conversation_log:
      return keys::owner_bytes + 16;
    case family::message_ids:
      return keys::owner_bytes + 28;
    case family::meta:
    case family::config:
    case family::state:
    case family::outbox:
      break;
  }
  return 0;
}

rocksdb::DBOptions database_options(const rocks_options& options, log_damage on_damage) {
  rocksdb::DBOptions to;
  to.create_if_missing = options.create_if_missing;
  to.create_missing_column_families = options.create_if_missing;
  to.wal_recovery_mode = recovery_mode(on_damage);
  to.max_total_wal_size = log_bytes_max;
  to.db_write_buffer_size = 6 * options.memtable_bytes;
  // RocksDB has a quarter of them flush. Three at least merge, so that a large merge doesn't keep small ones waiting.
  to.max_background_jobs = options.background_threads;
  to.bytes_per_sync = 512 << 10;
  // Small beside what a disk does in a millisecond: an fsync of the log waits for what is in its way.
  to.compaction_readahead_size = 128 << 10;
  to.writable_file_max_buffer_size = 256 << 10;
  to.allow_concurrent_memtable_write = false;  // there is one writer at a time, and hints work only without it
  to.enable_pipelined_write = options.overlapping;
  to.enable_write_thread_adaptive_yield = false;
  to.max_bgerror_resume_count = 0;  // a broken disk ends the process; nothing resumes behind its back
  to.max_open_files = options.open_tables_max;
  to.skip_stats_update_on_db_open = true;
  to.stats_dump_period_sec = 0;
  to.stats_persist_period_sec = 0;
  to.info_log = std::make_shared<no_log>();
  auto* env = to.env = options.read_only ? &env_without_filler() : &env_with_prepared_logs();
  to.sst_file_manager.reset(rocksdb::NewSstFileManager(env, nullptr, "", delete_bytes_a_second, true, nullptr, 10.0, 1 << 20));
  // Flushes don't give way: when the memtables are full the writer waits for one, and beside somebody else's busy processes one of low
  // priority takes half a minute.
  if (!options.read_only) to.listeners.push_back(make_merge_threads_give_way());
  // In the page cache tables take new memory all the time and push out what is read again (docs/decisions/0025).
  to.use_direct_io_for_flush_and_compaction = !options.read_only && takes_direct_files(options.directory);
  return to;
}

std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(const rocks_options& options) {
  rocksdb::BlockBasedTableOptions table;
  rocksdb::LRUCacheOptions cache;
  cache.capacity = options.block_cache_bytes;
  cache.num_shard_bits = cache_shard_bits;
  cache.memory_allocator = make_block_memory();
  table.block_cache = rocksdb::NewLRUCache(cache);
  table.cache_index_and_filter_blocks = true;  // so that the cache's size bounds them too
  // In partitions: one filter for a whole file is megabytes, more than a shard holds, and then read anew for every lookup.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 4 << 10;
  table.pin_top_level_index_and_filter = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  const auto rows = make_memtable_factory();
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (std::size_t i = 0; i < family_names.size(); ++i) {
    const auto which = static_cast<family>(i);
    rocksdb::ColumnFamilyOptions of;
    auto its_table = table;
    of.write_buffer_size = which == family::meta || which == family::config
                               ? std::min(small_memtable_bytes, options.memtable_bytes)
                               : options.memtable_bytes;
    if (which == family::message_ids) of.write_buffer_size *= 2;  // full when the log is; they would be flushed once by each
    of.memtable_factory = rows;
    // Writes are slowed when all but one are full, and on few cores one thread flushes a family after the other.
    of.max_write_buffer_number = 6;
    of.compression = rocksdb::kLZ4Compression;
    of.level_compaction_dynamic_level_bytes = true;
    of.level0_slowdown_writes_trigger = runs_slow;
    of.level0_stop_writes_trigger = runs_stop;
    if (const auto bytes = ascending_prefix(which); bytes > 0) {
      of.memtable_insert_with_hint_prefix_extractor = std::make_shared<prefix_of_whole_keys>(hinted_key_bytes(which), bytes);
    }
    if (looked_up_by_key(which)) {
      its_table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(filter_bits_a_row));
      of.memtable_prefix_bloom_size_ratio = 0.02;
      of.memtable_whole_key_filtering = true;
    }
    if (merged_by_size(which)) {
      of.compaction_style = rocksdb::kCompactionStyleUniversal;
      of.compaction_options_universal.min_merge_width = merged_at_least;
      of.compaction_options_universal.size_ratio = size_tolerance_percent;
      of.level0_file_num_compaction_trigger = runs_before_merge;
    }
    if (which == family::events) {
      // Every group's newest are written beside each other, so what is flushed reaches over everything that is there. Files of one group
      // each, and a first level of less than one of them: what is below is never rewritten, its files only move down, and what comes next finds
      // nearly nothing there to be merged with.
      of.sst_partitioner_factory = rocksdb::NewSstPartitionerFixedPrefixFactory(1);
      of.max_bytes_for_level_base = options.memtable_bytes / 4;
      // Level 0 is merged when it is larger than that level, not by the number of its tables: by number it would go before moving files out of
      // that level when merges are behind, and each merge would rewrite all that had gathered there. Nor are its tables merged with each other.
      of.level0_file_num_compaction_trigger = event_tables_slow;
      of.level0_slowdown_writes_trigger = event_tables_slow;
      of.level0_stop_writes_trigger = event_tables_stop;
    }
    if (which == family::message_ids || which == family::state) {
      // Every new id, thread and contact is looked for in every table and found in none: a filter in one piece, held by the open table,
      // costs half of one in partitions behind the cache. Memory: about 2.3 bytes a row.
      its_table.partition_filters = false;
      its_table.index_type = rocksdb::BlockBasedTableOptions::kBinarySearch;
      its_table.cache_index_and_filter_blocks = false;
    }
    if (which == family::message_ids) its_table.block_size = 16 << 10;  // rows are read for duplicates alone
    of.table_factory.reset(rocksdb::NewBlockBasedTableFactory(its_table));
    all.emplace_back(std::string{family_names[i]}, of);
  }
  return all;
}

}  // namespace signalbox
