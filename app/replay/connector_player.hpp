/// One connector of a replay: says the contacts' turns, carries out the replies, and comes back when the server went away.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/replay/company.hpp"
#include "app/replay/conductor.hpp"
#include "app/replay/frame_socket.hpp"

namespace signalbox {

/// What players call besides the conductor.
struct stage_hands {
  std::function<void()> something_happened;  ///< there may be cues to take
  std::function<void(std::string)> tell;     ///< a line of the live view; empty: nobody looks
};

class connector_player {
public:
  /// Serves the channels i of `company` with i modulo the number of players = `number`. All references outlive the player.
  connector_player(std::size_t number, server_address server, const demo_company& company, conductor& led_by,
                   const stage_hands& hands);

  /// Connects, plays, connects again, and so on. Returns after `stop`; throws replay_failed.
  [[nodiscard]] boost::asio::awaitable<void> run();
  void stop();

  /// Was welcomed and not cut off since.
  [[nodiscard]] bool connected() const { return connected_; }

  /// Queued: sent when there is credit, and again after each reconnect until it is answered.
  void say(std::size_t dialogue, std::size_t turn);

private:
  struct line {
    std::size_t dialogue = 0, turn = 0;
    std::uint64_t place = 0;  // among all that this player ever said; the connector's offset
  };
  struct unanswered_frame {
    std::uint64_t seq = 0;
    std::vector<line> lines;
  };

  boost::asio::awaitable<void> play();
  void welcome(const boost::json::object& frame);
  void acknowledge(const boost::json::object& frame);
  void deliver(const boost::json::object& frame);
  void flush();
  void send_batch();
  [[nodiscard]] const demo_channel& channel_of(std::size_t dialogue) const;
  void append_message(std::string& out, const line& what) const;

  std::size_t number_;
  server_address server_;
  const demo_company& company_;
  conductor& conductor_;
  const stage_hands& hands_;
  std::shared_ptr<frame_socket> socket_;
  bool connected_ = false;
  bool stopped_ = false;
  bool flush_posted_ = false;
  std::uint64_t places_ = 0, seq_ = 0;
  std::int64_t credit_ = 0;
  std::size_t batch_max_ = 1;
  std::deque<line> waiting_;
  std::deque<unanswered_frame> unanswered_;
  std::unordered_map<std::string, std::uint64_t> acknowledged_places_;  // by channel
};

}  // namespace signalbox
