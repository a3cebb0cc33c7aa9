/// The same messages through one durable queue of RabbitMQ: persistent, confirmed to the publisher, acknowledged by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load/poller.hpp"
#include "bench/peers/peers.hpp"
#include "bench/peers/rabbitmq_server.hpp"

namespace signalbox::load {

class rabbitmq_target final : public target {
public:
  /// Starts the server, declares the queue and opens every connection.
  rabbitmq_target(const std::filesystem::path& directory, const peer_shape& shape, bool quorum);
  ~rabbitmq_target() override;

  [[nodiscard]] std::string name() const override { return quorum_ ? "rabbitmq-quorum" : "rabbitmq-classic"; }
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
  bool quorum_;
  rabbitmq_server server_;
  poller poller_;
  std::vector<std::unique_ptr<producer_connection>> producers_;
  std::vector<std::unique_ptr<agent_connection>> agents_;
  std::string message_;
};

}  // namespace signalbox::load
