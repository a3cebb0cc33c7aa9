/// What a team would run instead, each from Debian's packages: a fresh server in a directory of its own, and the load on it. What
/// they leave out (rules, order in a thread, sticky agents, history) they need not do, and raw sockets are kinder than a stock client.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/target.hpp"

namespace signalbox::load {

enum class peer_kind {
  redis_always,      ///< a stream with a consumer group, `appendfsync always`
  rabbitmq_quorum,   ///< a quorum queue of one node, publisher confirms
  rabbitmq_classic,  ///< a classic queue, version 2, persistent messages, publisher confirms
  nats_jetstream,    ///< a work-queue stream in files, a push consumer with a deliver group
  node_bullmq        ///< Node with `ws` and BullMQ on `redis_always`, as teams write it
};
inline constexpr std::array all_peers{peer_kind::redis_always, peer_kind::rabbitmq_quorum, peer_kind::rabbitmq_classic,
                                      peer_kind::nats_jetstream, peer_kind::node_bullmq};

[[nodiscard]] std::string_view to_text(peer_kind of);
/// By what `to_text` gives; `redis` is `redis-always`.
[[nodiscard]] std::optional<peer_kind> peer_of(std::string_view name);
/// What the peer's program says of itself; empty when it isn't installed.
[[nodiscard]] std::string version_of(peer_kind of);
/// Whether it has an fsync behind it when it confirms, as it is run here.
[[nodiscard]] std::string_view durability_of(peer_kind of);

struct peer_shape {
  std::uint32_t producers = 4;
  std::uint32_t agents = 50;
  std::size_t stamp_at = 0;  ///< where in a message's JSON the stamp stands
};

/// As many as an agent may have that it didn't acknowledge.
inline constexpr std::uint32_t peer_in_flight_max = 10;
/// As many as a producer may have unconfirmed: the credit that a connector has at Signalbox.
inline constexpr std::uint64_t peer_unconfirmed_max = 4096;

/// The server ends with the target. @pre `directory` doesn't exist and is on a real disk. Throws std::runtime_error.
[[nodiscard]] std::unique_ptr<target> start_peer(peer_kind which, const std::filesystem::path& directory,
                                                 const peer_shape& shape);

}  // namespace signalbox::load
