/// Keys, all binary and big-endian, documented in docs/storage-format.md. Account-owned ones begin with the account's slot and
/// id, so that another account's can't be reached by a wrong id.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/account.hpp"
#include "rules/contact.hpp"
#include "rules/conversation.hpp"
#include "rules/view.hpp"

namespace signalbox::keys {

inline constexpr std::uint16_t slots = 1024;
inline constexpr std::uint8_t groups = 16;

/// A stable hash of the account (documented with test vectors: it may never change).
[[nodiscard]] std::uint16_t slot_of(account_id account);
[[nodiscard]] constexpr std::uint8_t group_of_slot(std::uint16_t slot) { return static_cast<std::uint8_t>(slot % groups); }
[[nodiscard]] std::uint8_t group_of(account_id account);

void append_be16(std::string& out, std::uint16_t value);
void append_be32(std::string& out, std::uint32_t value);
void append_be64(std::string& out, std::uint64_t value);
void write_be64(char* to, std::uint64_t value);              ///< eight bytes
[[nodiscard]] std::uint64_t read_be64(std::string_view at);  ///< @pre at.size() >= 8

/// A key of those whose length is bounded, held in place: what is written with every message and conversation takes no memory of its own.
class short_key {
public:
  static constexpr std::size_t bytes_max = 40;

  // NOLINTNEXTLINE(google-explicit-constructor): a key is bytes
  operator std::string_view() const { return {bytes_.data(), size_}; }
  operator std::string() const { return std::string{bytes_.data(), size_}; }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] std::size_t size() const { return size_; }

  /// @pre there is room
  void append(char one) { bytes_[size_++] = one; }
  void append(std::uint16_t value);
  void append(std::uint64_t value);

private:
  std::array<char, bytes_max> bytes_;
  std::uint8_t size_ = 0;
};

/// What every account-owned key begins with: (slot, account).
inline constexpr std::size_t owner_bytes = 10;
struct owned_key {
  std::uint16_t slot;
  account_id account;
  std::string_view rest;  ///< into the key
};
/// Nothing for a key that is too short to be one.
[[nodiscard]] std::optional<owned_key> split_owned(std::string_view key);

// meta (the server's own)
[[nodiscard]] std::string format();                              ///< → be32
[[nodiscard]] std::string family_map();                          ///< → the families' names in order, a line each
[[nodiscard]] std::string commit_number();                       ///< → be64, put by every WriteBatch; rises by one a commit
[[nodiscard]] std::string settled_position(std::uint8_t group);  ///< → be64: up to here every derived index is written
[[nodiscard]] std::string last_id();              ///< → be64, not below any id given out; durable before such an id is
[[nodiscard]] std::string lists_kept();           ///< there are list rows and counts for all that is settled
[[nodiscard]] std::string dues_kept();            ///< there are due rows for all that is settled
[[nodiscard]] std::string contact_audits_kept();  ///< every contact's audit entries are found by it

// config: (slot, account, kind, id)
enum class config_kind : char {
  account = 'a',
  user = 'u',
  team = 't',
  inbox = 'i',
  channel = 'c',
  token = 'k',
  webhook = 'w',
  pipeline = 'p'
};
[[nodiscard]] std::string config(account_id account, config_kind kind, std::uint64_t id);
[[nodiscard]] std::string config_prefix(account_id account);

// state: (slot, account, kind, …)
[[nodiscard]] short_key conversation(account_id account, conversation_id id);                       // 'C'
[[nodiscard]] std::string thread(account_id account, channel_id channel, std::string_view thread);  // 'T' → be64 conversation
[[nodiscard]] short_key activity(account_id account, inbox_id inbox, time_point last, conversation_id id);  // 'A', newest first
[[nodiscard]] std::string activity_prefix(account_id account, inbox_id inbox);
[[nodiscard]] std::string activity_prefix(account_id account);
[[nodiscard]] short_key list_row(account_id account, inbox_id inbox, list_class in, time_point last,
                                 conversation_id id);  // 'E'
