#include "rules/waiting.hpp"

#include <chrono>
#include <tuple>

namespace signalbox {
namespace {

constexpr double newest_share = 0.2;  ///< of the smoothed time: about the last ten moves count

time_point turn_of(const waiting_queue::waiter& who) { return who.since - head_start(who.priority); }

}  // namespace

milliseconds head_start(priority of) {
  using namespace std::chrono_literals;
  switch (of) {
    case priority::low:
      return -30min;
    case priority::normal:
      return 0min;
    case priority::high:
      return 30min;
    case priority::urgent:
      return 4h;
  }
  return 0min;
}

bool waiting_queue::waiter::operator<(const waiter& other) const {
  return std::tuple{turn_of(*this), conversation} < std::tuple{turn_of(other), other.conversation};
}

bool waiting_queue::add(const waiter& who) {
  if (!by_conversation_.emplace(who.conversation, who).second) return false;
  by_channel_[who.channel].insert(who);
  return true;
}

bool waiting_queue::remove(conversation_id conversation) {
  const auto found = by_conversation_.find(conversation);
  if (found == by_conversation_.end()) return false;
  const auto channel = by_channel_.find(found->second.channel);
  channel->second.erase(found->second);
  if (channel->second.empty()) by_channel_.erase(channel);
  by_conversation_.erase(found);
  return true;
}

bool waiting_queue::set_priority(conversation_id conversation, priority to) {
  const auto found = by_conversation_.find(conversation);
  if (found == by_conversation_.end()) return false;
  auto& line = by_channel_.at(found->second.channel);
  line.erase(found->second);
  found->second.priority = to;
  line.insert(found->second);
  return true;
}

std::optional<waiting_queue::waiter> waiting_queue::first(channel_id channel) const {
  const auto found = by_channel_.find(channel);
  if (found == by_channel_.end()) return std::nullopt;
  return *found->second.begin();
}

std::optional<waiting_queue::waiter> waiting_queue::first() const {
  std::optional<waiter> first;
  for (const auto& [channel, waiters] : by_channel_)
    if (!first || *waiters.begin() < *first) first = *waiters.begin();
  return first;
}

bool waiting_queue::contains(conversation_id conversation) const { return by_conversation_.contains(conversation); }

std::optional<waiting_queue::waiter> waiting_queue::find(conversation_id conversation) const {
  const auto found = by_conversation_.find(conversation);
  return found == by_conversation_.end() ? std::nullopt : std::optional{found->second};
}

std::vector<conversation_id> waiting_queue::of_channel(channel_id channel) const {
  std::vector<conversation_id> all;
  if (const auto found = by_channel_.find(channel); found != by_channel_.end())
    for (const auto& one : found->second) all.push_back(one.conversation);
  return all;
}

std::optional<std::size_t> waiting_queue::ahead_of(conversation_id conversation) const {
  const auto found = by_conversation_.find(conversation);
  if (found == by_conversation_.end()) return std::nullopt;
  return by_channel_.at(found->second.channel).order_of_key(found->second);
}

void wait_estimate::taken(time_point now, std::size_t count) {
  if (count == 0) return;
  if (last_ == now) {
    count_ += count;
  } else {
    before_ms_ = between_ms_;
    interval_.reset();
    if (last_ && now > *last_) interval_ = now - *last_;
    count_ = count;
    last_ = now;
  }
  if (!interval_) return;
  const auto each = static_cast<double>(interval_->count()) / static_cast<double>(count_);
  between_ms_ = before_ms_ ? *before_ms_ + newest_share * (each - *before_ms_) : each;
}

std::optional<milliseconds> wait_estimate::of(std::size_t ahead) const {
  if (!between_ms_) return std::nullopt;
  return milliseconds{static_cast<std::int64_t>(*between_ms_ * static_cast<double>(ahead + 1))};
}

}  // namespace signalbox
