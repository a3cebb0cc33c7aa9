/// A bound on what many actors keep in memory, each a share of it: no actor knows how many others there are. Thread-safe between
/// shares; a share is its actor's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace signalbox {

/// Copies count together.
class shared_bound {
public:
  explicit shared_bound(std::size_t bound) : bound_(bound), total_(std::make_shared<std::atomic<std::size_t>>(0)) {}

  class share {
  public:
    explicit share(const shared_bound& of) : bound_(of.bound_), total_(of.total_) {}
    share(const share&) = delete;
    share& operator=(const share&) = delete;
    ~share() { holds(0); }

    void holds(std::size_t count) {
      total_->fetch_add(count - held_, std::memory_order_relaxed);  // modulo 2^64: may be less than before
      held_ = count;
    }
    /// Of what it holds: all, or its part of the bound when all together exceed that.
    [[nodiscard]] std::size_t may_hold() const {
      const auto total = total_->load(std::memory_order_relaxed);
      if (total <= bound_) return held_;
      return static_cast<std::size_t>(static_cast<double>(held_) * static_cast<double>(bound_) / static_cast<double>(total));
    }

  private:
    std::size_t bound_;
    std::shared_ptr<std::atomic<std::size_t>> total_;
    std::size_t held_ = 0;
  };

private:
  std::size_t bound_;
  std::shared_ptr<std::atomic<std::size_t>> total_;
};

}  // namespace signalbox
