/// One agent of a replay: available, acknowledges every event, gives the dialogues' replies, and looks for gaps.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "app/replay/company.hpp"
#include "app/replay/conductor.hpp"
#include "app/replay/connector_player.hpp"
#include "app/replay/frame_socket.hpp"

namespace signalbox {

class agent_player {
public:
  /// All references outlive the player.
  agent_player(std::size_t number, server_address server, const demo_company& company, conductor& led_by,
               const stage_hands& hands);

  /// Connects, works, connects again, and so on. Returns after `stop`; throws replay_failed.
  [[nodiscard]] boost::asio::awaitable<void> run();
  void stop();

  /// Is available by the server's word, and connected.
  [[nodiscard]] bool at_work() const { return at_work_; }

  /// A reply or a closing. Sent again with the same `ref` after each reconnect until it is answered, so it happens once.
  void perform(const cue& what);

private:
  struct command {
    std::string ref;
    cue what;
    std::string frame;
  };

  boost::asio::awaitable<void> work();
  void welcome(const boost::json::object& frame);
  void take_events(const boost::json::object& frame);
  void take_event(const boost::json::object& event, steady_time now);
  void take_result(const boost::json::object& frame);
  boost::asio::awaitable<void> send_again_later(std::string ref);
  [[nodiscard]] const std::string& name() const { return company_.agents[number_].name; }

  std::size_t number_;
  server_address server_;
  const demo_company& company_;
  conductor& conductor_;
  const stage_hands& hands_;
  std::shared_ptr<frame_socket> socket_;
  bool at_work_ = false;
  bool welcomed_ = false;
  bool stopped_ = false;
  std::string cursor_;  // the last event's; empty before the first welcome
  std::deque<command> unanswered_;
};

}  // namespace signalbox
