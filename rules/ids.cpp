#include "rules/ids.hpp"

#include <algorithm>
#include <array>

namespace signalbox {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::uint8_t foreign = 0xFF;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(foreign);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

constexpr time_point id_epoch{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}};
constexpr unsigned counter_bits = 22;
constexpr std::int64_t milliseconds_max = (std::int64_t{1} << 42) - 1;

}  // namespace

void append_id_digits(std::string& out, std::uint64_t value) {
  std::array<char, id_digits> digits;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    *digit = alphabet[value & 31];
    value >>= 5;
  }
  out.append(digits.data(), digits.size());
}

std::optional<std::uint64_t> parse_id_digits(std::string_view digits) {
  if (digits.size() != id_digits) return std::nullopt;
  // 13 digits hold 65 bits: a first one above F would not come back as it was written.
  if (digit_values[static_cast<unsigned char>(digits.front())] > 15) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : digits) {
    const auto bits = digit_values[static_cast<unsigned char>(digit)];
    if (bits == foreign) return std::nullopt;
    value = value << 5 | bits;
  }
  return value;
}

std::uint64_t id_clock::next(time_point now) {
  const auto since_epoch = std::clamp<std::int64_t>((now - id_epoch).count(), 0, milliseconds_max);
  last_ = std::max(last_ + 1, static_cast<std::uint64_t>(since_epoch) << counter_bits);
  return last_;
}

}  // namespace signalbox
