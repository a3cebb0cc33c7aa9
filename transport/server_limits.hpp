/// What one client may cost. Every queue and every wait at the edge has its bound here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "rules/message.hpp"

namespace signalbox {

struct server_limits {
  using milliseconds = std::chrono::milliseconds;

  std::size_t connections_max = 65'000;  ///< also bounded by the descriptors that the process may have

  // HTTP
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = std::size_t{1} << 20;
  milliseconds header_within{10'000};  ///< of a request's first byte (of connecting, for the first one)
  milliseconds body_within{30'000};    ///< from the header's end to the body's
  milliseconds answer_read_within{30'000};
  milliseconds keep_alive{75'000};  ///< without a request
  milliseconds linger{2'000};       ///< what a client still sends after its last answer is read and thrown away so long

  // Sockets
  milliseconds hello_within{10'000};
  milliseconds idle_ping{30'000};     ///< silence after which a peer is pinged; gone when it is silent for as long again
  milliseconds close_within{30'000};  ///< for the peer to read what is under way and answer our close
  std::uint32_t credit = credit_default;
  std::size_t connector_backlog_bytes_max = std::size_t{8} << 20;  ///< deliveries that wait for a connector to read: 4408
  std::size_t agent_backlog_bytes_max = std::size_t{4} << 20;      ///< events that wait for an agent to read: 4408
  std::size_t agent_backlog_events_max = 20'000;
  std::size_t agent_commands_max = 64;  ///< unanswered; with more its socket isn't read

  // Going down
  milliseconds drain{500};             ///< connectors are told, and may finish
  milliseconds flush_within{5'000};    ///< for acknowledgements and events under way, after `drain`
  milliseconds goodbye_within{1'000};  ///< for peers to answer the last close
};

}  // namespace signalbox
