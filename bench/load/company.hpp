/// The account that the load runs on: made anew for each program run, so that runs on one server don't meet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/byte_stream.hpp"

namespace signalbox::load {

struct company_shape {
  std::uint32_t connectors = 4;
  std::uint32_t agents = 50;
  std::uint32_t channels = 4;
  std::uint32_t inboxes = 1;
};

struct company {
  std::string account;
  struct connector {
    std::string token;
    std::string channel;  ///< what it writes to
  };
  std::vector<connector> connectors;
  struct agent {
    std::string user;
    std::string token;
  };
  std::vector<agent> agents;
};

/// Founds it over HTTP: an enterprise account, agents with paid seats, channels whose rule names all agents, `balanced`.
/// Throws http_failed.
[[nodiscard]] company found_company(const endpoint& server, const std::string& admin_token, const company_shape& shape);

}  // namespace signalbox::load
