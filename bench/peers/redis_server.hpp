/// A redis-server of our own with every write fsynced before it is answered.
#pragma once

#include "bench/peers/child_server.hpp"

namespace signalbox::load {

class redis_server {
public:
  /// Throws std::runtime_error when it doesn't start.
  explicit redis_server(const std::filesystem::path& directory);

  [[nodiscard]] const endpoint& at() const { return at_; }
  [[nodiscard]] int pid() const { return child_.pid(); }

private:
  endpoint at_;
  child_server child_;
};

}  // namespace signalbox::load
