#include "app/value_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>
#include <vector>

namespace signalbox {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<unit, 5> time_units{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<unit, 3> byte_units{{{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}}};
constexpr std::uint64_t duration_max_ms = 3660ull * 86'400'000;
constexpr std::uint64_t bytes_max = 1ull << 50;

/// `text` as a number and one of `units`; nothing without a unit or above `max`.
template <std::size_t N>
std::optional<std::uint64_t> parse_quantity(std::string_view text, const std::array<unit, N>& units, std::uint64_t max) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_count(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const auto& each : units)
    if (text.substr(digits) == each.name)
      return *number <= max / each.factor ? std::optional(*number * each.factor) : std::nullopt;
  return std::nullopt;
}

template <std::size_t N>
std::string quantity_text(std::uint64_t of, const std::array<unit, N>& units) {
  for (const auto& each : units)
    if (of != 0 && of % each.factor == 0) return std::to_string(of / each.factor).append(each.name);
  return std::to_string(of);
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds{0};
  const auto ms = parse_quantity(text, time_units, duration_max_ms);
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*ms)};
}

std::string duration_text(std::chrono::milliseconds of) {
  return quantity_text(static_cast<std::uint64_t>(of.count()), time_units);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  if (const auto plain = parse_count(text)) return *plain <= bytes_max ? plain : std::nullopt;
  return parse_quantity(text, byte_units, bytes_max);
}

std::string bytes_text(std::uint64_t of) { return quantity_text(of, byte_units); }

std::optional<listen_address> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address needs its brackets, or its last group would be read as the port
  }
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
           c == '%';
  };
  if (host.empty() || !std::all_of(host.begin(), host.end(), allowed)) return std::nullopt;
  const auto port = parse_count(text.substr(colon + 1));
  if (!port || *port > 65535) return std::nullopt;
  return listen_address{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string to_text(const listen_address& of) {
  const bool bracket = of.host.find(':') != std::string::npos;
  return (bracket ? "[" + of.host + "]" : of.host) + ":" + std::to_string(of.port);
}

std::optional<std::string_view> nearest_word(std::string_view word, std::span<const std::string_view> known) {
  const auto edits = [&](std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= word.size(); ++i) {
      auto diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j <= other.size(); ++j) {
        const auto changed = diagonal + (word[i - 1] == other[j - 1] ? 0 : 1);
        diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
      }
    }
    return row.back();
  };
  std::optional<std::string_view> best;
  auto fewest = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto each : known)
    if (const auto count = edits(each); count < fewest) {
      fewest = count;
      best = each;
    }
  return best;
}

}  // namespace signalbox
