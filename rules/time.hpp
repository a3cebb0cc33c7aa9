/// Time as a value. Nothing in rules/ reads a clock: callers pass the time, so that a decision can be replayed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox {

using std::chrono::milliseconds;

/// UTC, in milliseconds: the resolution of the wire.
using time_point = std::chrono::sys_time<milliseconds>;

/// A wide margin around any real date; outside it a date is refused as `invalid`.
inline constexpr time_point earliest_time{std::chrono::sys_days{std::chrono::year{1970} / 1 / 1}};
inline constexpr time_point latest_time{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

/// RFC 3339 in UTC with milliseconds: `2026-03-01T09:30:00.000Z`.
void append_time(std::string& out, time_point at);
[[nodiscard]] std::string to_text(time_point at);

/// Reads RFC 3339 with any offset and 0 to 9 digits of a second; nothing for anything else or a date out of range.
[[nodiscard]] std::optional<time_point> parse_time(std::string_view text);

}  // namespace signalbox
