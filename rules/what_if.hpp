/// What another rule would have done with what really came (section 4, replayed). Pure and deterministic: the same input gives the
/// same answer, `random` too. Candidates, queue and strategies are those that route.
///
/// What is taken for granted: a conversation stays with whoever gets it as long as it really stayed with whoever had it; agents come
/// and go as they did; users, teams, access and contacts' owners are those of `config`; everybody begins without conversations, and
/// those of other channels don't count; what is assigned is acknowledged, and a closed conversation isn't opened again.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "rules/assignment.hpp"
#include "rules/contact.hpp"
#include "rules/refusal.hpp"

namespace signalbox {

struct what_if_arrival {
  conversation_id conversation;
  time_point at;
  std::optional<milliseconds> held_for{};  ///< from being somebody's to being closed; absent: wasn't closed, or was nobody's
  std::optional<time_point> closed_at{};   ///< when it was nobody's
  contact_standing contact{};
};
struct presence_change {
  time_point at;
  user_id user;
  presence status = presence::away;
};
struct what_if_period {
  time_point from, to;
  std::vector<what_if_arrival> arrivals{};   ///< ordered by time, in [from, to)
  std::vector<presence_change> presences{};  ///< ordered by time, before `to`; those before `from` say how it begins
};

/// Who got a conversation. `user` absent: nobody, to the end of the period.
struct placement {
  conversation_id conversation;
  time_point at;  ///< when it came
  std::optional<user_id> user{};
  milliseconds waited{0};             ///< until `user` got it
  std::optional<time_point> until{};  ///< when it was closed, or went elsewhere; absent: after the period
  bool operator==(const placement&) const = default;
};

/// One for each arrival, in their order, under the rule that `config` has for `which`. @pre `config` holds the channel and its inbox
[[nodiscard]] std::vector<placement> what_if(const account_config& config, channel_id which, const what_if_period& given,
                                             const time_zones* zones);

struct user_share {
  std::uint32_t assigned = 0;
  std::uint32_t open_most = 0;  ///< the most at one time
  bool operator==(const user_share&) const = default;
};
struct placement_figures {
  std::uint32_t assigned = 0, unassigned = 0;
  std::optional<milliseconds> wait_p50{}, wait_p95{}, wait_max{};  ///< of the assigned ones; nothing when there are none
  std::map<user_id, user_share> users{};
  bool operator==(const placement_figures&) const = default;
};
/// `named`: users that are counted even if they got nothing.
[[nodiscard]] placement_figures figures_of(std::span<const placement> all, std::span<const user_id> named);

// Limits.
inline constexpr std::chrono::days what_if_period_max{31};
inline constexpr std::chrono::days what_if_reach{90};  ///< as long as presences are kept
inline constexpr std::size_t what_if_arrivals_max = 20'000;

/// Whether that period may be asked for: `invalid` names the end that is wrong.
[[nodiscard]] std::optional<refusal> refuse_what_if_period(time_point from, time_point to, time_point now);

}  // namespace signalbox
