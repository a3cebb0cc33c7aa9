#include "rules/waiting.hpp"

namespace signalbox {

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

std::optional<waiting_queue::waiter> waiting_queue::oldest(channel_id channel) const {
  const auto found = by_channel_.find(channel);
  if (found == by_channel_.end()) return std::nullopt;
  return *found->second.begin();
}

std::optional<waiting_queue::waiter> waiting_queue::oldest() const {
  std::optional<waiter> first;
  for (const auto& [channel, waiters] : by_channel_)
    if (!first || *waiters.begin() < *first) first = *waiters.begin();
  return first;
}

bool waiting_queue::contains(conversation_id conversation) const { return by_conversation_.contains(conversation); }

}  // namespace signalbox
