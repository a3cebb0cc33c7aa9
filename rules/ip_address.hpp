/// IP addresses that are written out, as opposed to names that have to be looked up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace signalbox {

struct ip_address {
  std::array<std::uint8_t, 16> octets{};  ///< network order; the first 4 of an IPv4 one
  bool v4 = false;

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return std::span{octets}.first(v4 ? 4 : 16); }
  bool operator==(const ip_address&) const = default;
};

/// Reads every way in which URLs and sockets write one: `192.0.2.1`, and its short, octal and hexadecimal forms (`127.1`,
/// `0x7f000001`) with at most one dot behind, and IPv6 without brackets or zone. Nothing: a name.
[[nodiscard]] std::optional<ip_address> parse_ip_address(std::string_view text);

/// Whom attempts from an address are counted against: an IPv4 address, also one that IPv6 only maps; of IPv6 the /64, which
/// one customer has whole. Different for different ones.
[[nodiscard]] ip_address client_network(const ip_address& of);

}  // namespace signalbox
