#include "rules/waiting_lines.hpp"

namespace signalbox {

bool waiting_lines::add(const waiter& who, std::optional<user_id> owner) {
  if (contains(who.conversation)) return false;
  if (!owner) return anybody_.add(who);
  owner_by_conversation_.emplace(who.conversation, *owner);
  return for_owner_[*owner].add(who);
}

bool waiting_lines::remove(conversation_id conversation) {
  const auto owner = owner_of(conversation);
  if (!owner) return anybody_.remove(conversation);
  const auto line = for_owner_.find(*owner);
  line->second.remove(conversation);
  if (line->second.size() == 0) for_owner_.erase(line);
  owner_by_conversation_.erase(conversation);
  return true;
}

void waiting_lines::move(conversation_id conversation, std::optional<user_id> owner) {
  const auto before = owner_of(conversation);
  if (before == owner) return;
  const auto who = find(conversation);
  if (!who) return;
  remove(conversation);
  add(*who, owner);
}

bool waiting_lines::set_priority(conversation_id conversation, priority to) {
  const auto owner = owner_of(conversation);
  return owner ? for_owner_.at(*owner).set_priority(conversation, to) : anybody_.set_priority(conversation, to);
}

std::optional<waiting_lines::waiter> waiting_lines::first_for(user_id owner, channel_id channel) const {
  const auto line = for_owner_.find(owner);
  return line == for_owner_.end() ? std::nullopt : line->second.first(channel);
}

std::optional<user_id> waiting_lines::owner_of(conversation_id conversation) const {
  const auto found = owner_by_conversation_.find(conversation);
  return found == owner_by_conversation_.end() ? std::nullopt : std::optional{found->second};
}

std::vector<user_id> waiting_lines::owners() const {
  std::vector<user_id> all;
  all.reserve(for_owner_.size());
  for (const auto& [owner, line] : for_owner_) all.push_back(owner);
  return all;
}

bool waiting_lines::contains(conversation_id conversation) const {
  return owner_by_conversation_.contains(conversation) || anybody_.contains(conversation);
}

std::optional<waiting_lines::waiter> waiting_lines::find(conversation_id conversation) const {
  const auto owner = owner_of(conversation);
  return owner ? for_owner_.at(*owner).find(conversation) : anybody_.find(conversation);
}

std::optional<std::size_t> waiting_lines::ahead_of(conversation_id conversation) const {
  const auto owner = owner_of(conversation);
  return owner ? for_owner_.at(*owner).ahead_of(conversation) : anybody_.ahead_of(conversation);
}

}  // namespace signalbox
