/// When users became available and away, as their AGENTs said: one row a change, written with the change itself, for questions about
/// the past. Nothing that routes reads it. Kept for `presence_kept`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/availability.hpp"
#include "storage/store.hpp"

namespace signalbox {

struct kept_presence {
  time_point at;
  presence status = presence::away;
  presence_reason reason = presence_reason::manual;
  bool operator==(const kept_presence&) const = default;
};
inline constexpr std::chrono::days presence_kept{90};

/// Notes in `into` how `user` stands from `now.at` on.
void put_presence(change_set& into, account_id account, user_id user, const kept_presence& now);
/// Erases in `into` what is older than `presence_kept`, but for the newest of it, which says how the kept time began; at most
/// `presences_dropped_max`, the rest another time.
void drop_old_presences(const store& from, change_set& into, account_id account, user_id user, time_point now);
/// Who has a history, still a user or not.
[[nodiscard]] std::vector<user_id> users_with_presences(const store& from, account_id account);
/// The range of keys of all that is older than `presence_kept`: of somebody who was deleted, it can go whole.
[[nodiscard]] std::pair<std::string, std::string> old_presences(account_id account, user_id user, time_point now);
/// How `user` stood right before a time; nothing when that isn't known.
[[nodiscard]] std::optional<kept_presence> presence_before(const store& from, account_id account, user_id user, time_point at);
/// Changes in [begin, end), oldest first, until `visit` returns false.
void for_each_presence(const store& from, account_id account, user_id user, time_point begin, time_point end,
                       const std::function<bool(const kept_presence&)>& visit);

inline constexpr std::size_t presences_dropped_max = 1'000;

}  // namespace signalbox
