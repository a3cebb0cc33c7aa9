#include "actors/agent_sessions.hpp"

#include <algorithm>
#include <utility>

namespace signalbox {

agent_sessions::session* agent_sessions::find(session_key key) {
  const auto found = all_.find(key);
  return found == all_.end() ? nullptr : &found->second;
}

bool agent_sessions::hand_over(session& to, std::vector<agent_event> events) {
  if (!events.empty() && events.front().cursor <= to.shown)  // it read them with its greeting
    std::erase_if(events, [&](const agent_event& one) { return one.cursor <= to.shown; });
  for (auto& one : events) {
    one.prev = to.cursor;
    to.cursor = one.cursor;
    to.shown = one.cursor;
  }
  return events.empty() || to.port->push(std::move(events));
}

std::size_t agent_sessions::push(std::vector<agent_event> events) {
  if (events.empty()) return 0;
  keep(events);
  const auto count = events.size();
  std::size_t handed = 0;
  for (auto at = all_.begin(); at != all_.end();) {
    const auto next = std::next(at);
    if (at->second.live) {
      handed += count;
      // The last one may have them; the others get copies.
      if (!hand_over(at->second, next == all_.end() ? std::exchange(events, {}) : events))
        all_.erase(at);  // too slow: it closes itself, and its client resumes
    }
    at = next;
  }
  return handed;
}

void agent_sessions::keep(const std::vector<agent_event>& events) {
  const bool wanted = std::any_of(all_.begin(), all_.end(), [](const auto& entry) { return !entry.second.live; });
  if (wanted && !ring_valid_) ring_after_ = newest_ > 0 ? newest_ : events.front().cursor - 1;
  if (!wanted) ring_.clear();
  ring_valid_ = wanted;
  newest_ = events.back().cursor;
  if (!wanted) return;
  ring_.insert(ring_.end(), events.begin(), events.end());
  while (ring_.size() > ring_events_max) {
    ring_after_ = ring_.front().cursor;
    ring_.pop_front();
  }
}

void agent_sessions::push_unordered(const agent_event& one) {
  std::erase_if(all_, [&](auto& entry) { return entry.second.live && !entry.second.port->push({one}); });
}

bool agent_sessions::page(session& to, std::vector<agent_event> events, std::uint64_t up_to, std::uint64_t head) {
  if (!hand_over(to, std::move(events))) {
    std::erase_if(all_, [&](const auto& entry) { return &entry.second == &to; });
    return true;
  }
  to.shown = std::max(to.shown, up_to);
  if (to.shown < to.goal || (to.shown < head && (!ring_valid_ || ring_after_ > to.shown))) return false;
  std::vector<agent_event> rest;
  for (const auto& one : ring_)
    if (one.cursor > to.shown) rest.push_back(one);
  to.live = true;
  if (!hand_over(to, std::move(rest))) std::erase_if(all_, [&](const auto& entry) { return &entry.second == &to; });
  return true;
}

void agent_sessions::close_if(const std::function<bool(const session&)>& unwanted, close_reason why) {
  std::erase_if(all_, [&](auto& entry) {
    if (!unwanted(entry.second)) return false;
    entry.second.port->close(why);
    return true;
  });
}

}  // namespace signalbox
