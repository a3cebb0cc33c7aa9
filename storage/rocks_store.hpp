/// The store on RocksDB. One directory, one process (RocksDB's LOCK); opened, it is at its newest format.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "storage/store.hpp"

namespace signalbox {

/// Raised by one with every incompatible layout; an older one is migrated at opening, a newer one refused.
inline constexpr std::uint32_t storage_format_version = 1;

struct rocks_options {
  std::filesystem::path directory;
  bool create_if_missing = true;
  bool read_only = false;  ///< verify
  std::size_t memtable_bytes = std::size_t{64} << 20;
  std::size_t block_cache_bytes = std::size_t{256} << 20;
  int open_tables_max = 512;  ///< a descriptor each; beyond it one is opened anew, with its filter, whenever it is looked into
  bool sync = true;           ///< false only for measuring; never in the product
  bool overlapping =
      false;  ///< a commit's log is written while the one before it is put into memory; else one waits for the other
  int background_threads = 4;  ///< one in four flushes, the others merge
};

/// What one commit was, for metrics; called on the thread that writes it, in order.
struct commit_report {
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  std::uint64_t sets = 0;
  std::uint64_t write_ns = 0;  ///< WriteBatch and fsync together
};
using commit_observer = std::function<void(const commit_report&)>;

/// Throws storage_refused (locked, newer format, not ours) or storage_error.
[[nodiscard]] std::unique_ptr<store> open_rocks_store(const rocks_options& options, commit_observer observer = {});

/// Reads everything back: checksums, every record decodes, indexes agree with the log. Calls `say` for each problem.
/// Gives the number of problems.
std::uint64_t verify_store(const rocks_options& options, const std::function<void(const std::string&)>& say);

struct backup_made {
  std::uint64_t commit = 0;  ///< every commit up to this one is in it
  std::uint64_t bytes = 0;   ///< of its files; those that are hard links share theirs with the store
};

/// A checkpoint into `directory`, which is absent or empty: it appears whole and synced, or not at all. From any thread, while
/// the store is written to; everything that was committed before the call is in it. May take as long as copying takes, where
/// hard links can't be made. Throws storage_refused when the directory won't do, storage_error when writing it failed.
backup_made backup_store(store& from, const std::filesystem::path& directory);

}  // namespace signalbox
