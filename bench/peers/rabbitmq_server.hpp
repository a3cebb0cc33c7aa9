/// A RabbitMQ node of our own, with its own epmd: nothing of it is left when it ends.
#pragma once

#include "bench/peers/child_server.hpp"

namespace signalbox::load {

class rabbitmq_server {
public:
  /// Takes some ten seconds. Throws std::runtime_error when it doesn't start.
  explicit rabbitmq_server(const std::filesystem::path& directory);

  [[nodiscard]] const endpoint& at() const { return at_; }
  /// The virtual machine that does the work, not the scripts around it.
  [[nodiscard]] int pid() const { return pid_; }

private:
  endpoint at_;
  child_server child_;
  int pid_ = 0;
};

}  // namespace signalbox::load
