#include "bench/load/byte_stream.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace signalbox::load {
namespace {

constexpr std::size_t read_bytes_min = 64 << 10;
constexpr std::size_t read_slack = 64;  // parsers may read past the end, as simdjson does

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

endpoint parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  endpoint out;
  if (colon != std::string_view::npos && colon > 0) {
    const auto port = text.substr(colon + 1);
    const auto [stopped, wrong] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (wrong == std::errc{} && stopped == port.data() + port.size() && out.port != 0) {
      out.host = text.substr(0, colon);
      return out;
    }
  }
  throw std::invalid_argument("not host:port: " + std::string{text});
}

std::string to_text(const endpoint& of) { return of.host + ':' + std::to_string(of.port); }

byte_stream::byte_stream(const endpoint& to, int epoll, std::uint64_t key) : epoll_(epoll), key_(key) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &wanted, &found) != 0)
    throw std::runtime_error("unknown host: " + to.host);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all{found, freeaddrinfo};
  fd_ = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  if (connect(fd_, found->ai_addr, found->ai_addrlen) != 0) {
    const int why = errno;
    close(fd_);
    throw std::system_error(why, std::generic_category(), "connecting to " + to_text(to));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = key_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &interest);
}

byte_stream::~byte_stream() { close(fd_); }

void byte_stream::want_readable(bool on) {
  if (on == std::exchange(wants_readable_, on)) return;
  tell_epoll();
}

void byte_stream::want_writable(bool on) {
  if (on == std::exchange(wants_writable_, on)) return;
  tell_epoll();
}

void byte_stream::tell_epoll() {
  epoll_event interest{};
  if (wants_readable_) interest.events |= EPOLLIN;
  if (wants_writable_) interest.events |= EPOLLOUT;
  interest.data.u64 = key_;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &interest);
}

void byte_stream::flush() {
  while (written_ < out_.size()) {
    const auto n = send(fd_, out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return want_writable(true);
    // What the peer said before it closed is still to be read, and says more than the failed write.
    if (n < 0) break;
    written_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  written_ = 0;
  want_writable(false);
}

void byte_stream::fill_within(std::chrono::milliseconds limit) {
  pollfd readable{fd_, POLLIN, 0};
  if (::poll(&readable, 1, static_cast<int>(limit.count())) == 0) throw connection_lost("the server didn't answer");
  fill();
}

void byte_stream::fill() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (in_.size() < end_ + read_bytes_min + read_slack) {
    if (begin_ > 0) {
      std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (in_.size() < end_ + read_bytes_min + read_slack) in_.resize(2 * (end_ + read_bytes_min + read_slack));
  }
  for (;;) {
    const auto n = recv(fd_, in_.data() + end_, in_.size() - end_ - read_slack, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) throw connection_lost(n == 0 ? "the server closed a connection" : std::strerror(errno));
    end_ += static_cast<std::size_t>(n);
    return;
  }
}

}  // namespace signalbox::load
