/// Counts how often processes ask for their bytes to be on the disk: whether a confirmation can be durable.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace signalbox::load {

class sync_counter {
public:
  /// Attaches Debian's strace to all threads of `pids`: they run slower until `count` was called. Throws std::runtime_error when it
  /// can't be attached. @pre `pids` isn't empty
  explicit sync_counter(const std::vector<int>& pids);
  ~sync_counter();
  sync_counter(const sync_counter&) = delete;
  sync_counter& operator=(const sync_counter&) = delete;

  /// How many calls of fsync, fdatasync, msync and sync_file_range began since; detaches. @pre called once
  [[nodiscard]] std::uint64_t count();

private:
  void detach();

  std::filesystem::path trace_;
  pid_t tracer_ = 0;
};

}  // namespace signalbox::load
