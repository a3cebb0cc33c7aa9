/// What `signalbox conformance` is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace signalbox {

struct conformance_options {
  std::string listen = "127.0.0.1:8080";
  std::optional<std::string> token;   ///< absent: any is taken
  std::optional<std::uint64_t> seed;  ///< absent: another each time
  std::uint32_t seconds = 40;
  std::vector<std::string> channels = {"chn_0000000000001"};
};

}  // namespace signalbox
