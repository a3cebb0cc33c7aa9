/// Derived indexes trail the log: a message's event is written at once, its place in the conversation's history, the activity
/// list and the message-id index is written later, many at a time and in key order, which is several times cheaper
/// (docs/decisions). Until then the one actor that owns them knows them; after a crash the log's tail tells.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "storage/keys.hpp"
#include "storage/list_counts.hpp"
#include "storage/records.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// Writes what a conversation owes: its record, its history entries from `first_seq` on (one position each), its places in the
/// activity index and its class' list (the old ones, if any, go). Sets `of.indexed_activity`, `of.indexed_class` and `of.logged_seq`.
/// `counts.write` is the caller's, into the same change set.
void settle_conversation(change_set& into, account_id account, stored_conversation& of, std::uint64_t first_seq,
                         const std::vector<std::uint64_t>& positions, list_counter& counts);

/// Its due row as its value says, the one of before gone. Sets `of.indexed_due`; the record is the caller's.
void index_due(change_set& into, account_id account, stored_conversation& of);

/// Takes it out of its inbox's lists, and from among those due to be purged.
void unlist_conversation(change_set& into, account_id account, stored_conversation& of, list_counter& counts);

/// One message id that the index doesn't have yet. Of one account they are ordered as their keys are.
struct unsettled_id {
  std::uint32_t bucket;  ///< keys::id_bucket_of when it was received
  channel_id channel;
  keys::external_hash hash;
  message_id message;
  auto operator<=>(const unsettled_id&) const = default;
};
/// Cheap when the ids are in order.
void settle_message_ids(change_set& into, account_id account, std::span<const unsettled_id> ids);

/// Replays the log's tail after an unclean end: settles what was not, for every group, and moves the settled positions to the
/// heads. Run before anything else reads. Also does `keep_lists`, `keep_dues` and `keep_contact_audits`. Gives the number of events replayed. Idempotent: a crash within it is harmless.
std::uint64_t recover(store& from, const std::function<void(std::uint64_t done, std::uint64_t of)>& progress);

/// Reads one conversation as of the log: its record with the tail that isn't settled yet applied. For an actor that lost its
/// memory while the server went on.
[[nodiscard]] std::vector<std::pair<std::uint64_t, std::string>> unsettled_tail(const store& from, account_id account,
                                                                                inbox_id inbox);

}  // namespace signalbox
