/// Commits as JOURNAL has its WRITERs do it: prepared here, written by two threads in turn, each while the other one ends.
#pragma once

#include <array>
#include <functional>
#include <future>
#include <memory>
#include <semaphore>
#include <vector>

#include "storage/store.hpp"

namespace signalbox::testing {

/// Not thread-safe. `durable` is called on other threads, one after the other.
class overlapping_commits {
public:
  explicit overlapping_commits(
      store& to, std::function<void()> durable = [] {})
      : to_(to), durable_(std::move(durable)) {}
  overlapping_commits(const overlapping_commits&) = delete;
  overlapping_commits& operator=(const overlapping_commits&) = delete;
  ~overlapping_commits() = default;

  /// Returns when the next one may come. Throws what an earlier one threw.
  void add(const std::vector<change_set>& sets) {
    log_.acquire();
    auto& turn = writing_.at(next_++ % writing_.size());
    if (turn.valid()) turn.get();
    std::vector<const change_set*> all;
    for (const auto& one : sets) all.push_back(&one);
    std::vector<std::uint64_t> positions(all.size());
    turn = std::async(std::launch::async, [this, what = std::shared_ptr{to_.prepare(all, positions)}] {
      bool let = false;
      const auto let_next = [&] {
        let = true;
        log_.release();
      };
      try {
        to_.write(*what, let_next, durable_);
      } catch (...) {
        if (!let) log_.release();
        throw;
      }
    });
  }
  void wait() {
    for (auto& one : writing_)
      if (one.valid()) one.get();
  }

private:
  store& to_;
  std::function<void()> durable_;
  std::binary_semaphore log_{1};
  std::size_t next_ = 0;
  std::array<std::future<void>, 2> writing_;  // the last: they end before the rest goes
};

}  // namespace signalbox::testing
