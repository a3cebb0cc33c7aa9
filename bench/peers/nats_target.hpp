/// The same messages through one work-queue stream of NATS JetStream, pushed to a deliver group and acknowledged one by one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load/poller.hpp"
#include "bench/peers/child_server.hpp"
#include "bench/peers/peers.hpp"

namespace signalbox::load {

class nats_target final : public target {
public:
  /// Starts the server, makes the stream and its consumer and opens every connection.
  nats_target(const std::filesystem::path& directory, const peer_shape& shape);
  ~nats_target() override;

  [[nodiscard]] std::string name() const override { return "nats-jetstream"; }
  [[nodiscard]] std::uint32_t producers() const override { return shape_.producers; }
  [[nodiscard]] std::uint64_t room(std::uint32_t producer) const override;
  stamp append(workload& from, std::uint32_t producer, ns_time intended) override;
  void end_frame(std::uint32_t) override {}
  void write(std::uint32_t producer) override;
  void poll(std::chrono::nanoseconds wait, target_observer& observer) override;
  [[nodiscard]] std::vector<int> server_pids() const override { return {server_.pid()}; }

private:
  struct producer_connection;
  struct agent_connection;
  void read_producer(producer_connection& from, target_observer& observer);
  void read_agent(agent_connection& from, target_observer& observer);

  peer_shape shape_;
  endpoint at_;
  child_server server_;
  poller poller_;
  std::vector<std::unique_ptr<producer_connection>> producers_;
  std::vector<std::unique_ptr<agent_connection>> agents_;
  std::string message_;
};

}  // namespace signalbox::load
