/// A system under load: producers on one side, agents on the other, one thread that polls them all.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/schedule.hpp"
#include "bench/load/workload.hpp"

namespace signalbox::load {

/// What a target tells while it is polled.
class target_observer {
public:
  virtual ~target_observer() = default;
  /// The oldest `messages` unacknowledged ones of `producer` are durable.
  virtual void acknowledged(std::uint32_t producer, std::uint64_t messages) = 0;
  /// An agent has it. `text` begins with the stamp. True: its thread has ended.
  virtual bool received(std::uint32_t agent, std::string_view text) = 0;
  virtual void violated(std::string what) = 0;
};

class target {
public:
  virtual ~target() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::uint32_t producers() const = 0;
  /// How many messages `producer` may send now on top of what isn't acknowledged.
  [[nodiscard]] virtual std::uint64_t room(std::uint32_t producer) const = 0;
  /// Adds a message to the frame that `producer` is making. @pre room(producer) > 0
  virtual stamp append(workload& from, std::uint32_t producer, ns_time intended) = 0;
  /// Ends the frame, if one was begun. The bytes go with the next `write`.
  virtual void end_frame(std::uint32_t producer) = 0;
  virtual void write(std::uint32_t producer) = 0;
  /// Waits for bytes, at most `wait`, and tells `observer` what they say. Throws connection_lost, bad_frame, bad_reply.
  virtual void poll(std::chrono::nanoseconds wait, target_observer& observer) = 0;
  /// The server's processes, to read their CPU time and memory; none: not known.
  [[nodiscard]] virtual std::vector<int> server_pids() const = 0;
};

}  // namespace signalbox::load
