/// Whether a server kept up: messages that were due and that no agent has received yet, sampled evenly over a run.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>

namespace signalbox::load {

/// A quarter of a second of work left over at the end is a stall that may be caught up (a flush, an fsync); more isn't.
inline constexpr double backlog_seconds_max = 0.25;
/// A mean backlog under this is noise, whichever way it goes: in the last fifth of a short run one flush makes as much.
inline constexpr double backlog_seconds_noise = 0.08;

/// True when the last fifth of the samples stands above what a stall explains, or clearly above the fifth in the middle.
[[nodiscard]] inline bool backlog_grows(std::span<const std::uint64_t> samples, double rate) {
  if (samples.size() < 5) return false;
  const auto fifth = samples.size() / 5;
  const auto mean = [](std::span<const std::uint64_t> of) {
    return static_cast<double>(std::accumulate(of.begin(), of.end(), std::uint64_t{0})) / static_cast<double>(of.size());
  };
  const auto middle = mean(samples.subspan(2 * fifth, fifth));
  const auto last = mean(samples.last(fifth));
  return last > rate * backlog_seconds_max || (last > rate * backlog_seconds_noise && last > 1.5 * middle);
}

}  // namespace signalbox::load
