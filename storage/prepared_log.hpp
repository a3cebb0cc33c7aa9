/// A write-ahead log whose next blocks are on disk before they are written to (docs/decisions/0021).
#pragma once

namespace rocksdb {
class Env;
}

namespace signalbox {

/// RocksDB's default environment, but for the logs that are written in it: behind what was written lie up to 256 KiB of zeros until
/// the log is closed. What reads a log takes zeros for its end. For the whole of the process.
[[nodiscard]] rocksdb::Env& env_with_prepared_logs();

}  // namespace signalbox
