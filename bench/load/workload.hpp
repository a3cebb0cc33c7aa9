/// The canonical workload: contacts who write JSON messages into threads. The same seed gives the same messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/stamp.hpp"

namespace signalbox::load {

struct workload_shape {
  std::uint32_t producers = 4;
  std::size_t message_bytes = 300;     ///< the JSON object of one message
  double opening_share = 0.1;          ///< of the messages, those that open a thread
  std::uint32_t threads_live = 5'000;  ///< threads that still get messages, for all producers together
  std::uint64_t seed = 1;
};

/// The fewest bytes that a message can have: its members and the stamp.
[[nodiscard]] std::size_t message_bytes_min();

class workload {
public:
  /// `channels[i]` is what producer i writes to: ids of one length. @pre shape.message_bytes >= message_bytes_min()
  workload(const workload_shape& shape, const std::vector<std::string>& channels);

  /// Appends the JSON of the next message of `producer`.
  stamp append(std::string& out, std::uint32_t producer, ns_time intended);

  /// From here on; the threads that are live stay so.
  void set_opening_share(double of) { shape_.opening_share = of; }

  /// Where in a message's JSON its stamp stands.
  [[nodiscard]] std::size_t stamp_at() const { return stamp_at_; }
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint32_t threads() const { return threads_; }

  /// A digest of the first 10,000 messages of a shape: equal digests, equal work.
  [[nodiscard]] static std::uint64_t digest(const workload_shape& shape);

private:
  struct thread_state {
    std::uint32_t number;
    std::uint32_t turns;
  };
  struct writer {
    std::string json;  ///< a whole message; the columns that differ are overwritten
    std::uint64_t random;
    std::vector<thread_state> live;
  };
  stamp choose(writer& by);

  workload_shape shape_;
  std::vector<writer> writers_;
  std::size_t thread_at_ = 0, id_at_ = 0, contact_at_ = 0, stamp_at_ = 0;
  std::uint64_t messages_ = 0;
  std::uint32_t threads_ = 0;
};

}  // namespace signalbox::load
