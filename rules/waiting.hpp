/// S58: conversations that wait for an agent, oldest first, per channel.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>

#include "rules/ids.hpp"

namespace signalbox {

/// Owned by one INBOX. A conversation waits at most once; its age survives everything but being assigned or closed.
class waiting_queue {
public:
  struct waiter {
    time_point since;
    conversation_id conversation;
    channel_id channel;
    auto operator<=>(const waiter&) const = default;
  };

  /// False if it waited already (its age is kept).
  bool add(const waiter& who);
  /// False if it didn't wait.
  bool remove(conversation_id conversation);
  /// The longest waiting of one channel, or of all.
  [[nodiscard]] std::optional<waiter> oldest(channel_id channel) const;
  [[nodiscard]] std::optional<waiter> oldest() const;
  [[nodiscard]] bool contains(conversation_id conversation) const;
  [[nodiscard]] std::size_t size() const { return by_conversation_.size(); }

private:
  std::unordered_map<conversation_id, waiter> by_conversation_;
  std::unordered_map<channel_id, std::set<waiter>> by_channel_;
};

}  // namespace signalbox
