/// How durations, sizes and addresses are written in the configuration. Pure; nothing for any text that isn't exactly one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace signalbox {

/// Where the server listens. Port 0: any free one.
struct listen_address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  bool operator==(const listen_address&) const = default;
};

/// `250ms`, `15s`, `10m`, `1h`, `7d`, or `0`. At most 10 years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// In the greatest unit that divides it: 90 s is `90s`, 120 s is `2m`.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds of);

/// `4096`, `512KiB`, `64MiB`, `2GiB`.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::string bytes_text(std::uint64_t of);

/// `127.0.0.1:8080`, `localhost:0`, `[::1]:8080`. The host isn't looked up.
[[nodiscard]] std::optional<listen_address> parse_listen_address(std::string_view text);
[[nodiscard]] std::string to_text(const listen_address& of);

/// A whole number without sign.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);

/// The known word that takes the fewest edits to reach from `word`, if they are few for its length.
[[nodiscard]] std::optional<std::string_view> nearest_word(std::string_view word, std::span<const std::string_view> known);

}  // namespace signalbox
