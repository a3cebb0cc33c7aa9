/// Who runs when the sides of a comparison take turns: another one begins each round, so that what the one before leaves behind, in the
/// disk's caches or the machine's clock, isn't always the same side's to bear.
#pragma once

#include <cstddef>
#include <vector>

namespace signalbox::load {

class turns {
public:
  explicit turns(std::size_t sides) : sides_(sides) {}

  /// Each side's place once, in the order in which they run this time.
  [[nodiscard]] std::vector<std::size_t> next_round() {
    std::vector<std::size_t> order;
    order.reserve(sides_);
    for (std::size_t i = 0; i < sides_; ++i) order.push_back((first_ + i) % sides_);
    ++first_;
    return order;
  }

private:
  std::size_t sides_;
  std::size_t first_ = 0;
};

}  // namespace signalbox::load
