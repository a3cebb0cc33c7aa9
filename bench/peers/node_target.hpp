/// The same messages through the router in bench/peers/node: WebSockets on both sides, BullMQ on Redis between them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load/poller.hpp"
#include "bench/peers/peers.hpp"
#include "bench/peers/redis_server.hpp"

namespace signalbox::load {

class node_target final : public target {
public:
  /// Starts Redis and the router and opens every socket. @pre `npm ci` was run in bench/peers/node
  node_target(const std::filesystem::path& directory, const peer_shape& shape);
  ~node_target() override;

  [[nodiscard]] std::string name() const override { return "node-bullmq"; }
  [[nodiscard]] std::uint32_t producers() const override { return shape_.producers; }
  [[nodiscard]] std::uint64_t room(std::uint32_t producer) const override;
  stamp append(workload& from, std::uint32_t producer, ns_time intended) override;
  void end_frame(std::uint32_t) override {}
  void write(std::uint32_t producer) override;
  void poll(std::chrono::nanoseconds wait, target_observer& observer) override;
  [[nodiscard]] std::vector<int> server_pids() const override { return {router_.pid(), redis_.pid()}; }

private:
  struct socket;

  peer_shape shape_;
  redis_server redis_;
  endpoint at_;
  child_server router_;
  poller poller_;
  std::vector<std::unique_ptr<socket>> sockets_;  ///< producers, then agents
  std::string message_;
};

}  // namespace signalbox::load
