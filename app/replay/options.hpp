/// What `signalbox replay` is told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace signalbox {

struct replay_options {
  std::filesystem::path file;
  std::string url = "http://127.0.0.1:8080";
  std::string admin_token;
  std::string account = "Demo company";
  std::uint32_t connectors = 2;
  std::uint32_t channels = 3;
  std::uint32_t agents = 8;
  std::uint32_t capacity = 25;  ///< of each agent
  std::uint32_t parallel = 0;   ///< dialogues under way at once; 0: a quarter more than the agents' capacity
  double speed = 0;             ///< turns a second over all dialogues; 0: as fast as possible
  std::uint64_t dialogues = 0;  ///< at most so many; 0: all
  bool live = false;
};

}  // namespace signalbox
