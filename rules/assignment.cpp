#include "rules/assignment.hpp"

#include <algorithm>
#include <limits>

#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<decision_result, 3> results{{"assigned", "waiting", "unassigned"}};
constexpr words<owner_step, 8> owner_steps{
    {"chosen", "no_owner", "no_cookie", "not_assignable", "offline", "at_capacity", "passed_on", "closed"}};
constexpr words<owner_step, 8> owner_rules{{"S52", "S53", "S54", "S56", "S55", "A33", "A26", "A25"}};
constexpr words<tie_break, 5> tie_breaks{{"none", "fewest_open", "longest_idle", "next_in_turn", "chance"}};

std::vector<user_id> named_by(const account_config& config, const assignment_rule& rule) {
  if (!rule.enabled) return {};
  return members_of(config, rule.assign_to == assign_to::specific ? rule.candidates : rule.fallback);
}

}  // namespace

std::uint32_t agent_standing::room(channel_type type) const {
  constexpr auto unlimited = std::numeric_limits<std::uint32_t>::max();
  const auto left = [](std::optional<std::uint32_t> limit, std::uint32_t taken) {
    return limit ? *limit - std::min(*limit, taken) : unlimited;
  };
  const auto of = static_cast<std::size_t>(type);
  return std::min(left(capacity, open), left(capacity_by_type[of], open_of_type[of]));
}

bool gained(const agent_standing& before, const agent_standing& now) {
  if (before.status != presence::available && now.status == presence::available) return true;
  for (std::size_t i = 0; i < now.open_of_type.size(); ++i)
    if (const auto type = static_cast<channel_type>(i); before.at_capacity(type) && !now.at_capacity(type)) return true;
  return false;
}

std::string_view to_text(decision_result of) { return results.of(of); }
std::string_view to_text(owner_step of) { return owner_steps.of(of); }
std::string_view rule_of(owner_step of) { return owner_rules.of(of); }
std::string_view to_text(tie_break of) { return tie_breaks.of(of); }

void candidate_pool::configure(const account_config& config, const inbox& in, const channel& rule) {
  const auto named = named_by(config, rule.assignment);
  only_available_ = rule.assignment.only_available;
  queue_ = rule.assignment.queue;
  strategy_ = rule.assignment.strategy;
  channel_ = rule.id;
  type_ = rule.type;
  revision_ = config.revision;

  const auto before = std::move(entries_);
  entries_.clear();
  entries_.reserve(named.size());
  members_.clear();
  excluded_ = {};
  order_.reset(static_cast<std::uint32_t>(named.size()));
  auto old = before.begin();
  for (const auto id : named) {
    while (old != before.end() && old->standing.user < id) ++old;
    auto& now = entries_.emplace_back();
    if (old != before.end() && old->standing.user == id) now = *old;
    const auto* who = config.users.find(id);
    now.standing.user = id;
    if (!now.known && who) now.standing.limit_by(*who);
    now.by_config = excluded_from_automatic(who, in);
    now.excluded = exclusion_of(now);
    if (!now.by_config) members_.push_back(id);
    if (now.excluded)
      ++excluded_[static_cast<std::size_t>(*now.excluded)];
    else
      order_.include(static_cast<position>(entries_.size() - 1), {now.standing.open, now.standing.idle_since});
  }
}

std::optional<candidate_pool::position> candidate_pool::find(user_id user) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), user, [](const entry& e, user_id id) { return e.standing.user < id; });
  if (found == entries_.end() || found->standing.user != user) return std::nullopt;
  return static_cast<position>(found - entries_.begin());
}

std::optional<exclusion> candidate_pool::exclusion_of(const entry& of) const {
  if (of.skipped) return of.skipped;
  if (of.by_config) return of.by_config;
  if (closed()) return exclusion::business_hours;
  if (only_available_ && (!of.known || of.standing.status == presence::away)) return exclusion::away;
  if (of.standing.at_capacity(type_)) return exclusion::at_capacity;
  return std::nullopt;
}

/// Brings the order and the counts up to what the entry says now.
void candidate_pool::place(position at) {
  auto& now = entries_[at];
  const auto excluded = exclusion_of(now);
  if (now.excluded) --excluded_[static_cast<std::size_t>(*now.excluded)];
  if (excluded) ++excluded_[static_cast<std::size_t>(*excluded)];
  if (!excluded)
    order_.include(at, {now.standing.open, now.standing.idle_since});
  else if (!now.excluded)
    order_.leave_out(at);
  now.excluded = excluded;
}

void candidate_pool::count(position at, time_point now) {
  auto& chosen = entries_[at];
  if (chosen.counted++ == 0) chosen.idle_as_said = chosen.standing.idle_since;
  chosen.standing.add_open(type_);
  chosen.standing.idle_since = now;
  place(at);
}

bool candidate_pool::set_open(bool open) {
  if (open == open_) return false;
  open_ = open;
  for (position at = 0; at < entries_.size(); ++at) place(at);
  return true;
}

bool candidate_pool::update(const agent_standing& standing) {
  const auto at = find(standing.user);
  if (!at) return false;
  auto& now = entries_[*at];
  if (now.known && standing.epoch <= now.standing.epoch) return false;
  const bool was_eligible = !now.excluded;
  now.standing = standing;
  now.known = true;
  now.counted = 0;
  place(*at);
  return !was_eligible && !now.excluded;
}

