#include "rules/what_if.hpp"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "rules/hours.hpp"
#include "rules/owner_assignment.hpp"
#include "rules/waiting_lines.hpp"

namespace signalbox {
namespace {

/// A number for `random` that is the same whenever it is asked for (splitmix64).
std::uint64_t chance_of(conversation_id which) {
  auto x = which.value + 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

class replayed_channel {
public:
  replayed_channel(const account_config& config, channel_id which, const what_if_period& given, const time_zones* zones)
      : config_(config),
        channel_(*config.channels.find(which)),
        in_(*config.inboxes.find(channel_.inbox)),
        given_(given),
        zones_(zones) {
    pool_.configure(config_, in_, channel_);
    for (const auto one : pool_.members()) say(standing(one));
    placed_.reserve(given_.arrivals.size());
    for (std::size_t i = 0; i < given_.arrivals.size(); ++i) {
      const auto& one = given_.arrivals[i];
      placed_.push_back({one.conversation, one.at});
      index_of_.emplace(one.conversation, i);
    }
  }

  std::vector<placement> run() {
    look_at_hours(given_.from);
    auto change = given_.presences.begin();
    auto arrival = std::size_t{0};
    for (;;) {
      std::optional<time_point> next;
      const auto earlier = [&next](time_point at) { next = next ? std::min(*next, at) : at; };
      if (change != given_.presences.end()) earlier(std::max(change->at, given_.from));
      if (arrival < placed_.size()) earlier(placed_[arrival].at);
      if (!closings_.empty()) earlier(closings_.top().at);
      if (hours_change_) earlier(*hours_change_);
      if (!next || *next >= given_.to) break;
      const auto now = *next;
      for (; !closings_.empty() && closings_.top().at <= now; closings_.pop()) close(closings_.top().which);
      if (hours_change_ && *hours_change_ <= now) look_at_hours(now);
      for (; change != given_.presences.end() && change->at <= now; ++change) {
        auto& who = standing(change->user);
        who.status = change->status;
        say(who);
      }
      pass_queue(now);
      for (; arrival < placed_.size() && placed_[arrival].at <= now; ++arrival) {
        const auto& one = given_.arrivals[arrival];
        if (!one.held_for && one.closed_at) closings_.push({std::max(*one.closed_at, now), arrival});
        static_cast<void>(place(arrival, now));
      }
    }
    return std::move(placed_);
  }

private:
  struct closing {
    time_point at;
    std::size_t which;
    bool operator>(const closing& other) const { return std::pair{at, which} > std::pair{other.at, other.which}; }
  };

  agent_standing& standing(user_id of) {
    const auto [found, added] = standings_.try_emplace(of);
    if (added) {
      found->second.user = of;
      found->second.idle_since = given_.from;
      if (const auto* who = config_.users.find(of)) found->second.limit_by(*who);
    }
    return found->second;
  }

  void say(agent_standing& now) {
    ++now.epoch;
    pool_.update(now);
  }

  void look_at_hours(time_point now) {
    hours_change_.reset();
    if (!channel_.business_hours) return;
    const auto state = hours_at(*channel_.business_hours, zones_, now);
    pool_.set_open(state.within);
    hours_change_ = state.changes_at;
  }

  /// Gives it to somebody, or lets it wait where the rule says so. True if somebody has it.
  bool place(std::size_t which, time_point now) {
    const auto& arrival = given_.arrivals[which];
    const auto& rule = channel_.assignment;
    if (!rule.enabled) return false;
    if (rule.assign_to == assign_to::contact_owner) {
      auto verdict = consider_owner(config_, in_, arrival.contact, std::nullopt, std::nullopt, channel_.type, pool_.closed());
      if (verdict.next == owner_verdict::next_step::ask_owner) {
        const auto& owner = standing(*verdict.owner);
        if (may_take(owner, rule, channel_.type)) {
          give(which, owner.user, now);
          return true;
        }
        verdict = consider_owner(config_, in_, arrival.contact, std::nullopt, owner, channel_.type, pool_.closed());
      }
      if (verdict.next == owner_verdict::next_step::wait_for_owner) {
        waiting_.add({arrival.at, arrival.conversation, channel_.id, rule.priority}, verdict.owner);
        return false;
      }
    }
    decision why;
    if (const auto chosen = pool_.choose(now, chance_of(arrival.conversation), {}, why)) {
      give(which, *chosen, now);
      return true;
    }
    if (why.result == decision_result::waiting) waiting_.add({arrival.at, arrival.conversation, channel_.id, rule.priority});
    return false;
  }

  void give(std::size_t which, user_id to, time_point now) {
    auto& who = standing(to);
    who.add_open(channel_.type);
    who.idle_since = now;
    say(who);
    auto& one = placed_[which];
    one.user = to;
    one.waited = now - one.at;
    if (const auto held = given_.arrivals[which].held_for) closings_.push({now + *held, which});
  }

  void close(std::size_t which) {
    auto& one = placed_[which];
    one.until = closings_.top().at;
    waiting_.remove(one.conversation);
    if (!one.user) return;
    auto& who = standing(*one.user);
    who.take_open(channel_.type);
    say(who);
  }

  /// The one that has waited longest of all whom somebody could have now.
  std::optional<waiting_lines::waiter> next_waiter() {
    std::optional<waiting_lines::waiter> next;
    if (waiting_.size() == 0) return next;
    if (pool_.anyone_eligible()) next = waiting_.first(channel_.id);
    if (pool_.closed()) return next;
    for (const auto owner : waiting_.owners()) {
      if (!may_take(standing(owner), channel_.assignment, channel_.type)) continue;
      const auto first = waiting_.first_for(owner, channel_.id);
      if (first && (!next || *first < *next)) next = first;
    }
    return next;
  }

  void pass_queue(time_point now) {
    for (auto next = next_waiter(); next; next = next_waiter()) {
      waiting_.remove(next->conversation);
      if (!place(index_of_.at(next->conversation), now)) return;
    }
  }

  const account_config& config_;
  const channel& channel_;
  const inbox& in_;
  const what_if_period& given_;
  const time_zones* zones_;
  candidate_pool pool_;
  waiting_lines waiting_;
  std::unordered_map<user_id, agent_standing> standings_;
  std::unordered_map<conversation_id, std::size_t> index_of_;
  std::priority_queue<closing, std::vector<closing>, std::greater<>> closings_;
  std::optional<time_point> hours_change_;
  std::vector<placement> placed_;
};

/// The smallest value that at least so many percent of all don't exceed. @pre not empty
milliseconds percentile(const std::vector<milliseconds>& ascending, std::size_t percent) {
  return ascending[(ascending.size() * percent + 99) / 100 - 1];
}

}  // namespace

std::vector<placement> what_if(const account_config& config, channel_id which, const what_if_period& given,
                               const time_zones* zones) {
  return replayed_channel{config, which, given, zones}.run();
}

placement_figures figures_of(std::span<const placement> all, std::span<const user_id> named) {
  placement_figures out;
  for (const auto one : named) out.users.try_emplace(one);
  std::vector<milliseconds> waits;
  struct step {
    time_point at;
    int by;  ///< what ends at a moment is over before what begins then
    user_id user;
  };
  std::vector<step> steps;
  for (const auto& one : all) {
    if (!one.user) {
      ++out.unassigned;
      continue;
    }
    ++out.assigned;
    auto& share = out.users[*one.user];
    ++share.assigned;
    share.open_most = std::max(share.open_most, 1u);
    waits.push_back(one.waited);
    if (one.until && *one.until <= one.at + one.waited) continue;  // closed at once
    steps.push_back({one.at + one.waited, 1, *one.user});
    if (one.until) steps.push_back({*one.until, -1, *one.user});
  }
  std::sort(steps.begin(), steps.end(), [](const step& a, const step& b) {
    return std::pair{a.at, a.by} < std::pair{b.at, b.by};
  });
  std::map<user_id, std::uint32_t> open;
  for (const auto& one : steps) {
    auto& now = open[one.user];
    now += static_cast<std::uint32_t>(one.by);
    auto& most = out.users[one.user].open_most;
    most = std::max(most, now);
  }
  if (waits.empty()) return out;
  std::sort(waits.begin(), waits.end());
  out.wait_p50 = percentile(waits, 50);
  out.wait_p95 = percentile(waits, 95);
  out.wait_max = waits.back();
  return out;
}

std::optional<refusal> refuse_what_if_period(time_point from, time_point to, time_point now) {
  if (from >= to) return invalid_field("/to", "must be later than from");
  if (to > now) return invalid_field("/to", "lies in the future");
  if (to - from > what_if_period_max) return invalid_field("/to", "must be at most 31 days after from");
  if (from < now - what_if_reach) return invalid_field("/from", "must be at most 90 days ago");
  return std::nullopt;
}

}  // namespace signalbox
