/// One run of the workload against one target.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "bench/load/histogram.hpp"
#include "bench/load/ledger.hpp"
#include "bench/load/target.hpp"

namespace signalbox::load {

struct run_plan {
  std::optional<double> rate;  ///< messages a second, open loop; absent: as fast as the target gives room
  double seconds = 10;         ///< measured
  double warmup = 1;           ///< before it, not measured
  std::uint32_t frame_messages = 64;
  std::chrono::microseconds tick{200};  ///< at least this much between two writes of one run
  std::uint32_t slow_agents = 0;        ///< the first so many don't count in `to_agent`
  bool count_syncs = false;             ///< slows the server: no figure for its speed
  double drain_seconds_max = 30;        ///< how long to wait for what is still under way after the last message
};

/// Times in nanoseconds, rates in messages a second. All but the backlog is about the measured seconds.
struct run_result {
  double offered = 0;  ///< 0: closed loop
  double seconds = 0;
  double received_rate = 0;
  double acknowledged_rate = 0;
  double rate_in_all = 0;  ///< of all that was received, from the first second to when the last of it was
  histogram to_agent;      ///< intended send time → agent's receive
  histogram to_ack;        ///< intended send time → durable, at the producer
  std::uint64_t messages = 0;
  bool all_came = false;
  bool sustained = false;  ///< everything came and the backlog didn't grow
  std::uint64_t backlog_max = 0;
  double client_cpu_seconds = 0;
  double server_cpu_seconds = 0;
  std::uint64_t server_resident_bytes = 0;
  std::optional<double> syncs_a_message;  ///< with run_plan::count_syncs, over all that was sent

  [[nodiscard]] double server_us_a_message() const {
    return messages ? server_cpu_seconds * 1e6 / static_cast<double>(messages) : 0;
  }
  /// On one thread the client can't go above one core; near it the figures are the client's.
  [[nodiscard]] bool client_was_the_limit() const { return client_cpu_seconds > 0.9 * seconds; }
};

/// A target with what belongs to it over all of its runs.
struct contender {
  target* on;
  workload* work;
  ledger* book;
};

/// Runs, then waits until everything sent was received and acknowledged. `meanwhile` is called about twice a second, so that
/// the connections of a target that rests can be read.
[[nodiscard]] run_result run_once(const contender& who, const run_plan& plan, const std::function<void()>& meanwhile = {});

/// The monotonic clock.
[[nodiscard]] ns_time now_ns();

}  // namespace signalbox::load
