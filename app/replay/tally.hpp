/// What a replay counts, and the table at its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace signalbox {

struct tally {
  std::uint64_t messages = 0;      ///< of contacts, sent at least once
  std::uint64_t acknowledged = 0;  ///< of those, durable by the server's word
  std::uint64_t duplicates = 0;    ///< sent again, and known to the server
  std::uint64_t refused = 0;       ///< dropped or rejected
  std::uint64_t received = 0;      ///< of contacts' messages, by agents
  std::uint64_t conversations = 0;
  std::uint64_t assigned = 0;    ///< assignments that agents got
  std::uint64_t replies = 0;     ///< accepted
  std::uint64_t deliveries = 0;  ///< of replies, to connectors, each counted once
  std::uint64_t closed = 0;
  std::uint64_t reconnects = 0;
  // What must stay 0.
  std::uint64_t gaps = 0;        ///< an event whose `prev` isn't the event before, or a cursor that couldn't be resumed
  std::uint64_t doubled = 0;     ///< the same message, reply or conversation twice
  std::uint64_t lost = 0;        ///< acknowledged and never seen again; known at the end
  std::uint64_t given_up = 0;    ///< dialogues that a refusal ended early
  std::uint64_t unfinished = 0;  ///< dialogues that were under way when nothing moved any more

  std::vector<std::uint32_t> to_agent_us;  ///< send → agent receive, each message
  std::vector<std::uint32_t> to_ack_us;    ///< send → ack, each message

  [[nodiscard]] bool flawless() const { return gaps + doubled + lost + refused + given_up + unfinished == 0; }
};

struct quantiles {
  double p50_ms = 0, p99_ms = 0, max_ms = 0;
};
/// By nearest rank; zeros for no values. Sorts `us`.
[[nodiscard]] quantiles quantiles_of(std::vector<std::uint32_t>& us);

/// A few lines for people, ending in a line feed.
[[nodiscard]] std::string table_of(tally counted, std::chrono::duration<double> took);

}  // namespace signalbox
