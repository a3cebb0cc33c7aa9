/// Values on disk: protobuf wire format written with protozero, so that fields can be added and unknown ones are skipped
/// (docs/storage-format.md lists every tag; a tag is never used twice). Decoding throws corrupt_record.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "rules/account.hpp"
#include "rules/assignment.hpp"
#include "rules/audit.hpp"
#include "rules/availability.hpp"
#include "rules/contact.hpp"
#include "rules/conversation.hpp"
#include "rules/event.hpp"
#include "rules/notice.hpp"
#include "rules/ticket.hpp"
#include "rules/view.hpp"
#include "rules/webhook_delivery.hpp"

namespace signalbox {

class corrupt_record : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

// Each `encode` appends to `out`. Each `decode_…` gives views into `bytes` where the value has views.
void encode(std::string& out, const event& value);
[[nodiscard]] event decode_event(std::string_view bytes);
/// Whose event it is, without reading the rest.
[[nodiscard]] account_id account_of_event(std::string_view bytes);

/// What the conversation's record keeps beside the value itself.
struct stored_conversation {
  signalbox::conversation value;
  std::optional<time_point> indexed_activity;  ///< where the activity index has it now; nothing: not yet
  std::uint64_t logged_seq = 0;                ///< history up to here is in conversation_log
  std::optional<list_class> indexed_class;     ///< where it is counted; nothing: not yet, or by its activity entry
  std::optional<time_point> indexed_due;       ///< where it stands among those due to be purged; nothing: not there
};
void encode(std::string& out, const stored_conversation& value);
[[nodiscard]] stored_conversation decode_conversation(std::string_view bytes);

/// The value in the activity index: enough to filter a list without reading the conversation.
struct activity_entry {
  conversation_status status = conversation_status::open;
  signalbox::assignee assignee;
  channel_id channel;
  contact_id contact;
  bool waiting = false, spam = false, deleted = false;
};
[[nodiscard]] activity_entry activity_entry_of(const conversation& of);
[[nodiscard]] list_class class_of(const activity_entry& of);
void encode(std::string& out, const activity_entry& value);
[[nodiscard]] activity_entry decode_activity_entry(std::string_view bytes);

/// The value of keys::assigned.
struct assigned_entry {
  inbox_id inbox;
  bool automatic = false;
  std::uint64_t position = 0;  ///< of the assignment's event; 0 while its own commit decides it
  bool ack_wanted = false;     ///< lapses when the agent doesn't acknowledge it
  channel_type type = channel_type::custom;
};
void encode(std::string& out, const assigned_entry& value);
[[nodiscard]] assigned_entry decode_assigned_entry(std::string_view bytes);

void encode(std::string& out, const decision& value);
[[nodiscard]] decision decode_decision(std::string_view bytes);
/// The value of keys::ticket_entry: enough to filter a list without reading the ticket.
struct ticket_entry {
  pipeline_id pipeline;
  stage_id stage;
  std::optional<user_id> owner;
};
void encode(std::string& out, const ticket_entry& value);
[[nodiscard]] ticket_entry decode_ticket_entry(std::string_view bytes);
void encode(std::string& out, const ticket& value);
[[nodiscard]] ticket decode_ticket(std::string_view bytes);

void encode(std::string& out, const contact& value);
[[nodiscard]] contact decode_contact(std::string_view bytes);
void encode(std::string& out, const notice& value);
[[nodiscard]] notice decode_notice(std::string_view bytes);
void encode(std::string& out, const availability_state& value);
[[nodiscard]] availability_state decode_availability(std::string_view bytes);

void encode(std::string& out, const account& value);
void encode(std::string& out, const user& value);
void encode(std::string& out, const team& value);
void encode(std::string& out, const inbox& value);
void encode(std::string& out, const channel& value);
void encode(std::string& out, const token& value);
void encode(std::string& out, const outgoing_mail& value);
void encode(std::string& out, const pipeline& value);
[[nodiscard]] account decode_account(std::string_view bytes);
[[nodiscard]] user decode_user(std::string_view bytes);
[[nodiscard]] team decode_team(std::string_view bytes);
[[nodiscard]] inbox decode_inbox(std::string_view bytes);
[[nodiscard]] channel decode_channel(std::string_view bytes);
[[nodiscard]] token decode_token(std::string_view bytes);
[[nodiscard]] outgoing_mail decode_outgoing_mail(std::string_view bytes);
[[nodiscard]] pipeline decode_pipeline(std::string_view bytes);

void encode(std::string& out, const audit_entry& value);
[[nodiscard]] audit_entry decode_audit_entry(std::string_view bytes);

void encode(std::string& out, const webhook& value);
void encode(std::string& out, const webhook_delivery& value);
void encode(std::string& out, const webhook_progress& value);
[[nodiscard]] webhook decode_webhook(std::string_view bytes);
[[nodiscard]] webhook_delivery decode_webhook_delivery(std::string_view bytes);
[[nodiscard]] webhook_progress decode_webhook_progress(std::string_view bytes);

}  // namespace signalbox
