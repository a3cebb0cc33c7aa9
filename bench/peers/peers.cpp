#include "bench/peers/peers.hpp"

#include "bench/peers/child_server.hpp"
#include "bench/peers/nats_target.hpp"
#include "bench/peers/node_target.hpp"
#include "bench/peers/rabbitmq_target.hpp"
#include "bench/peers/redis_target.hpp"

namespace signalbox::load {

std::string_view to_text(peer_kind of) {
  switch (of) {
    case peer_kind::redis_always:
      return "redis-always";
    case peer_kind::rabbitmq_quorum:
      return "rabbitmq-quorum";
    case peer_kind::rabbitmq_classic:
      return "rabbitmq-classic";
    case peer_kind::nats_jetstream:
      return "nats-jetstream";
    case peer_kind::node_bullmq:
      return "node-bullmq";
  }
  return {};
}

std::optional<peer_kind> peer_of(std::string_view name) {
  if (name == "redis") return peer_kind::redis_always;
  for (const auto each : all_peers) {
    if (to_text(each) == name) return each;
  }
  return std::nullopt;
}

std::string version_of(peer_kind of) {
  switch (of) {
    case peer_kind::redis_always: {
      const auto said = first_line_of("redis-server --version");
      return said.substr(0, said.find(" sha="));
    }
    case peer_kind::rabbitmq_quorum:
    case peer_kind::rabbitmq_classic: {
      const auto said = first_line_of("dpkg-query -W -f '${Version}' rabbitmq-server");
      return said.empty() ? said : "RabbitMQ " + said;
    }
    case peer_kind::nats_jetstream:
      return first_line_of("nats-server --version");
    case peer_kind::node_bullmq: {
      const auto said = first_line_of("node --version");
      return said.empty() ? said : "Node " + said;
    }
  }
  return {};
}

std::string_view durability_of(peer_kind of) {
  switch (of) {
    case peer_kind::redis_always:
      return "an fsync for each turn of its loop";
    case peer_kind::rabbitmq_quorum:
      return "an fsync for each group of its log";
    case peer_kind::rabbitmq_classic:
      return "none before it confirms: a write to the page cache";
    case peer_kind::nats_jetstream:
      return "none before it confirms: this version syncs every two minutes";
    case peer_kind::node_bullmq:
      return "an fsync for each turn of Redis' loop";
  }
  return {};
}

std::unique_ptr<target> start_peer(peer_kind which, const std::filesystem::path& directory, const peer_shape& shape) {
  switch (which) {
    case peer_kind::redis_always:
      return std::make_unique<redis_target>(directory, shape);
    case peer_kind::rabbitmq_quorum:
    case peer_kind::rabbitmq_classic:
      return std::make_unique<rabbitmq_target>(directory, shape, which == peer_kind::rabbitmq_quorum);
    case peer_kind::nats_jetstream:
      return std::make_unique<nats_target>(directory, shape);
    case peer_kind::node_bullmq:
      return std::make_unique<node_target>(directory, shape);
  }
  return {};
}

}  // namespace signalbox::load
