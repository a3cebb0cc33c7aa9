#include "rules/ip_address.hpp"

#include <algorithm>

namespace signalbox {
namespace {

/// The value of a digit in bases up to 16; 16 for what is none.
unsigned digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return 16;
}

/// @pre `text` isn't empty
std::optional<std::uint64_t> parse_number(std::string_view text, unsigned base, std::uint64_t most) {
  std::uint64_t value = 0;
  for (const char c : text) {
    const unsigned digit = digit_of(c);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
    if (value > most) return std::nullopt;
  }
  return value;
}

/// One to four numbers, the last of which fills what the others leave of 32 bits.
std::optional<std::uint32_t> parse_v4(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::uint64_t value = 0;
  for (unsigned place = 0; place < 4; ++place) {
    const auto dot = text.find('.');
    auto part = text.substr(0, dot);
    unsigned base = 10;
    if (part.starts_with("0x") || part.starts_with("0X")) {
      base = 16;
      part.remove_prefix(2);
      if (part.empty()) part = "0";
    } else if (part.size() > 1 && part.front() == '0') {
      base = 8;
    }
    if (part.empty()) return std::nullopt;
    const unsigned left = 32 - 8 * place;
    const auto number = parse_number(part, base, dot == std::string_view::npos ? (1ull << left) - 1 : 255);
    if (!number) return std::nullopt;
    if (dot == std::string_view::npos) return static_cast<std::uint32_t>(value << left | *number);
    value = value << 8 | *number;
    text.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

void write_v4(std::uint32_t address, std::span<std::uint8_t, 4> into) {
  for (unsigned i = 0; i < 4; ++i) into[i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
}

/// Within IPv6 an IPv4 address is four plain decimal numbers.
bool is_plain_v4(std::string_view text) {
  if (std::count(text.begin(), text.end(), '.') != 3 || text.ends_with('.')) return false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '0' && text[i + 1] != '.' && (i == 0 || text[i - 1] == '.')) return false;
  return true;
}

/// Groups of 16 bits between colons, the last two of which may be an IPv4 address. How many bytes they are; nothing: they are
/// malformed, or more than fit.
std::optional<std::size_t> parse_groups(std::string_view text, std::span<std::uint8_t> into) {
  std::size_t used = 0;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const auto group = text.substr(0, colon);
    if (group.find('.') != std::string_view::npos) {
      const auto address = colon == std::string_view::npos && is_plain_v4(group) ? parse_v4(group) : std::nullopt;
      if (!address || into.size() - used < 4) return std::nullopt;
      write_v4(*address, into.subspan(used).first<4>());
      return used + 4;
    }
    if (group.empty() || group.size() > 4 || into.size() - used < 2) return std::nullopt;
    const auto number = parse_number(group, 16, 0xffff);
    if (!number) return std::nullopt;
    into[used++] = static_cast<std::uint8_t>(*number >> 8);
    into[used++] = static_cast<std::uint8_t>(*number);
    if (colon == std::string_view::npos) return used;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // a colon with nothing behind it
  }
  return used;
}

std::optional<ip_address> parse_v6(std::string_view text) {
  ip_address out;
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (parse_groups(text, out.octets) != out.octets.size()) return std::nullopt;
    return out;
  }
  std::array<std::uint8_t, 16> behind{};
  const auto before_size = parse_groups(text.substr(0, gap), out.octets);
  const auto behind_size = parse_groups(text.substr(gap + 2), behind);
  // What `::` stands for is at least one group.
  if (!before_size || !behind_size || *before_size + *behind_size > out.octets.size() - 2) return std::nullopt;
  if (text.substr(0, gap).find('.') != std::string_view::npos) return std::nullopt;
  std::copy_n(behind.begin(), *behind_size, out.octets.end() - static_cast<std::ptrdiff_t>(*behind_size));
  return out;
}

}  // namespace

std::optional<ip_address> parse_ip_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  const auto address = parse_v4(text);
  if (!address) return std::nullopt;
  ip_address out;
  out.v4 = true;
  write_v4(*address, std::span{out.octets}.first<4>());
  return out;
}

ip_address client_network(const ip_address& of) {
  ip_address out = of;
  if (of.v4) return out;
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), of.octets.begin())) {
    out = {};
    out.v4 = true;
    std::copy_n(of.octets.begin() + mapped.size(), 4, out.octets.begin());
    return out;
  }
  std::fill(out.octets.begin() + 8, out.octets.end(), std::uint8_t{0});
  return out;
}

}  // namespace signalbox
