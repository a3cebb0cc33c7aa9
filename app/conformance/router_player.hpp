/// The router's part in one connection after the other, as acts tell it. Everything on one io_context thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "app/conformance/act.hpp"
#include "app/conformance/judge.hpp"
#include "app/conformance/kept_messages.hpp"
#include "app/conformance/options.hpp"

namespace signalbox {

/// What outlives a connection: what was kept, what is to be delivered, and the judgement.
struct router_memory {
  explicit router_memory(const conformance_options& with, std::uint64_t seed)
      : options(with), chance(seed), verdict(with.token) {}

  struct delivery {
    std::string channel, thread, to;
    std::uint32_t attempt = 0;
  };
  struct known_thread {
    std::string channel, thread, sender;
  };

  const conformance_options& options;
  std::mt19937_64 chance;
  judge verdict;
  kept_messages kept;
  std::map<std::string, delivery> undelivered;  ///< by message id; those without a status
  std::vector<known_thread> threads;            ///< the latest some, where replies can go
  std::uint64_t deliveries_made = 0;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

  [[nodiscard]] run_time now() const { return std::chrono::duration_cast<run_time>(std::chrono::steady_clock::now() - began); }
};

enum class act_result : std::uint8_t { played, no_socket };

/// Plays `playing` with who connected; returns when that connection is over. `no_socket`: it was no connector's socket, and was
/// told so. `lasts`: when the act ends if nothing else ends it.
[[nodiscard]] boost::asio::awaitable<act_result> play_act(boost::asio::ip::tcp::socket peer, const act& playing,
                                                          std::chrono::milliseconds lasts, router_memory& memory);

}  // namespace signalbox
