/// A redis-server of our own: an empty directory, a free port on loopback, ended with its owner.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "bench/load/byte_stream.hpp"

namespace signalbox::load {

class redis_server {
public:
  /// Starts Debian's `redis-server` with every write fsynced before it is answered. `directory` is made, and removed again.
  /// Throws std::runtime_error when it doesn't answer within 10 s.
  explicit redis_server(const std::filesystem::path& directory);
  ~redis_server();
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  [[nodiscard]] const endpoint& at() const { return at_; }
  [[nodiscard]] int pid() const { return pid_; }

  /// What `redis-server --version` says first, or nothing when there is none.
  [[nodiscard]] static std::string version();

private:
  void stop();

  std::filesystem::path directory_;
  endpoint at_;
  pid_t pid_ = 0;
};

}  // namespace signalbox::load
