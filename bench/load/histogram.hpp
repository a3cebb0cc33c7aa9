/// Latencies in log-linear buckets: 64 steps for each power of two, so a quantile is off by less than 1.6 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace signalbox::load {

class histogram {
public:
  void record(std::uint64_t value, std::uint64_t count = 1) {
    buckets_[std::min(bucket_of(value), buckets_.size() - 1)] += count;
    count_ += count;
    max_ = std::max(max_, value);
  }
  void add(const histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }

  /// The smallest recorded value (rounded up to its bucket's end) that at least `share` of all values don't exceed; 0 when empty.
  [[nodiscard]] std::uint64_t quantile(double share) const {
    const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return std::min(last_of(i), max_);
    }
    return max_;
  }

private:
  static constexpr unsigned step_bits = 6;
  static constexpr std::uint64_t steps = 1u << step_bits;
  static constexpr unsigned magnitude_max = 42;  // 2^42 ns is more than an hour

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < steps) return value;
    const auto magnitude = static_cast<unsigned>(std::bit_width(value)) - 1 - step_bits;
    return (magnitude + 1) * steps + ((value >> magnitude) - steps);
  }
  static std::uint64_t last_of(std::size_t bucket) {
    if (bucket < steps) return bucket;
    const auto magnitude = bucket / steps - 1;
    return ((bucket % steps + steps + 1) << magnitude) - 1;
  }

  std::array<std::uint64_t, (magnitude_max + 2 - step_bits) * steps> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace signalbox::load
