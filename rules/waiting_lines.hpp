/// S55, S58: an INBOX's waiting conversations, those that anybody of their channel's rule may have and those that wait for their
/// contact's owner alone. Nobody in one line is held up by the first of another.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "rules/waiting.hpp"

namespace signalbox {

/// Owned by one INBOX. A conversation waits in one line at most; its age survives a change of line.
class waiting_lines {
public:
  using waiter = waiting_queue::waiter;

  /// False if it waited already, in whichever line (there it stays, with its age).
  bool add(const waiter& who, std::optional<user_id> owner = std::nullopt);
  /// False if it didn't wait.
  bool remove(conversation_id conversation);
  /// Puts it into another line, with its age. Does nothing when it doesn't wait.
  void move(conversation_id conversation, std::optional<user_id> owner);
  bool set_priority(conversation_id conversation, priority to);

  /// The first of those that anybody of one channel's rule may have.
  [[nodiscard]] std::optional<waiter> first(channel_id channel) const { return anybody_.first(channel); }
  /// The first of one channel that wait for one owner.
  [[nodiscard]] std::optional<waiter> first_for(user_id owner, channel_id channel) const;
  /// For whom it waits alone; nothing for anybody, and when it doesn't wait.
  [[nodiscard]] std::optional<user_id> owner_of(conversation_id conversation) const;
  /// Owners for whom somebody waits, ordered by id.
  [[nodiscard]] std::vector<user_id> owners() const;
  [[nodiscard]] bool waits_for(user_id owner) const { return for_owner_.contains(owner); }
  [[nodiscard]] bool contains(conversation_id conversation) const;
  [[nodiscard]] std::optional<waiter> find(conversation_id conversation) const;
  [[nodiscard]] std::size_t size() const { return anybody_.size() + owner_by_conversation_.size(); }
  /// How many come before it: of its channel, or of those that wait for the same owner on its channel.
  [[nodiscard]] std::optional<std::size_t> ahead_of(conversation_id conversation) const;
  /// All of one channel that wait for anybody.
  [[nodiscard]] std::vector<conversation_id> of_channel(channel_id channel) const { return anybody_.of_channel(channel); }

private:
  waiting_queue anybody_;
  std::map<user_id, waiting_queue> for_owner_;  ///< none is empty
  std::unordered_map<conversation_id, user_id> owner_by_conversation_;
};

}  // namespace signalbox