candidate_pool::position candidate_pool::pick(std::uint64_t chance) {
  switch (strategy_) {
    case strategy::balanced:
      break;
    case strategy::random:
      return order_.nth(static_cast<std::uint32_t>(chance % order_.size()));
    case strategy::round_robin: {
      const auto after = std::upper_bound(entries_.begin(), entries_.end(), turn_,
                                          [](user_id id, const entry& e) { return id < e.standing.user; });
      const auto passed = order_.count_before(static_cast<position>(after - entries_.begin()));
      const auto next = order_.nth(passed < order_.size() ? passed : 0);
      turn_ = entries_[next].standing.user;
      return next;
    }
  }
  return order_.least();
}

std::optional<user_id> candidate_pool::choose(time_point now, std::uint64_t chance, std::span<const considered> skip,
                                              decision& why) {
  for (const auto& one : skip)
    if (const auto at = find(one.user); at && !entries_[*at].skipped) {
      entries_[*at].skipped = one.excluded.value_or(exclusion::refused_offer);
      place(*at);
    }

  std::optional<position> chosen;
  if (order_.size() > 0) chosen = pick(chance);
  why.at = now;
  why.chance = strategy_ == strategy::random ? chance : 0;
  explain(skip, chosen, why);

  for (const auto& one : skip)
    if (const auto at = find(one.user); at && entries_[*at].skipped) {
      entries_[*at].skipped.reset();
      place(*at);
    }
  if (!chosen) return std::nullopt;
  count(*chosen, now);
  return entries_[*chosen].standing.user;
}

void candidate_pool::explain(std::span<const considered> skip, std::optional<position> chosen, decision& why) const {
  why.config_revision = revision_;
  why.channel = channel_;
  why.strategy = strategy_;
  why.candidates = static_cast<std::uint32_t>(entries_.size());
  why.excluded.clear();
  for (std::size_t i = 0; i < exclusion_count; ++i)
    if (excluded_[i] > 0) why.excluded.emplace_hint(why.excluded.end(), static_cast<exclusion>(i), excluded_[i]);
  why.seen.clear();
  why.seen.reserve(std::min(decision_seen_max, entries_.size()));
  why.tie = tie_break::none;
  why.chosen.reset();
  why.result = queue_ && !entries_.empty() ? decision_result::waiting : decision_result::unassigned;

  const auto full = [&why] { return why.seen.size() == decision_seen_max; };
  const auto see = [&](position at) {
    const auto& one = entries_[at];
    why.seen.push_back({one.standing.user, one.standing.open, one.excluded});
  };
  const auto seen_already = [&why](user_id user) {
    return std::any_of(why.seen.begin(), why.seen.end(), [user](const considered& one) { return one.user == user; });
  };

  std::optional<position> runner_up;
  if (chosen) {
    why.result = decision_result::assigned;
    why.chosen = entries_[*chosen].standing.user;
    see(*chosen);
    if (order_.size() > 1) {
      runner_up = order_.least_beside(*chosen);
      switch (strategy_) {
        case strategy::round_robin:
          why.tie = tie_break::next_in_turn;
          break;
        case strategy::random:
          why.tie = tie_break::chance;
          break;
        case strategy::balanced: {
          const bool tied = order_.load_of(*chosen).open == order_.load_of(*runner_up).open;
          why.tie = tied ? tie_break::longest_idle : tie_break::fewest_open;
        }
      }
    }
  }
  for (const auto& one : skip) {
    if (full()) break;
    if (const auto at = find(one.user); at && !seen_already(one.user)) see(*at);
  }
  for (std::uint32_t rank = 0; rank < order_.left_out() && !full(); ++rank)
    if (const auto at = order_.nth_left_out(rank); !entries_[at].skipped) see(at);
  if (runner_up && !full()) see(*runner_up);
  for (std::uint32_t rank = 0; rank < order_.size() && !full(); ++rank)
    if (const auto at = order_.nth(rank); at != chosen && at != runner_up) see(at);
}

void candidate_pool::release(user_id user) {
  const auto at = find(user);
  if (!at || entries_[*at].counted == 0) return;
  auto& now = entries_[*at];
  now.standing.take_open(type_);
  if (--now.counted == 0) now.standing.idle_since = now.idle_as_said;
  place(*at);
}

bool candidate_pool::holds(user_id user) const { return find(user).has_value(); }

bool candidate_pool::eligible(user_id user) const {
  const auto at = find(user);
  return at && !entries_[*at].excluded;
}

void candidate_pool::take(user_id user, time_point now) {
  if (const auto at = find(user)) count(*at, now);
}

std::optional<user_id> choose_by_looking_at_all(std::span<const agent_standing> eligible, strategy by, user_id last_turn,
                                                std::uint64_t chance) {
  if (eligible.empty()) return std::nullopt;
  std::vector<agent_standing> all{eligible.begin(), eligible.end()};
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.user < b.user; });
  switch (by) {
    case strategy::balanced:
      break;
    case strategy::random:
      return all[chance % all.size()].user;
    case strategy::round_robin: {
      const auto next = std::find_if(all.begin(), all.end(), [last_turn](const auto& one) { return one.user > last_turn; });
      return next == all.end() ? all.front().user : next->user;
    }
  }
  const auto lighter = [](const auto& a, const auto& b) {
    return std::pair{a.open, a.idle_since} < std::pair{b.open, b.idle_since};
  };
  return std::min_element(all.begin(), all.end(), lighter)->user;
}

}  // namespace signalbox
