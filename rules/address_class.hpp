/// Which addresses a webhook may be delivered to.
#pragma once

#include <cstdint>
#include <span>

namespace signalbox {

/// Whether an address of 4 or 16 bytes (network order) is one of the public Internet's. Loopback, private, link-local, shared
/// (CGNAT), documentation, benchmarking, multicast and reserved ones aren't, nor is any IPv6 address that only wraps an IPv4 one
/// (mapped, compatible, 6to4, Teredo); NAT64's well-known prefix is as public as what it wraps.
[[nodiscard]] bool is_public_address(std::span<const std::uint8_t> bytes);

}  // namespace signalbox
