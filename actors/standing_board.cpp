#include "actors/standing_board.hpp"

namespace signalbox {

std::vector<inbox_actor> standing_board::say(const agent_standing& now, bool by_time) {
  std::vector<inbox_actor> woken;
  const std::lock_guard lock{mutex_};
  auto& mine = places_[now.user];
  const bool wakes = mine.version == 0 || gained(mine.said.now, now);
  if (mine.version == 0)
    mine.turn = by_version_.insert(by_version_.end(), &mine);
  else
    by_version_.splice(by_version_.end(), by_version_, mine.turn);
  mine.said = {now, by_time};
  mine.version = version_.load(std::memory_order_relaxed) + 1;
  version_.store(mine.version, std::memory_order_release);
  if (!wakes) return woken;

  const auto wake = [&](auto sleeper) {
    woken.push_back(std::move(sleeper->second));
    return asleep_.erase(sleeper);
  };
  // Through the fewer of the two: inboxes with somebody waiting, inboxes that this agent serves.
  if (asleep_.size() <= mine.listeners.size()) {
    for (auto at = asleep_.begin(); at != asleep_.end();) at = mine.listeners.contains(at->first) ? wake(at) : std::next(at);
  } else {
    for (const auto inbox : mine.listeners)
      if (const auto at = asleep_.find(inbox); at != asleep_.end()) wake(at);
  }
  return woken;
}

std::optional<agent_standing> standing_board::listen(inbox_id inbox, user_id to) {
  const std::lock_guard lock{mutex_};
  auto& theirs = places_[to];
  theirs.listeners.insert(inbox);
  return theirs.version == 0 ? std::nullopt : std::optional{theirs.said.now};
}

void standing_board::ignore(inbox_id inbox, user_id who) {
  const std::lock_guard lock{mutex_};
  if (const auto found = places_.find(who); found != places_.end()) found->second.listeners.erase(inbox);
}

void standing_board::read(std::uint64_t& seen, const std::unordered_set<user_id>& of, std::vector<statement>& into) const {
  into.clear();
  if (version_.load(std::memory_order_acquire) == seen) return;
  const std::lock_guard lock{mutex_};
  std::size_t looked_at = 0;
  auto at = by_version_.rbegin();
  for (; at != by_version_.rend() && (*at)->version > seen && looked_at <= of.size(); ++at, ++looked_at)
    if (of.contains((*at)->said.now.user)) into.push_back((*at)->said);
  if (at != by_version_.rend() && (*at)->version > seen) {
    // More have spoken than it listens to: those it listens to are fewer.
    into.clear();
    for (const auto who : of)
      if (const auto found = places_.find(who); found != places_.end() && found->second.version > seen)
        into.push_back(found->second.said);
  }
  seen = version_.load(std::memory_order_relaxed);
}

bool standing_board::sleep(inbox_id inbox, const inbox_actor& who, std::uint64_t seen) {
  const std::lock_guard lock{mutex_};
  if (version_.load(std::memory_order_relaxed) != seen) return false;
  asleep_.insert_or_assign(inbox, who);
  return true;
}

}  // namespace signalbox
