/// An epoll with a wait in nanoseconds.
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace signalbox::load {

class poller {
public:
  poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~poller() { close(fd_); }
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

  /// Calls `ready(key, readable, writable)` for each connection that is.
  template <class F>
  void wait(std::chrono::nanoseconds at_most, F&& ready) {
    std::array<epoll_event, 128> events;  // NOLINT: filled by the kernel
    const timespec limit{at_most.count() / 1'000'000'000, at_most.count() % 1'000'000'000};
    const int count = epoll_pwait2(fd_, events.data(), events.size(), &limit, nullptr);
    for (int i = 0; i < count; ++i) {
      const auto what = events[static_cast<std::size_t>(i)];
      ready(what.data.u64, (what.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0, (what.events & EPOLLOUT) != 0);
    }
  }

private:
  int fd_;
};

}  // namespace signalbox::load
