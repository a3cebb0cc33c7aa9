/// Which of a connector's message ids were seen: exactly-once for one channel.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "actors/recent_ids.hpp"
#include "storage/keys.hpp"
#include "storage/settling.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// Recent ids are in memory, durable or on their way there; older ones in the store's index by week. Owned by one CHANNEL. Two ids
/// of the same 128-bit hash count as the same: by chance that doesn't happen, and on purpose it harms one's own channel only.
class seen_ids {
public:
  seen_ids(const store& disk, account_id account, channel_id channel) : disk_(disk), account_(account), channel_(channel) {}

  /// Looks which buckets of the index hold ids of this channel.
  void load(time_point now, std::chrono::hours retention);

  /// Of each id the message that it was given to before; nothing: it is new. Reads the store once for all that aren't in memory.
  /// Valid until the next call.
  [[nodiscard]] std::span<const std::optional<message_id>> find(std::span<const keys::external_hash> all);
  /// One that `find` didn't know. Gives the message that it was given to since then, and adds nothing if there is one.
  std::optional<message_id> add(const keys::external_hash& hash, message_id message, time_point at);
  /// Takes back what `add` added: its message isn't kept.
  void forget(const keys::external_hash& hash);

  /// The messages of the next `count` ids are durable. Only then may the index name them: after a crash an id that it knows is a
  /// duplicate, and its message must be there.
  void mark_durable(std::size_t count) { durable_ += count; }
  /// A round of settling: all durable ids that the index doesn't have yet, nearly in the order of their keys. Gives their number.
  std::size_t begin_round();
  /// Writes the next of them, at most `limit`; call `settled` when that is durable, and before the next piece.
  std::size_t settle(change_set& into, std::size_t limit);
  /// At the end of a round forgets the oldest settled ones beyond `keep`.
  void settled(std::size_t keep);
  [[nodiscard]] std::size_t in_memory() const { return order_.size() - forgotten_; }

private:
  const store& disk_;
  account_id account_;
  channel_id channel_;
  recent_ids recent_;
  std::vector<keys::external_hash>
      order_;  ///< behind the first `forgotten_`: of `recent_`, oldest first, those at the end not settled
  std::size_t forgotten_ = 0;
  std::vector<unsettled_id> unsettled_;
  std::size_t durable_ = 0;                          ///< the first so many of `unsettled_`
  std::vector<unsettled_id> round_;                  ///< the first so many of `unsettled_`, nearly in their keys' order
  std::size_t written_ = 0;                          ///< the first so many of `round_`, durably
  std::size_t settling_ = 0;                         ///< the next so many, on their way
  std::set<std::uint32_t, std::greater<>> buckets_;  ///< of the index that may hold ids of this channel, newest first
  std::vector<std::optional<message_id>> found_;
  std::vector<std::size_t> asked_;       ///< places in `found_` of what the store is asked for
  std::vector<std::string> asked_keys_;  ///< kept for their room
};

}  // namespace signalbox
