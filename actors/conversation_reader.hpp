/// Conversations as readers see them: from the store, for reader threads, when what trails has been settled (prepare_read).
/// Everything here asks rules/ whether the reader may view it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/event.hpp"
#include "rules/refusal.hpp"
#include "storage/records.hpp"
#include "storage/store.hpp"

namespace signalbox {

struct list_wanted {
  std::vector<inbox_id> inboxes;  ///< those that the reader may view, of those asked for
  std::optional<conversation_status> status;
  std::optional<user_id> assignee;
  std::optional<channel_id> channel;
  std::vector<contact_id> contacts;  ///< any of them; empty: whoever
  bool unassigned = false, waiting = false, spam = false, deleted = false;
  std::size_t limit = 50;
  std::string after;  ///< `next` of the page before
};
struct list_page {
  std::vector<conversation> items;  ///< newest activity first
  std::optional<std::string> next;
};
/// `invalid` for a cursor that isn't one of this list's.
[[nodiscard]] outcome<list_page> list_conversations(const store& disk, account_id account, const list_wanted& wanted);

[[nodiscard]] std::optional<conversation> read_conversation(const store& disk, account_id account, conversation_id which);

struct kept_event {
  event what;
  std::shared_ptr<const std::string> bytes;
};
/// History entries after `after_seq`, oldest first, at most `limit`; outgoing messages with their newest status.
[[nodiscard]] std::vector<kept_event> read_history(const store& disk, account_id account, conversation_id which,
                                                   std::uint64_t after_seq, std::size_t limit);

struct kept_decision {
  time_point at{};
  assignment_reason reason{};
  decision why;
};
/// Every automatic decision about a conversation, oldest first.
[[nodiscard]] std::vector<kept_decision> read_decisions(const store& disk, account_id account, conversation_id which);

}  // namespace signalbox
