/// A write-ahead log whose next blocks are on disk before they are written to (docs/decisions/0021).
#pragma once

#include <filesystem>

namespace rocksdb {
class Env;
}

namespace signalbox {

/// RocksDB's default environment, but for the logs that are written in it: behind what was written lie up to 256 KiB of filler until
/// the log is closed. For the whole of the process.
[[nodiscard]] rocksdb::Env& env_with_prepared_logs();

/// To look at a store that nobody writes to: its logs end before their filler.
[[nodiscard]] rocksdb::Env& env_without_filler();

/// Takes the filler away that a server which was killed left at the ends of its logs; RocksDB would call it damage. What isn't clearly
/// an end is left as it is, for RocksDB to judge. @pre nobody writes there
void cut_prepared_logs(const std::filesystem::path& directory);

}  // namespace signalbox
