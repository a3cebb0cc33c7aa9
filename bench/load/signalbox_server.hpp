/// A Signalbox of our own, as peers are started: a child on loopback that is killed with its owner.
#pragma once

#include <filesystem>
#include <string>

#include "bench/peers/child_server.hpp"

namespace signalbox::load {

class signalbox_server {
public:
  /// Returns when its store is read. Throws std::runtime_error when that takes over half a minute.
  /// @param scratch is made, and removed at the end. @param data its store, which stays
  signalbox_server(const std::filesystem::path& program, const std::filesystem::path& scratch, const std::filesystem::path& data,
                   const std::string& admin_token);

  [[nodiscard]] const endpoint& at() const { return at_; }
  [[nodiscard]] int pid() const { return child_.pid(); }

private:
  endpoint at_;
  child_server child_;
};

}  // namespace signalbox::load
