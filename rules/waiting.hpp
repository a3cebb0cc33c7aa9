/// S58: conversations that wait for an agent, per channel: oldest first, with a head start by priority.
#pragma once

#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "rules/account.hpp"

namespace signalbox {

/// How much longer a conversation counts as having waited. As everything ages alike, one of low priority is overtaken by those
/// that come at most this much later, and never starves.
[[nodiscard]] milliseconds head_start(priority of);

/// Owned by one INBOX. A conversation waits at most once; its age survives everything but being assigned or closed.
class waiting_queue {
public:
  struct waiter {
    time_point since;
    conversation_id conversation;
    channel_id channel;
    signalbox::priority priority = priority::normal;
    bool operator==(const waiter&) const = default;
    /// Who comes first.
    bool operator<(const waiter& other) const;
  };

  /// False if it waited already (its age is kept).
  bool add(const waiter& who);
  /// False if it didn't wait.
  bool remove(conversation_id conversation);
  /// False if it doesn't wait. Its age is kept.
  bool set_priority(conversation_id conversation, priority to);
  /// The first of one channel, or of all.
  [[nodiscard]] std::optional<waiter> first(channel_id channel) const;
  [[nodiscard]] std::optional<waiter> first() const;
  [[nodiscard]] bool contains(conversation_id conversation) const;
  [[nodiscard]] std::optional<waiter> find(conversation_id conversation) const;
  /// All of one channel, in their order.
  [[nodiscard]] std::vector<conversation_id> of_channel(channel_id channel) const;
  [[nodiscard]] std::size_t size() const { return by_conversation_.size(); }
  /// How many of its channel come before it; nothing if it doesn't wait. O(log n).
  [[nodiscard]] std::optional<std::size_t> ahead_of(conversation_id conversation) const;

private:
  using line = __gnu_pbds::tree<waiter, __gnu_pbds::null_type, std::less<waiter>, __gnu_pbds::rb_tree_tag,
                                __gnu_pbds::tree_order_statistics_node_update>;
  std::unordered_map<conversation_id, waiter> by_conversation_;
  std::unordered_map<channel_id, line> by_channel_;
};

/// How long a place in one channel's queue lasts, from how often the queue moved lately.
class wait_estimate {
public:
  /// `count` conversations left the queue for an agent.
  void taken(time_point now, std::size_t count = 1);
  /// Nothing before the queue moved twice.
  [[nodiscard]] std::optional<milliseconds> of(std::size_t ahead) const;

private:
  // Several that leave in one moment are one move of that many.
  std::optional<time_point> last_;
  std::optional<milliseconds> interval_;  ///< between that moment and the one before
  std::size_t count_ = 0;                 ///< that left in that moment
  std::optional<double> before_ms_;       ///< `between_ms_` without that moment
  std::optional<double> between_ms_;      ///< smoothed time between two of them
};

/// Where a conversation stands in its channel's queue.
struct waiting_place {
  time_point since;
  signalbox::priority priority = priority::normal;
  std::size_t ahead = 0;
  std::optional<milliseconds> estimate;  ///< until somebody gets it, if the queue goes on moving as it did
  bool operator==(const waiting_place&) const = default;
};

}  // namespace signalbox
