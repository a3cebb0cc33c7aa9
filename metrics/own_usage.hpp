/// What this program takes from the machine, as the kernel counts it.
#pragma once

#include <cstdint>
#include <optional>

namespace signalbox {

struct own_usage {
  double cpu_seconds = 0;         ///< user and system, all threads
  double started_at_seconds = 0;  ///< since the epoch
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t descriptors_max = 0;
  std::optional<std::uint64_t> heap_bytes;  ///< in use; absent without jemalloc
};

/// Nothing where /proc can't be read.
[[nodiscard]] std::optional<own_usage> read_own_usage();

}  // namespace signalbox
