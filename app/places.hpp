/// A bound on how many are at something, or wait for it. Thread-safe.
#pragma once

#include <atomic>
#include <memory>

namespace signalbox {

class places {
public:
  explicit places(int most) : left_(most) {}
  places(const places&) = delete;
  places& operator=(const places&) = delete;

  /// One place, free again when the last copy of it is gone; null: none is free. @pre this outlives it
  [[nodiscard]] std::shared_ptr<void> take() {
    if (left_.fetch_sub(1) <= 0) {
      ++left_;
      return nullptr;
    }
    return {this, [](places* of) { ++of->left_; }};
  }

private:
  std::atomic<int> left_;
};

}  // namespace signalbox
