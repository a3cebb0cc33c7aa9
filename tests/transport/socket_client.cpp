#include "tests/transport/socket_client.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/json/parse.hpp>
#include <stdexcept>

namespace signalbox {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct raw_client::state {
  asio::io_context io;
  tcp::socket socket{io};
  std::string unread;
};

raw_client::raw_client(std::uint16_t port, int receive_buffer_bytes) : state_(std::make_unique<state>()) {
  auto& socket = state_->socket;
  socket.open(tcp::v4());
  if (receive_buffer_bytes > 0) socket.set_option(asio::socket_base::receive_buffer_size{receive_buffer_bytes});
  socket.connect({asio::ip::address_v4::loopback(), port});
  socket.set_option(tcp::no_delay{true});
  const timeval patience{60, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

raw_client::~raw_client() = default;
raw_client::raw_client(raw_client&&) noexcept = default;

void raw_client::send(std::string_view bytes) { asio::write(state_->socket, asio::buffer(bytes.data(), bytes.size())); }

void raw_client::send_slowly(std::string_view bytes) {
  for (const char each : bytes) send({&each, 1});
}

std::string raw_client::receive() {
  std::string out(64 * 1024, '\0');
  // Not Asio's read: a timeout of the socket must end it.
  const auto size = ::recv(state_->socket.native_handle(), out.data(), out.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("a minute without an answer");
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

std::string raw_client::receive_all() {
  auto out = std::exchange(state_->unread, {});
  for (auto part = receive(); !part.empty(); part = receive()) out += part;
  return out;
}

std::string raw_client::receive_exactly(std::size_t size) {
  auto& unread = state_->unread;
  while (unread.size() < size) {
    const auto part = receive();
    if (part.empty()) throw std::runtime_error("closed");
    unread += part;
  }
  auto out = unread.substr(0, size);
  unread.erase(0, size);
  return out;
}

void raw_client::abort() {
  state_->socket.set_option(asio::socket_base::linger{true, 0});
  state_->socket.close();
}

std::string http_reply::code() const {
  const auto problem = json::parse(body);
  return std::string{problem.at("code").as_string()};
}

http_reply read_reply(raw_client& from) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) head += from.receive_exactly(1);
  http_reply out;
  out.status = std::stoi(head.substr(9, 3));
  for (auto at = head.find("\r\n") + 2; at + 2 < head.size();) {
    const auto end = head.find("\r\n", at);
    const auto colon = head.find(": ", at);
    auto name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    out.headers[name] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  if (out.headers.contains("content-length")) out.body = from.receive_exactly(std::stoul(out.headers["content-length"]));
  return out;
}

http_reply ask(std::uint16_t port, std::string_view request) {
  raw_client client{port};
  client.send(request);
  return read_reply(client);
}

socket_client::socket_client(std::uint16_t port, std::string_view path, std::string_view protocol, int receive_buffer_bytes)
    : raw(port, receive_buffer_bytes) {
  std::string request{"GET "};
  request.append(path).append(
      " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
  request.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ").append(protocol).append("\r\n\r\n");
  raw.send(request);
  auto reply = read_reply(raw);
  if (reply.status != 101) throw std::runtime_error("not upgraded: " + std::to_string(reply.status) + ' ' + reply.body);
  if (reply.headers["sec-websocket-protocol"] != protocol) throw std::runtime_error("the subprotocol was not chosen");
}

std::string socket_client::frame(unsigned opcode, std::string_view payload, bool masked, bool final) {
  std::string out;
  out += static_cast<char>((final ? 0x80 : 0) | opcode);
  const unsigned mask_bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mask_bit | payload.size());
  } else {
    const bool wide = payload.size() > 0xFFFF;
    out += static_cast<char>(mask_bit | (wide ? 127 : 126));
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  }
  if (!masked) return out.append(payload);
  constexpr std::string_view mask = "\x11\x22\x33\x44";
  out.append(mask);
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

socket_client::incoming_frame socket_client::next() {
  const auto head = raw.receive_exactly(2);
  std::uint64_t size = static_cast<unsigned char>(head[1]);
  if (size >= 126) {
    const auto more = raw.receive_exactly(size == 126 ? 2 : 8);
    size = 0;
    for (const unsigned char each : more) size = size << 8 | each;
  }
  return {static_cast<unsigned char>(head[0]) & 0xFu, raw.receive_exactly(size)};
}

json::value socket_client::read() {
  while (true) {
    auto came = next();
    if (came.opcode == 0x1) return json::parse(came.payload);
    if (came.opcode == 0x9) raw.send(frame(0xA, came.payload));
    if (came.opcode == 0x8) throw std::runtime_error("closed instead of a frame: " + came.payload.substr(2));
  }
}

int socket_client::close_code() {
  try {
    while (true) {
      auto came = next();
      if (came.opcode == 0x1) seen.push_back(std::move(came.payload));
      if (came.opcode == 0x9) raw.send(frame(0xA, came.payload));
      if (came.opcode != 0x8) continue;
      close_reason = came.payload.substr(2);
      const auto code = static_cast<unsigned char>(came.payload[0]) << 8 | static_cast<unsigned char>(came.payload[1]);
      raw.send(frame(0x8, came.payload));
      return code;
    }
  } catch (const std::exception&) {
    return 1006;
  }
}

}  // namespace signalbox
