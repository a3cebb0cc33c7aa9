/// A write-ahead log whose next blocks are on disk before they are written to (docs/decisions/0021).
#pragma once

#include <filesystem>
#include <functional>

namespace rocksdb {
class Env;
}

namespace signalbox {

/// RocksDB's default environment, but for the logs that are written in it: behind what was written lie up to 256 KiB of filler until
/// the log is closed. For the whole of the process.
[[nodiscard]] rocksdb::Env& env_with_prepared_logs();

/// While it lives, `synced` is called when the calling thread has synced the log that it wrote to last, the first time.
class log_sync_watch {
public:
  explicit log_sync_watch(std::function<void()> synced);
  log_sync_watch(const log_sync_watch&) = delete;
  log_sync_watch& operator=(const log_sync_watch&) = delete;
  ~log_sync_watch();

private:
  std::function<void()> synced_;
};

/// To look at a store that nobody writes to: its logs end before their filler.
[[nodiscard]] rocksdb::Env& env_without_filler();

/// Takes the filler away that a server which was killed left at the ends of its logs; RocksDB would call it damage. What isn't clearly
/// an end is left as it is, for RocksDB to judge. @pre nobody writes there
void cut_prepared_logs(const std::filesystem::path& directory);

}  // namespace signalbox
