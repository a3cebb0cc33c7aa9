/// One non-blocking TCP connection with its buffers. Not thread-safe: the one thread of the load owns all of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::load {

class connection_lost : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct endpoint {
  std::string host;
  std::uint16_t port = 0;
};
/// `host:port`. Throws std::invalid_argument.
[[nodiscard]] endpoint parse_endpoint(std::string_view text);
[[nodiscard]] std::string to_text(const endpoint& of);

class byte_stream {
public:
  /// Connects (blocking), then registers with `epoll` under `key`. Throws std::system_error.
  byte_stream(const endpoint& to, int epoll, std::uint64_t key);
  ~byte_stream();
  byte_stream(const byte_stream&) = delete;
  byte_stream& operator=(const byte_stream&) = delete;

  /// What waits to be written; append, then `flush`. Bounded by the callers' credit.
  [[nodiscard]] std::string& out() { return out_; }
  /// Writes as much as the socket takes; the rest goes when epoll says writable. Throws connection_lost.
  void flush();

  /// Reads what is there. Throws connection_lost when the peer has closed and nothing is left to read.
  void fill();
  /// The same, after waiting for something to read. Throws connection_lost when nothing comes within `limit`.
  void fill_within(std::chrono::milliseconds limit);
  /// What was read and not consumed, followed by readable slack. Valid until the next `fill`.
  [[nodiscard]] std::string_view unread() const { return {in_.data() + begin_, end_ - begin_}; }
  void consumed(std::size_t bytes) { begin_ += bytes; }
  /// Whether epoll tells when there is something to read. What isn't read stays with the kernel, and then with the peer.
  void want_readable(bool on);

private:
  void want_writable(bool on);
  void tell_epoll();

  int fd_ = -1;
  int epoll_;
  std::uint64_t key_;
  bool wants_readable_ = true;
  bool wants_writable_ = false;
  std::string out_;
  std::size_t written_ = 0;
  std::vector<char> in_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace signalbox::load
