/// What was done under a caller's key (an Idempotency-Key, an agent socket's `ref`) is known for a day, in rows that are written in the
/// same change set as what was done.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rules/time.hpp"
#include "storage/keys.hpp"

namespace signalbox {

inline constexpr std::chrono::hours key_memory{24};

struct known_key {
  std::string row;                       ///< where today's use of it is written
  std::optional<std::string> done_then;  ///< the record of an earlier use within `key_memory`
};

/// `read(row)` gives a row's record, what is on its way to the disk included.
template <class Read>
[[nodiscard]] known_key look_up_key(account_id account, user_id user, std::string_view key, time_point now, Read&& read) {
  known_key found;
  const auto today = keys::day_of(now);
  for (const auto day : {today - 1, today}) {
    found.row = keys::command_ref(account, day, user, key);
    if (std::optional<std::string> kept = read(found.row)) found.done_then = std::move(kept);
  }
  if (found.done_then) {
    if (found.done_then->size() < 8 ||
        now - time_point{milliseconds{static_cast<std::int64_t>(keys::read_be64(*found.done_then))}} >= key_memory)
      found.done_then.reset();
  }
  return found;
}

/// A record: when, and where something is to be said of it, a letter and a number.
[[nodiscard]] inline std::string key_record(time_point now) {
  std::string record;
  keys::append_be64(record, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  return record;
}
[[nodiscard]] inline std::string key_record(time_point now, char letter, std::uint64_t number) {
  auto record = key_record(now);
  record += letter;
  keys::append_be64(record, number);
  return record;
}
/// The number, of a record that has that letter.
[[nodiscard]] inline std::optional<std::uint64_t> number_in_key_record(std::string_view record, char letter) {
  if (record.size() != 17 || record[8] != letter) return std::nullopt;
  return keys::read_be64(record.substr(9));
}

}  // namespace signalbox