[[nodiscard]] std::string list_row_prefix(account_id account, inbox_id inbox, list_class in);
/// When a conversation is to be purged, earliest first.  'U'
[[nodiscard]] short_key due(account_id account, inbox_id inbox, time_point at, conversation_id id);
[[nodiscard]] std::string due_prefix(account_id account, inbox_id inbox);
/// An event that tells of a conversation and is not in its history; `order` is any id that rises.  'Z' → position
[[nodiscard]] short_key told_beside(account_id account, conversation_id id, std::uint64_t order);
[[nodiscard]] std::string told_beside_prefix(account_id account, conversation_id id);
/// What `writer`, an INBOX, counted into the inbox's lists.
[[nodiscard]] std::string list_counts(account_id account, inbox_id inbox, inbox_id writer);  // 'N'
[[nodiscard]] std::string list_counts_prefix(account_id account, inbox_id inbox);
[[nodiscard]] short_key assigned(account_id account, user_id user, conversation_id id);  // 'O' open ones
[[nodiscard]] std::string assigned_prefix(account_id account, user_id user);
[[nodiscard]] std::string assigned_prefix(account_id account);
/// A team that was deleted, and whose conversations may not all be unassigned yet.  'o'
[[nodiscard]] std::string orphaned_team(account_id account, team_id team);
[[nodiscard]] std::string orphaned_team_prefix(account_id account);
[[nodiscard]] short_key waiting(account_id account, inbox_id inbox, time_point since, conversation_id id);  // 'W'
[[nodiscard]] std::string waiting_prefix(account_id account, inbox_id inbox);
/// Why a conversation waits: `order` is any id that rises.  'D' → position
[[nodiscard]] short_key waiting_decision(account_id account, conversation_id id, std::uint64_t order);
[[nodiscard]] std::string waiting_decision_prefix(account_id account, conversation_id id);
[[nodiscard]] std::string contact(account_id account, contact_id id);  // 'K'
using signalbox::identity_kind;
/// `scope` is the channel for its own ids, 0 otherwise. 'I' → be64 contact
[[nodiscard]] std::string identity(account_id account, identity_kind kind, std::uint64_t scope, std::string_view value);
[[nodiscard]] std::string identity(account_id account, const contact_identity& of);
[[nodiscard]] std::string contact_prefix(account_id account);
[[nodiscard]] std::string owned_contact(account_id account, user_id owner, contact_id id);  // 'B' → nothing
[[nodiscard]] std::string owned_contact_prefix(account_id account, user_id owner);
[[nodiscard]] std::string offset(account_id account, channel_id channel, token_id connector);  // 'F' → its bytes
[[nodiscard]] std::string out_status(account_id account, message_id message);                  // 'M'
[[nodiscard]] std::string availability(account_id account, user_id user);                      // 'V'
[[nodiscard]] std::string acked(account_id account, user_id user);                             // 'Q' → be64, the agent's cursor
[[nodiscard]] std::string ticket(account_id account, ticket_id id);                            // 'X'
/// An inbox's tickets, newest first.  'Y'
[[nodiscard]] std::string ticket_entry(account_id account, inbox_id inbox, ticket_id id);
[[nodiscard]] std::string ticket_entries_prefix(account_id account, inbox_id inbox);
[[nodiscard]] std::string ticket_entries_prefix(account_id account);
/// Commands of one day, so that old days go as a range.  'R'
[[nodiscard]] std::string command_ref(account_id account, std::uint32_t day, user_id user, std::string_view ref);
[[nodiscard]] std::string command_ref_day_prefix(account_id account, std::uint32_t day);
[[nodiscard]] std::string audit(account_id account, std::uint64_t order);  // 'G'
[[nodiscard]] std::string audit_prefix(account_id account);
/// An audit entry of a contact.  'S'
[[nodiscard]] std::string contact_audit(account_id account, contact_id who, std::uint64_t order);
[[nodiscard]] std::string contact_audit_prefix(account_id account, contact_id who);
/// A mail of the server's own that is still to be sent. 'L'
[[nodiscard]] std::string mail(account_id account, std::uint64_t id);
[[nodiscard]] std::string mail_prefix(account_id account);

[[nodiscard]] std::string webhook_progress(account_id account, webhook_id id);  // 'H'
[[nodiscard]] std::string webhook_progress_prefix(account_id account);
/// What wasn't delivered at the first attempt, by place (rules/account_event.hpp).  'J'
[[nodiscard]] std::string webhook_delivery(account_id account, webhook_id id, std::uint64_t place);
[[nodiscard]] std::string webhook_delivery_prefix(account_id account, webhook_id id);

// events: (group, position)
[[nodiscard]] std::string event(std::uint8_t group, std::uint64_t position);

// feeds: (slot, account, kind, owner) + first position. A user's own feed, and an inbox's notices that all who may view it see.
[[nodiscard]] std::string feed(account_id account, user_id user);
[[nodiscard]] std::string notices(account_id account, inbox_id inbox);
/// A feed entry's value: its positions as varint differences, the first one absolute. Reading throws corrupt_record.
void append_positions(std::string& out, const std::vector<std::uint64_t>& ascending);
[[nodiscard]] std::vector<std::uint64_t> read_positions(std::string_view value);

// conversation_log: (slot, account, conversation, first seq) → first seq's position and the following ones
[[nodiscard]] short_key conversation_log(account_id account, conversation_id id, std::uint64_t first_seq);
[[nodiscard]] std::string conversation_log_prefix(account_id account, conversation_id id);

// message_ids: (slot, account, bucket, channel, hash) → be64 message
struct external_hash {
  std::uint64_t high, low;
  auto operator<=>(const external_hash&) const = default;
};
[[nodiscard]] external_hash hash_external_id(std::string_view external_id);  ///< XXH3, 128 bits
[[nodiscard]] std::string message_id(account_id account, std::uint32_t bucket, channel_id channel, external_hash hash);
/// Makes such a key that of another id of its bucket and channel.
void write_hash(std::string& message_id, external_hash hash);
[[nodiscard]] std::string message_id_bucket_prefix(account_id account, std::uint32_t bucket);
[[nodiscard]] std::uint32_t day_of(time_point at);  ///< days since 1970, UTC
/// Ids go by the week, so that retention drops whole ranges and a new id is looked for in a few: the first day of seven.
inline constexpr std::uint32_t id_bucket_days = 7;
[[nodiscard]] constexpr std::uint32_t id_bucket_of_day(std::uint32_t day) { return day - day % id_bucket_days; }
[[nodiscard]] std::uint32_t id_bucket_of(time_point at);

// outbox: (slot, account, channel, message) → be64 position of the reply's event
[[nodiscard]] std::string outbox(account_id account, channel_id channel, signalbox::message_id message);
[[nodiscard]] std::string outbox_prefix(account_id account, channel_id channel);

/// Notices wait in the outbox too, under channel 0: (slot, account, 0, conversation) → notice record
[[nodiscard]] std::string notice(account_id account, conversation_id about);
[[nodiscard]] std::string notice_prefix(account_id account);

/// The smallest key above all that begin with `prefix`: the `to` of a scan.
[[nodiscard]] std::string after_prefix(std::string_view prefix);

}  // namespace signalbox::keys
