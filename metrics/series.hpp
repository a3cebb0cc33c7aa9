/// What the probes count in: plain atomics, one for each value of a closed label set, so that a call never takes a lock or looks
/// anything up. Each is written by any thread and read by the scrape, which may see two of them a moment apart.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace signalbox {

/// On a cache line of its own: neighbours are written by other threads.
inline constexpr std::size_t series_alignment = 64;

/// Counts that only rise.
template <std::size_t Size>
class alignas(series_alignment) tally_set {
public:
  static constexpr std::size_t size = Size;
  /// @pre index < Size
  void add(std::size_t index, std::uint64_t by) { counts_[index].fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t at(std::size_t index) const { return counts_[index].load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::uint64_t>, Size> counts_{};
};

/// Levels that rise and fall.
template <std::size_t Size>
class alignas(series_alignment) level_set {
public:
  static constexpr std::size_t size = Size;
  /// @pre index < Size
  void change(std::size_t index, std::int64_t by) { levels_[index].fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t at(std::size_t index) const { return levels_[index].load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::int64_t>, Size> levels_{};
};

/// How a figure is spread over buckets; the last one, above all bounds, is implied.
template <std::size_t Bounds>
class alignas(series_alignment) distribution {
public:
  /// @pre `upper` rises; it must outlive this
  explicit distribution(const std::array<double, Bounds>& upper) : upper_(upper) {}

  /// Counts `value` `count` times, in the first bucket whose bound is not below it. Below zero (a clock that was set back)
  /// counts as zero.
  void observe(double value, std::uint64_t count) {
    const double shown = value > 0 ? value : 0;
    const auto bucket = static_cast<std::size_t>(std::lower_bound(upper_.begin(), upper_.end(), shown) - upper_.begin());
    counts_[bucket].fetch_add(count, std::memory_order_relaxed);
    sum_.fetch_add(shown * static_cast<double>(count), std::memory_order_relaxed);
  }

  [[nodiscard]] const std::array<double, Bounds>& upper() const { return upper_; }
  /// Not cumulative; `bucket == Bounds` is the one above all bounds.
  [[nodiscard]] std::uint64_t in_bucket(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  [[nodiscard]] double sum() const { return sum_.load(std::memory_order_relaxed); }

private:
  const std::array<double, Bounds>& upper_;
  std::array<std::atomic<std::uint64_t>, Bounds + 1> counts_{};
  std::atomic<double> sum_{0};
};

}  // namespace signalbox
