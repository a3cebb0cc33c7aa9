/// Which of a connector's message ids were seen: exactly-once for one channel.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/keys.hpp"
#include "storage/settling.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// Recent ids are in memory, durable or on their way there; older ones in the store's index by day. Owned by one CHANNEL. Two ids
/// of the same 128-bit hash count as the same: by chance that doesn't happen, and on purpose it harms one's own channel only.
class seen_ids {
public:
  seen_ids(const store& disk, account_id account, channel_id channel) : disk_(disk), account_(account), channel_(channel) {}

  /// Looks which days of the index hold ids of this channel.
  void load(time_point now, std::chrono::hours retention);

  /// The message that an id was given to before; nothing: it is new. Reads the store only for ids that aren't in memory.
  [[nodiscard]] std::optional<message_id> find(const keys::external_hash& hash) const;
  void add(const keys::external_hash& hash, message_id message, time_point at);
  /// Takes back what `add` added: its message isn't kept.
  void forget(const keys::external_hash& hash);

  /// The messages of the next `count` ids are durable. Only then may the index name them: after a crash an id that it knows is a
  /// duplicate, and its message must be there.
  void mark_durable(std::size_t count) { durable_ += count; }
  /// How many durable ids the index doesn't have yet.
  [[nodiscard]] std::size_t unsettled() const { return durable_; }
  /// Writes the oldest of them, at most `limit`; call `settled` when that is durable.
  std::size_t settle(change_set& into, std::size_t limit);
  /// Forgets the oldest settled ones beyond `keep`.
  void settled(std::size_t keep);

private:
  struct hash_of {
    std::size_t operator()(const keys::external_hash& of) const noexcept { return of.low; }
  };
  const store& disk_;
  account_id account_;
  channel_id channel_;
  std::unordered_map<keys::external_hash, message_id, hash_of> recent_;
  std::deque<keys::external_hash> order_;  ///< of `recent_`, oldest first; the last `unsettled_.size()` aren't settled
  std::deque<unsettled_id> unsettled_;
  std::size_t durable_ = 0;  ///< the first so many of `unsettled_`
  std::size_t settling_ = 0;
  std::set<std::uint32_t, std::greater<>> days_;  ///< of the index that may hold ids of this channel, newest first
};

}  // namespace signalbox
