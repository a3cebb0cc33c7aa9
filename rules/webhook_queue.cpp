#include "rules/webhook_queue.hpp"

#include <algorithm>
#include <utility>

namespace signalbox {

void webhook_queue::restore(webhook_progress progress, std::vector<webhook_delivery> kept) {
  scanned_ = progress.cursor;
  progress_ = std::move(progress);
  for (auto& one : kept) {
    if (one.state == webhook_delivery_state::dead) {
      dead_.emplace(one.place, std::move(one));
    } else {
      insert(std::move(one), false);
    }
  }
}

std::size_t webhook_queue::room() const {
  if (fresh_.size() >= within_.window || kept() >= within_.kept) return 0;
  return within_.window - fresh_.size();
}

void webhook_queue::insert(webhook_delivery what, bool fresh) {
  const auto place = what.place;
  lines_[what.line()].insert(place);
  if (fresh) fresh_.insert(place);
  items_.insert_or_assign(place, item{std::move(what)});
}

void webhook_queue::remove(std::uint64_t place) {
  const auto found = items_.find(place);
  if (found == items_.end()) return;
  if (found->second.attempt != 0) {
    --on_their_way_;
    busy_.erase(found->second.what.line());
  }
  const auto line = lines_.find(found->second.what.line());
  line->second.erase(place);
  if (line->second.empty()) lines_.erase(line);
  if (fresh_.erase(place) == 0) changed_.insert(place);
  items_.erase(found);
  dirty_ = true;
}

void webhook_queue::keep(item& one) {
  fresh_.erase(one.what.place);
  changed_.insert(one.what.place);
  dirty_ = true;
}

void webhook_queue::keep_those_behind(std::uint64_t line) {
  const auto behind = lines_.find(line);
  if (behind == lines_.end()) return;
  for (const auto place : behind->second)
    if (fresh_.contains(place) && kept() < within_.kept) keep(items_.at(place));
}

void webhook_queue::add(std::uint64_t place, happening what, conversation_id conversation, std::uint64_t about) {
  if (knows(place)) return scanned_to(place);
  webhook_delivery one;
  one.place = place;
  one.what = what;
  one.conversation = conversation;
  one.about = about;
  const auto line = lines_.find(one.line());
  const bool held_back = line != lines_.end() && !fresh_.contains(*line->second.begin());
  insert(std::move(one), true);
  if (held_back && kept() < within_.kept) keep(items_.at(place));
  scanned_to(place);
}

void webhook_queue::scanned_to(std::uint64_t place) {
  if (place <= scanned_) return;
  scanned_ = place;
  dirty_ = true;
}

std::vector<webhook_queue::start> webhook_queue::take_due(time_point now) {
  std::vector<start> due;
  if (on_their_way_ >= within_.at_once) return due;
  std::vector<std::uint64_t> ready;
  for (const auto& [of, line] : lines_) {
    const auto& first = items_.at(*line.begin());
    if (!busy_.contains(of) && (!first.what.next_at || *first.what.next_at <= now)) ready.push_back(first.what.place);
  }
  std::sort(ready.begin(), ready.end());
  for (const auto place : ready) {
    if (on_their_way_ >= within_.at_once) break;
    auto& one = items_.at(place);
    one.attempt = ++last_attempt_;
    ++on_their_way_;
    busy_.insert(one.what.line());
    due.push_back({place, one.attempt});
  }
  return due;
}

std::optional<webhook_queue::verdict> webhook_queue::done(const start& which, const webhook_answer& answer, time_point now,
                                                          milliseconds give_up_after, std::uint64_t chance) {
  const auto found = items_.find(which.place);
  if (found == items_.end() || found->second.attempt != which.attempt) return std::nullopt;
  auto& one = found->second;
  one.attempt = 0;
  --on_their_way_;
  busy_.erase(one.what.line());
  dirty_ = true;
  auto& what = one.what;
  ++what.attempts;
  if (!what.first_at) what.first_at = now;
  what.last_at = now;
  what.next_at.reset();
  what.http_status = answer.http_status;
  what.error = answer.error;
  if (answer.good()) {
    auto delivered = what;
    remove(which.place);
    delivered.state = webhook_delivery_state::delivered;
    progress_.recent.push_back(std::move(delivered));
    if (progress_.recent.size() > recent_deliveries_max) progress_.recent.erase(progress_.recent.begin());
    progress_.failing_since.reset();
    progress_.dead_in_a_row = 0;
    return verdict::delivered;
  }
  if (!progress_.failing_since) progress_.failing_since = now;
  what.next_at = next_attempt(what.attempts, *what.first_at, now, give_up_after, chance);
  if (what.next_at) {
    const auto line = what.line();
    keep(one);
    keep_those_behind(line);
    return verdict::again;
  }
  auto given_up = what;
  remove(which.place);
  ++progress_.dead_in_a_row;
  bury(std::move(given_up));
  return verdict::dead;
}

void webhook_queue::bury(webhook_delivery what) {
  what.state = webhook_delivery_state::dead;
  changed_.insert(what.place);
  const auto place = what.place;
  dead_.insert_or_assign(place, std::move(what));
  if (dead_.size() <= within_.dead) return;
  changed_.insert(dead_.begin()->first);
  dead_.erase(dead_.begin());
}

std::optional<time_point> webhook_queue::next_due() const {
  std::optional<time_point> next;
  for (const auto& [of, line] : lines_) {
    const auto& first = items_.at(*line.begin());
    if (busy_.contains(of) || !first.what.next_at) continue;
    if (!next || *first.what.next_at < *next) next = first.what.next_at;
  }
  return next;
}

std::optional<time_point> webhook_queue::failing_longest() const {
  std::optional<time_point> oldest;
  for (const auto& [place, one] : items_)
    if (one.what.first_at && (!oldest || *one.what.first_at < *oldest)) oldest = one.what.first_at;
  return oldest;
}

std::size_t webhook_queue::send_again(std::uint64_t place) {
  if (const auto found = dead_.find(place); found != dead_.end()) {
    auto one = std::move(found->second);
    dead_.erase(found);
    return send_again(place, one.what, one.conversation, one.about);
  }
  auto& one = items_.at(place);
  if (one.attempt != 0) return 1;
  one.what.next_at.reset();
  one.what.first_at.reset();
  one.what.attempts = 0;
  if (!fresh_.contains(place)) keep(one);
  return 1;
}

std::size_t webhook_queue::send_again(std::uint64_t place, happening what, conversation_id conversation, std::uint64_t about) {
  webhook_delivery one;
  one.place = place;
  one.what = what;
  one.conversation = conversation;
  one.about = about;
  insert(std::move(one), false);
  changed_.insert(place);
  dirty_ = true;
  return 1;
}

std::size_t webhook_queue::send_all_dead_again() {
  std::vector<std::uint64_t> all;
  for (const auto& [place, one] : dead_) all.push_back(place);
  for (const auto place : all) send_again(place);
  return all.size();
}

void webhook_queue::rewind(std::uint64_t place) {
  std::vector<std::uint64_t> later;
  for (auto at = items_.upper_bound(place); at != items_.end(); ++at) later.push_back(at->first);
  for (const auto one : later) remove(one);
  for (auto at = dead_.upper_bound(place); at != dead_.end(); at = dead_.erase(at)) changed_.insert(at->first);
  scanned_ = std::min(scanned_, place);
  dirty_ = true;
}

void webhook_queue::start_over() {
  for (auto& [place, one] : items_) {
    if (one.attempt != 0) continue;
    one.what.next_at.reset();
    one.what.first_at.reset();
    one.what.attempts = 0;
    if (!fresh_.contains(place)) changed_.insert(place);
  }
  progress_.failing_since.reset();
  progress_.dead_in_a_row = 0;
  dirty_ = true;
}

webhook_queue::changes webhook_queue::take_changes() {
  progress_.cursor = fresh_.empty() ? scanned_ : std::min(scanned_, *fresh_.begin() - 1);
  changes all{progress_, {}, {}};
  for (const auto place : changed_) {
    const auto pending = items_.find(place);
    const auto dead = dead_.find(place);
    if (pending != items_.end() && !fresh_.contains(place)) {
      all.put.push_back(pending->second.what);
    } else if (dead != dead_.end()) {
      all.put.push_back(dead->second);
    } else {
      all.erased.push_back(place);
    }
  }
  changed_.clear();
  dirty_ = false;
  return all;
}

}  // namespace signalbox
