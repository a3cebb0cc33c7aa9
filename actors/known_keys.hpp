/// What was done under a caller's key (an Idempotency-Key, an agent socket's `ref`) is known for a day, in rows that are written in the
/// same change set as what was done.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "actors/rows_ahead.hpp"
#include "rules/time.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

namespace signalbox {

inline constexpr std::chrono::hours key_memory{24};

struct known_key {
  std::string row;                       ///< where today's use of it is written
  std::optional<std::string> done_then;  ///< the record of an earlier use within `key_memory`
};

/// Where a use of the key may be written, the newest first.
[[nodiscard]] inline std::array<std::string, 2> key_rows(account_id account, user_id user, std::string_view key, time_point now) {
  const auto today = keys::day_of(now);
  return {keys::command_ref(account, today, user, key), keys::command_ref(account, today - 1, user, key)};
}

/// `recent(row)` points to the record of a row that may be on its way to the disk; null: it isn't. @param ahead what was read of the
/// disk in this turn, if anything
template <class Recent>
[[nodiscard]] known_key look_up_key(account_id account, user_id user, std::string_view key, time_point now, const store& disk,
                                    Recent&& recent, rows_ahead* ahead = nullptr) {
  auto rows = key_rows(account, user, key, now);
  known_key found;
  for (const auto& row : rows) {
    const std::string* kept = recent(row);
    if (kept && !found.done_then) found.done_then = *kept;
  }
  if (!found.done_then) {
    const auto* today = ahead ? ahead->take(rows[0]) : nullptr;
    const auto* yesterday = today ? ahead->take(rows[1]) : nullptr;
    if (yesterday) {
      found.done_then = *today ? *today : *yesterday;
    } else {
      auto kept = disk.get_many(family::state, rows);
      found.done_then = std::move(kept[0] ? kept[0] : kept[1]);
    }
  }
  found.row = std::move(rows[0]);
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
