/// What each message carries at the front of its text, in columns of fixed width, so that whoever receives it can check it.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bench/load/schedule.hpp"

namespace signalbox::load {

struct stamp {
  std::uint64_t number = 0;  ///< of all messages of one program run, from 0
  std::uint32_t thread = 0;  ///< of all threads of one program run, from 0
  std::uint32_t turn = 0;    ///< in the thread, from 0
  bool last = false;         ///< nothing follows in this thread
  ns_time intended = 0;      ///< when it was meant to be sent
  bool operator==(const stamp&) const = default;
};

/// `number thread turn last intended`
inline constexpr std::size_t stamp_bytes = 12 + 1 + 9 + 1 + 7 + 1 + 1 + 1 + 18;

inline void write_digits(char* to, std::size_t width, std::uint64_t value) {
  for (auto* at = to + width; at != to; value /= 10) *--at = static_cast<char>('0' + value % 10);
}

/// @pre `to` has room for stamp_bytes
inline void write_stamp(char* to, const stamp& what) {
  write_digits(to, 12, what.number);
  write_digits(to + 13, 9, what.thread);
  write_digits(to + 23, 7, what.turn);
  to[31] = what.last ? 'L' : '-';
  write_digits(to + 33, 18, what.intended);
  to[12] = to[22] = to[30] = to[32] = ' ';
}

/// Nothing when `text` doesn't begin with a stamp.
[[nodiscard]] inline std::optional<stamp> read_stamp(std::string_view text) {
  if (text.size() < stamp_bytes) return std::nullopt;
  const auto digits = [&](std::size_t at, std::size_t width, auto& into) {
    const auto* end = text.data() + at + width;
    const auto [stopped, wrong] = std::from_chars(text.data() + at, end, into);
    return wrong == std::errc{} && stopped == end;
  };
  stamp out;
  if (!digits(0, 12, out.number) || !digits(13, 9, out.thread) || !digits(23, 7, out.turn) || !digits(33, 18, out.intended))
    return std::nullopt;
  if (text[31] != 'L' && text[31] != '-') return std::nullopt;
  out.last = text[31] == 'L';
  return out;
}

}  // namespace signalbox::load
