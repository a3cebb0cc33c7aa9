/// CPU time and memory of this program and of the server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace signalbox::load {

/// User and system time of this program.
[[nodiscard]] double own_cpu_seconds();
/// User and system time of all `pids`; nothing of one that can't be read.
[[nodiscard]] double cpu_seconds_of(const std::vector<int>& pids);
/// Resident memory of all `pids` now; nothing of one that can't be read.
[[nodiscard]] std::uint64_t resident_bytes_of(const std::vector<int>& pids);

struct machine {
  std::string cpu;
  unsigned cores = 0;
  std::string kernel;
  std::uint64_t memory_bytes = 0;
};
[[nodiscard]] machine this_machine();

}  // namespace signalbox::load
