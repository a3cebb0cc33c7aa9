/// How other threads reach an I/O thread: many wakes in one go cost one trip through the kernel.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace signalbox {

class wakeable {
public:
  virtual ~wakeable() = default;
  /// On the I/O thread, once for any number of wakes before it.
  virtual void on_wake() = 0;
};

/// One an I/O thread. Not bounded by itself: each session is in it at most once (`session_base` sees to it).
class io_inbox {
public:
  /// `schedule` makes `deliver` run soon on the I/O thread.
  explicit io_inbox(std::function<void()> schedule) : schedule_(std::move(schedule)) {}

  /// Any thread. After `stop` nothing happens.
  void wake(std::shared_ptr<wakeable> who);
  /// On the I/O thread.
  void deliver();
  /// The I/O thread is about to end: forget everyone.
  void stop();

private:
  std::mutex lock_;
  std::function<void()> schedule_;
  std::vector<std::shared_ptr<wakeable>> waiting_;
  std::vector<std::shared_ptr<wakeable>> delivering_;  // of the I/O thread; kept for its capacity
  bool scheduled_ = false;
};

}  // namespace signalbox
