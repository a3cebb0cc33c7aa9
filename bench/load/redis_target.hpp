/// The yardstick: the same messages through one Redis stream with a consumer group, as a team would use it. What it leaves out
/// (rules, order in a thread, sticky agents, history, WebSockets) it need not do, and raw sockets are kinder than a stock client.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load/byte_stream.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/redis_server.hpp"
#include "bench/load/target.hpp"

namespace signalbox::load {

struct redis_settings {
  std::uint32_t producers = 4;
  std::uint32_t agents = 50;
  std::size_t stamp_at = 0;  ///< where in a message's JSON the stamp stands
};

class redis_target final : public target {
public:
  /// Makes the stream and its group, and sends all agents to read. The server outlives the target.
  redis_target(const redis_server& server, const redis_settings& settings);
  ~redis_target() override;

  [[nodiscard]] std::string name() const override { return "redis streams"; }
  [[nodiscard]] std::uint32_t producers() const override { return settings_.producers; }
  [[nodiscard]] std::uint64_t room(std::uint32_t producer) const override;
  stamp append(workload& from, std::uint32_t producer, ns_time intended) override;
  void end_frame(std::uint32_t) override {}
  void write(std::uint32_t producer) override;
  void poll(std::chrono::nanoseconds wait, target_observer& observer) override;
  [[nodiscard]] int server_pid() const override { return pid_; }

private:
  struct producer_connection;
  struct agent_connection;
  void read_producer(producer_connection& from, target_observer& observer);
  void read_agent(agent_connection& from, target_observer& observer);
  void make_group(const endpoint& at);

  redis_settings settings_;
  int pid_;
  poller poller_;
  std::vector<std::unique_ptr<producer_connection>> producers_;
  std::vector<std::unique_ptr<agent_connection>> agents_;
  std::string message_;
};

}  // namespace signalbox::load
