/// The same messages through one Redis stream with a consumer group, as a team would use it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load/byte_stream.hpp"
#include "bench/load/poller.hpp"
#include "bench/peers/peers.hpp"
#include "bench/peers/redis_server.hpp"

namespace signalbox::load {

class redis_target final : public target {
public:
  /// Starts the server, makes the stream and its group, and sends all agents to read.
  redis_target(const std::filesystem::path& directory, const peer_shape& shape);
  ~redis_target() override;

  [[nodiscard]] std::string name() const override { return "redis-always"; }
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
  void make_group(const endpoint& at);

  peer_shape shape_;
  redis_server server_;
  poller poller_;
  std::vector<std::unique_ptr<producer_connection>> producers_;
  std::vector<std::unique_ptr<agent_connection>> agents_;
  std::string message_;
};

}  // namespace signalbox::load
