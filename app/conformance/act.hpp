/// What the router does to a connector in one connection. Which acts are played, with which figures, follows from the seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace signalbox {

enum class ack_manner : std::uint8_t {
  at_once,  ///< a frame, its acknowledgement
  together  ///< several frames kept waiting, then one acknowledgement for all, its results in any order
};

enum class act_end : std::uint8_t {
  restart,              ///< closed with 1012, whatever is unacknowledged
  drain,                ///< told, then closed with 1012 when everything is acknowledged
  kill,                 ///< the TCP connection is reset when the time is up
  kill_before_welcome,  ///< … after hello
  kill_on_publish,      ///< … instead of acknowledging the nth frame
  kill_in_ack,          ///< … when half of the nth frame's acknowledgement is written
  kill_after_ack,       ///< … right behind it
  kill_on_delivery,     ///< … right behind a delivery
  kill_on_status        ///< … when its status came, which is forgotten
};

struct act {
  std::string_view name{};
  act_end end = act_end::restart;
  ack_manner acks = ack_manner::at_once;
  std::uint32_t credit = 4096;
  std::uint32_t batch_max = 512;
  std::chrono::milliseconds ack_after{0};  ///< with `together`: how long the first frame waits
  std::uint32_t frames = 1;                ///< the nth publish is the last
  bool kept = false;                       ///< the last frame becomes durable though it isn't acknowledged
  std::uint32_t duplicate_percent = 0;     ///< messages that are answered as known
  std::uint32_t dropped_percent = 0;
  std::uint32_t unavailable_percent = 0;
  std::uint32_t deliveries = 1;
  std::chrono::milliseconds drain_after{0};
};

/// One round of all acts, in an order and with figures of its own. The first act is a quiet one.
[[nodiscard]] std::vector<act> make_round(std::mt19937_64& chance);

/// The last one: everything is taken at once, and nothing ends until everything is settled.
[[nodiscard]] act make_rest();

}  // namespace signalbox
