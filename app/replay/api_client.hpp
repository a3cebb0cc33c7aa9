/// The HTTP API as a client calls it: JSON in, JSON out, one connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "app/replay/frame_socket.hpp"

namespace signalbox {

class api_client {
public:
  /// `patience`: how long an answer may take.
  explicit api_client(server_address server, std::chrono::seconds patience = std::chrono::seconds(30))
      : server_(std::move(server)), patience_(patience) {}

  /// Whether it ever had a connection: then there was a server, and what it doesn't answer may be tried again.
  [[nodiscard]] bool was_connected() const { return was_connected_; }

  /// Sent with every call from now on.
  void use_token(std::string bearer) { bearer_ = std::move(bearer); }

  /// The answer's body. Throws replay_failed for anything but 2xx, with the problem's own words, and when there is no server;
  /// `unavailable` where another try may do better.
  [[nodiscard]] boost::asio::awaitable<boost::json::value> post(std::string path, boost::json::value body);
  [[nodiscard]] boost::asio::awaitable<boost::json::value> put(std::string path, boost::json::value body);

private:
  boost::asio::awaitable<boost::json::value> call(std::string method, std::string path, boost::json::value body);
  boost::asio::awaitable<void> connect();

  server_address server_;
  std::chrono::seconds patience_;
  std::string bearer_;
  bool was_connected_ = false;
  std::unique_ptr<boost::beast::tcp_stream> connection_;
};

/// A member of an answer; throws replay_failed when it isn't there or isn't a text. `path` may have one dot: `user.id`.
[[nodiscard]] std::string text_in(const boost::json::value& answer, std::string_view path);

}  // namespace signalbox
