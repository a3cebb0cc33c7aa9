#include "rules/address_class.hpp"

#include <array>

namespace signalbox {
namespace {

struct v4_range {
  std::uint32_t first;
  unsigned bits;
};
constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) { return a << 24 | b << 16 | c << 8 | d; }

// IANA's special-purpose registry, and what is not unicast.
constexpr std::array not_public{
    v4_range{v4(0, 0, 0, 0), 8},      v4_range{v4(10, 0, 0, 0), 8},     v4_range{v4(100, 64, 0, 0), 10},
    v4_range{v4(127, 0, 0, 0), 8},    v4_range{v4(169, 254, 0, 0), 16}, v4_range{v4(172, 16, 0, 0), 12},
    v4_range{v4(192, 0, 0, 0), 24},   v4_range{v4(192, 0, 2, 0), 24},   v4_range{v4(192, 88, 99, 0), 24},
    v4_range{v4(192, 168, 0, 0), 16}, v4_range{v4(198, 18, 0, 0), 15},  v4_range{v4(198, 51, 100, 0), 24},
    v4_range{v4(203, 0, 113, 0), 24}, v4_range{v4(224, 0, 0, 0), 4},    v4_range{v4(240, 0, 0, 0), 4},
};

bool is_public_v4(std::span<const std::uint8_t> bytes) {
  const auto address = v4(bytes[0], bytes[1], bytes[2], bytes[3]);
  for (const auto& range : not_public)
    if ((address ^ range.first) >> (32 - range.bits) == 0) return false;
  return true;
}

bool is_public_v6(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 12> nat64{0x00, 0x64, 0xff, 0x9b};
  bool wrapped = true;
  for (std::size_t i = 0; i < nat64.size(); ++i) wrapped = wrapped && bytes[i] == nat64[i];
  if (wrapped) return is_public_v4(bytes.subspan(12));
  if (bytes[0] >> 5 != 1) return false;  // global unicast is 2000::/3 alone
  const auto first = static_cast<unsigned>(bytes[0] << 8 | bytes[1]);
  const auto second = static_cast<unsigned>(bytes[2] << 8 | bytes[3]);
  if (first == 0x2001 && (second < 0x0200 || second == 0x0db8)) return false;  // Teredo and other protocols', documentation
  if (first == 0x2002) return false;                                           // 6to4
  return !(first == 0x3fff && second < 0x1000);                                // documentation
}

}  // namespace

bool is_public_address(std::span<const std::uint8_t> bytes) {
  if (bytes.size() == 4) return is_public_v4(bytes);
  return bytes.size() == 16 && is_public_v6(bytes);
}

}  // namespace signalbox
