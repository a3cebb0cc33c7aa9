/// A blocking client for tests: raw bytes, HTTP, and WebSocket frames.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox {

namespace json = boost::json;

/// One TCP connection to 127.0.0.1. Everything fails the test by an exception after a minute without an answer.
class raw_client {
public:
  explicit raw_client(std::uint16_t port, int receive_buffer_bytes = 0);
  ~raw_client();
  raw_client(raw_client&&) noexcept;

  void send(std::string_view bytes);
  /// Byte by byte.
  void send_slowly(std::string_view bytes);
  /// At least one byte; empty: the other end closed.
  std::string receive();
  /// Everything until the other end closes.
  std::string receive_all();
  std::string receive_exactly(std::size_t size);
  /// Gone without a word (a reset).
  void abort();

private:
  struct state;
  std::unique_ptr<state> state_;
};

struct http_reply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  [[nodiscard]] std::string code() const;  ///< of a problem
};
/// Reads one answer with a Content-Length.
http_reply read_reply(raw_client& from);
http_reply ask(std::uint16_t port, std::string_view request);

/// A WebSocket written by hand, so that it can also break the rules.
class socket_client {
public:
  /// Connects and upgrades; throws unless the answer is 101.
  socket_client(std::uint16_t port, std::string_view path, std::string_view protocol, int receive_buffer_bytes = 0);

  static socket_client connector(std::uint16_t port) { return {port, "/v1/connect", "signalbox.connect.v1"}; }
  static socket_client agent(std::uint16_t port, int receive_buffer_bytes = 0) {
    return {port, "/v1/agent", "signalbox.agent.v1", receive_buffer_bytes};
  }

  void text(std::string_view payload) { raw.send(frame(0x1, payload)); }
  void binary(std::string_view payload) { raw.send(frame(0x2, payload)); }
  /// One frame's bytes.
  static std::string frame(unsigned opcode, std::string_view payload, bool masked = true, bool final = true);

  /// The next text frame as JSON, pings answered. Throws when the socket is closed instead.
  json::value read();
  /// Reads until the close, answering pings; the code, or 1006.
  int close_code();
  /// The text frames that `close_code` passed over.
  std::vector<std::string> seen;
  std::string close_reason;

  raw_client raw;

private:
  struct incoming_frame {
    unsigned opcode = 0;
    std::string payload;
  };
  incoming_frame next();
};

}  // namespace signalbox
