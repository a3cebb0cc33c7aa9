#include "app/replay/frame_socket.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/option.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

namespace signalbox {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::use_awaitable;

namespace {

constexpr std::size_t servers_frame_bytes_limit = std::size_t{64} << 20;

}  // namespace

std::optional<server_address> parse_server_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.empty() || url.find_first_of("/?#@ ") != std::string_view::npos) return std::nullopt;
  const auto bracket = url.find(']');
  const auto colon = url.find(':', bracket == std::string_view::npos ? 0 : bracket);
  auto host = url.substr(0, colon);
  const auto port = colon == std::string_view::npos ? std::string_view("80") : url.substr(colon + 1);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host.empty() || port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return server_address{std::string(host), std::string(port)};
}

asio::awaitable<std::shared_ptr<frame_socket>> frame_socket::open(server_address server, std::string path,
                                                                  std::string subprotocol) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver(executor);
  const auto found = co_await resolver.async_resolve(server.host, server.port, use_awaitable);
  beast::tcp_stream connection(executor);
  connection.expires_after(std::chrono::seconds(5));
  co_await connection.async_connect(found, use_awaitable);
  connection.socket().set_option(asio::ip::tcp::no_delay(true));
  connection.expires_never();  // from here on the WebSocket has its own times

  auto socket = std::make_shared<frame_socket>(std::move(connection));
  auto& stream = socket->stream_;
  stream.set_option(websocket::stream_base::timeout{std::chrono::seconds(10), std::chrono::seconds(30), true});
  stream.set_option(websocket::stream_base::decorator([subprotocol](websocket::request_type& request) {
    request.set(beast::http::field::sec_websocket_protocol, subprotocol);
    request.set(beast::http::field::user_agent, "signalbox-replay");
  }));
  stream.read_message_max(servers_frame_bytes_limit);
  stream.text(true);
  co_await stream.async_handshake(server.host + ":" + server.port, path, use_awaitable);
  co_return socket;
}

asio::awaitable<std::shared_ptr<frame_socket>> frame_socket::accept(beast::tcp_stream connection, upgrade_request asked,
                                                                    std::string subprotocol, std::size_t frame_bytes_limit) {
  connection.expires_never();
  auto socket = std::make_shared<frame_socket>(std::move(connection));
  auto& stream = socket->stream_;
  stream.set_option(websocket::stream_base::timeout{std::chrono::seconds(10), std::chrono::seconds(60), true});
  stream.set_option(websocket::stream_base::decorator(
      [subprotocol](websocket::response_type& answer) { answer.set(beast::http::field::sec_websocket_protocol, subprotocol); }));
  stream.read_message_max(frame_bytes_limit);
  stream.text(true);
  co_await stream.async_accept(asked, use_awaitable);
  co_return socket;
}

asio::awaitable<std::string_view> frame_socket::read() {
  incoming_.clear();
  co_await stream_.async_read(incoming_, use_awaitable);
  const auto bytes = incoming_.cdata();
  co_return std::string_view(static_cast<const char*>(bytes.data()), bytes.size());
}

void frame_socket::send(std::string frame) {
  if (broken_ || closing_) return;
  outgoing_.push_back(std::move(frame));
  start_writing();
}

void frame_socket::start_writing() {
  if (std::exchange(writing_, true)) return;
  asio::co_spawn(
      stream_.get_executor(), [self = shared_from_this()] { return self->write_all(); }, asio::detached);
}

asio::awaitable<void> frame_socket::write_all() {
  while (!outgoing_.empty()) {
    boost::system::error_code fault;
    co_await stream_.async_write(asio::buffer(outgoing_.front()), asio::redirect_error(use_awaitable, fault));
    if (fault) {
      broken_ = true;
      outgoing_.clear();
      beast::get_lowest_layer(stream_).close();
      break;
    }
    outgoing_.pop_front();
  }
  if (closing_ && !broken_) {
    broken_ = true;
    boost::system::error_code ignored;
    co_await stream_.async_close(code_, asio::redirect_error(use_awaitable, ignored));
  }
  writing_ = false;
  if (auto then = std::exchange(when_all_sent_, nullptr)) then();
}

void frame_socket::close(std::uint16_t code) {
  if (broken_ || std::exchange(closing_, true)) return;
  code_ = code;
  start_writing();
}

void frame_socket::when_all_sent(std::function<void()> then) {
  if (all_sent()) return then();
  when_all_sent_ = std::move(then);
}

void frame_socket::write_raw(std::string_view bytes) {
  boost::system::error_code ignored;
  asio::write(beast::get_lowest_layer(stream_).socket(), asio::buffer(bytes.data(), bytes.size()), ignored);
}

void frame_socket::kill() {
  broken_ = true;
  auto& socket = beast::get_lowest_layer(stream_).socket();
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

asio::awaitable<void> backoff::wait() {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(next_ms_));
  next_ms_ = std::min<std::uint32_t>(next_ms_ * 2, 2000);
  co_await timer.async_wait(use_awaitable);
}

void check_close(const frame_socket& socket, std::string_view who) {
  switch (const auto code = socket.close_code()) {
    case 1009:
    case 4400:
    case 4401:
    case 4403:
    case 4409:
    case 4429:
      throw replay_failed(exit_code::failed,
                          fmt::format("the server closed the socket of {} with {}: {}", who, code, socket.close_reason()));
    default:
      return;  // the network, a restart, a kill, too slow: resume
  }
}

}  // namespace signalbox
