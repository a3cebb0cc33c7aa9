/// A server that is compared: a child in a directory of its own, on loopback, ended with its owner.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/byte_stream.hpp"

namespace signalbox::load {

/// A port of loopback that nobody holds now.
[[nodiscard]] std::uint16_t free_port();

/// The first line that a shell command prints, or nothing.
[[nodiscard]] std::string first_line_of(const std::string& command);

class child_server {
public:
  struct start {
    std::string package;                                           ///< Debian's, for the error's words
    std::vector<std::string> words;                                ///< the program and its arguments
    std::vector<std::pair<std::string, std::string>> environment;  ///< on top of this program's
  };

  /// Makes `directory`, starts the program in it with its output in `directory/output`, and waits until `at` takes connections.
  /// Throws std::runtime_error when that takes over `seconds_max`.
  child_server(std::filesystem::path directory, const start& what, const endpoint& at, int seconds_max = 10);
  /// Kills it with all that it started, and removes the directory: what it keeps is thrown away anyhow.
  ~child_server();
  child_server(const child_server&) = delete;
  child_server& operator=(const child_server&) = delete;

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

private:
  void stop();

  std::filesystem::path directory_;
  pid_t pid_ = 0;
};

}  // namespace signalbox::load
