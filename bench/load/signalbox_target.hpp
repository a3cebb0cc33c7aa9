/// Signalbox under load: one socket a connector, one socket an agent.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/byte_stream.hpp"
#include "bench/load/company.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/target.hpp"
#include "bench/load/websocket.hpp"

namespace signalbox::load {

struct signalbox_settings {
  endpoint server;
  int server_pid = 0;
  double close_share = 0;         ///< of the threads that ended, those that their agent closes
  std::uint32_t slow_agents = 0;  ///< the first so many read what has come every five seconds, at most 64 KiB
};

class signalbox_target final : public target {
public:
  /// Opens all sockets and waits until every agent is available. Throws when one is refused or doesn't answer in time.
  signalbox_target(const signalbox_settings& settings, const company& all);
  ~signalbox_target() override;

  [[nodiscard]] std::string name() const override { return "signalbox"; }
  [[nodiscard]] std::uint32_t producers() const override { return static_cast<std::uint32_t>(connectors_.size()); }
  [[nodiscard]] std::uint64_t room(std::uint32_t producer) const override;
  stamp append(workload& from, std::uint32_t producer, ns_time intended) override;
  void end_frame(std::uint32_t producer) override;
  void write(std::uint32_t producer) override;
  void poll(std::chrono::nanoseconds wait, target_observer& observer) override;
  [[nodiscard]] std::vector<int> server_pids() const override { return {settings_.server_pid}; }

private:
  struct connector;
  struct agent;

  void greet();
  void let_slow_ones_read();
  void read_connector(connector& from, simdjson::ondemand::object& frame, std::string_view op, target_observer& observer);
  void read_agent(agent& from, simdjson::ondemand::object& frame, std::string_view op, target_observer& observer);
  void read_event(agent& from, simdjson::ondemand::object event, target_observer& observer);
  void close_conversation(agent& by, std::string_view conversation);
  template <class Session, class Reader>
  void read_all(Session& from, target_observer& observer, Reader&& read);

  signalbox_settings settings_;
  poller poller_;
  simdjson::ondemand::parser parser_;
  std::vector<std::unique_ptr<connector>> connectors_;
  std::vector<std::unique_ptr<agent>> agents_;
  std::size_t greeted_ = 0;  ///< connectors with their welcome, agents that are available
  double close_debt_ = 0;
  ns_time slow_ones_read_at_ = 0;
};

}  // namespace signalbox::load
