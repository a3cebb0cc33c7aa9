/// One end of one of the server's sockets: text frames in and out. Everything on one io_context thread. The only place of the
/// client's side with a WebSocket of Beast's in it, which is dear to compile.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "app/exit_code.hpp"

namespace signalbox {

/// Ends the replay with a sentence.
class replay_failed : public std::runtime_error {
public:
  replay_failed(exit_code code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  [[nodiscard]] exit_code code() const { return code_; }

private:
  exit_code code_;
};

struct server_address {
  std::string host;
  std::string port;
};
/// `http://HOST[:PORT]`, nothing behind it but one slash. Nothing for anything else, `https` included.
[[nodiscard]] std::optional<server_address> parse_server_url(std::string_view url);

class frame_socket : public std::enable_shared_from_this<frame_socket> {
public:
  using upgrade_request = boost::beast::http::request<boost::beast::http::string_body>;

  /// The client's end. Throws boost::system::system_error.
  [[nodiscard]] static boost::asio::awaitable<std::shared_ptr<frame_socket>> open(server_address server, std::string path,
                                                                                  std::string subprotocol);
  /// The server's end: answers what was asked on `connection`. Throws boost::system::system_error.
  [[nodiscard]] static boost::asio::awaitable<std::shared_ptr<frame_socket>> accept(boost::beast::tcp_stream connection,
                                                                                    upgrade_request asked,
                                                                                    std::string subprotocol,
                                                                                    std::size_t frame_bytes_limit);

  /// The next frame, valid until the next call. Throws boost::system::system_error at the end of the connection.
  [[nodiscard]] boost::asio::awaitable<std::string_view> read();
  /// Whether that was a binary one.
  [[nodiscard]] bool got_binary() const { return stream_.got_binary(); }

  /// Queued behind what is being written; the queue is bounded by the server's credit and the dialogues under way. After a
  /// failure frames are dropped: the reader has learnt of it, and who sends asks again after the next welcome.
  void send(std::string frame);

  /// Sends what is queued and a close frame; `read` then ends with an error.
  void close(std::uint16_t code = boost::beast::websocket::close_code::normal);

  /// Nothing is queued or being written.
  [[nodiscard]] bool all_sent() const { return !writing_; }
  /// Calls `then` once, when all is sent or can't be any more; at once when nothing is queued.
  void when_all_sent(std::function<void()> then);
  /// Bytes beside all frames, blocking. @pre all_sent()
  void write_raw(std::string_view bytes);
  /// As a power cut looks from the other end: a reset, and nothing before it.
  void kill();

  [[nodiscard]] boost::asio::any_io_executor executor() { return stream_.get_executor(); }

  /// After `read` threw: the server's close code, 0 without one, and its reason.
  [[nodiscard]] std::uint16_t close_code() const { return stream_.reason().code; }
  [[nodiscard]] std::string close_reason() const { return {stream_.reason().reason.data(), stream_.reason().reason.size()}; }

  explicit frame_socket(boost::beast::tcp_stream stream) : stream_(std::move(stream)) {}

private:
  void start_writing();
  boost::asio::awaitable<void> write_all();

  boost::beast::websocket::stream<boost::beast::tcp_stream, false> stream_;
  boost::beast::flat_buffer incoming_;
  std::deque<std::string> outgoing_;
  std::function<void()> when_all_sent_;
  std::uint16_t code_ = 0;
  bool writing_ = false;
  bool broken_ = false;
  bool closing_ = false;
};

/// Waits between tries to connect: from 50 ms, doubling up to 2 s.
class backoff {
public:
  [[nodiscard]] boost::asio::awaitable<void> wait();
  void reset() { next_ms_ = 50; }

private:
  std::uint32_t next_ms_ = 50;
};

/// Throws replay_failed for a close that trying again can't mend: a bad frame, a token that isn't taken.
void check_close(const frame_socket& socket, std::string_view who);

}  // namespace signalbox
