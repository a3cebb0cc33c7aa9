/// A conversation as a value, and what may be done to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "rules/access.hpp"
#include "rules/account.hpp"
#include "rules/ticket.hpp"

namespace signalbox {

enum class conversation_status { open, closed };  // A38
using assignee = std::variant<std::monostate, user_id, team_id>;

struct conversation {
  conversation_id id;
  inbox_id inbox;
  channel_id channel;
  contact_id contact;
  std::string contact_address;  ///< the channel's own id of the contact (`from.id`): where replies go
  std::string thread;           ///< the connector's own name for it
  std::string subject;          ///< empty: none
  conversation_status status = conversation_status::open;
  signalbox::assignee assignee;
  bool automatic = false;  ///< assigned by the rule
  std::optional<time_point> assigned_at;
  time_point created_at{};
  std::optional<time_point> closed_at;  ///< only while closed
  time_point last_message_at{};
  std::optional<time_point> waiting_since;  ///< waits for an agent (S58)
  signalbox::priority priority = priority::normal;
  std::optional<time_point> accept_by;  ///< assigned by a rule that asks for acceptance, and not accepted yet
  std::optional<ticket_id> ticket;
  bool spam = false;
  channel_type type = channel_type::custom;  ///< its channel's, which may be deleted before it
  std::optional<time_point> deleted_at;      ///< can be restored for 30 days (A44)
  version_number version = 1;
  std::uint64_t next_seq = 1;  ///< of its history
  bool operator==(const conversation&) const = default;
  [[nodiscard]] std::optional<user_id> assigned_user() const {
    const auto* who = std::get_if<user_id>(&assignee);
    return who ? std::optional{*who} : std::nullopt;
  }
  /// On whose capacity it counts (A33).
  [[nodiscard]] std::optional<user_id> held_by() const {
    return status == conversation_status::open && !deleted_at ? assigned_user() : std::nullopt;
  }
};

enum class message_direction { in, out };
enum class message_status { received, accepted, sent, delivered, read, failed };

/// Whether a connector's word moves the status: `accepted` → `sent` → `delivered` → `read`, never back; `failed` from
/// anywhere before `delivered`.
[[nodiscard]] bool advances(message_status from, message_status to);

enum class event_kind {
  message = 1,  ///< in or out
  comment = 2,
  assignment = 3,
  status = 4,
  move = 5,
  message_status = 6,  ///< agents' feeds only
  waiting = 7,         ///< agents' feeds only
  availability = 8,    ///< agents' feeds only
  update = 9,          ///< agents' feeds only: conversation.updated
  purged = 10,         ///< what is left of an event whose conversation went for good: shown to nobody
  configuration = 11,  ///< the log only, as the two below: webhooks and the pull interface tell of it
  contact = 12,
  ticket = 13,
};

/// Why an assignment changed: `reason` of an assignment entry and of `assignment.created`/`withdrawn`.
enum class assignment_reason {
  rule,          ///< chosen when it arrived
  queue,         ///< it waited, and somebody became free
  reopened,      ///< the contact wrote again (A39)
  by_hand,       ///< a user assigned it (A36)
  replied,       ///< A35
  no_ack,        ///< not acknowledged in time
  unassigned,    ///< a user took it away (A37)
  declined,      ///< the agent it was offered to said no
  not_accepted,  ///< nor yes in time
  moved,         ///< to an inbox where its assignee may not act (A41)
  deleted,       ///< its assignee was
  access_lost,   ///< its assignee doesn't work its inbox any more (S9)
};

// What a user may ask of a conversation. `body` is a JSON object's members without braces, checked by the edge
// (`"text":"…","html":"…"`), stored and shown as it is. `at`: when it was written, where the edge has said so already; otherwise
// the inbox says.
struct reply_to_contact {
  message_id message;
  std::string body;
  std::optional<time_point> at{};
};
struct add_comment {
  message_id message;
  std::string body;
  std::vector<user_id> mentions;
  std::optional<time_point> at{};
};
struct assign {
  signalbox::assignee to;
};
struct unassign {};
struct set_status {
  conversation_status status;
};
struct remove_conversation {};
struct restore_conversation {};
struct set_priority {
  signalbox::priority to = priority::normal;
};
/// A45, by hand: what a filter should have kept apart, or shouldn't have. Spam is nobody's (A49–A51); one that isn't any more is
/// given to somebody by its channel's rule.
struct mark_spam {
  bool on = true;
};
/// The assignee's word on what they were offered.
struct accept_offer {};
struct decline_offer {};
struct report_typing {};
/// A41: to another inbox, with its ticket. Its channel stays where it is.
struct move_conversation {
  inbox_id to;
};
/// S3. `conflict` when the conversation has a ticket already.
struct open_ticket {
  ticket_fields fields;
};
/// Also of a deleted conversation: its ticket stays. What its fields and version say against it the inbox looks at, which has the
/// ticket.
struct change_ticket {
  ticket_id which;
  ticket_fields fields;
  std::optional<version_number> if_match;
};
using conversation_command = std::variant<reply_to_contact, add_comment, assign, unassign, set_status, remove_conversation,
                                          restore_conversation, set_priority, mark_spam, accept_offer, decline_offer,
                                          report_typing, open_ticket, change_ticket, move_conversation>;

/// Whether `who` may do it to `of` now: S14, S19–S21, S78, and that users and teams named exist and may take it. `in` is the
/// conversation's inbox, `over` its channel. Nothing: go ahead.
[[nodiscard]] std::optional<refusal> refuse_command(const account_config& config, const user& who, const conversation& of,
                                                    const conversation_command& command, time_point now);

/// Whether it would be as it is now by that: then nothing is recorded, and nobody is told. @pre it isn't refused
[[nodiscard]] bool changes_nothing(const conversation& of, const conversation_command& command);

/// What came of a command.
struct carried_out {
  conversation now;
  std::optional<message_id> message;  ///< what a reply or a comment wrote, the first one's when it is the same command again
};

/// Whether it would be open again by that (A23, A38). A thread has one open conversation: one that was deleted, and whose thread went on
/// in a newer one, can be restored, but closed, and stays that.
[[nodiscard]] bool reopens(const conversation& of, const conversation_command& command);

/// A41: whether a conversation that is moved to `to` stays with whom it is: an active user who may act there, or a team with one.
[[nodiscard]] bool keeps_assignee(const account_config& config, const inbox& to, const assignee& who);

/// Whether a user's open conversations in an inbox are somebody else's now: they were deleted, or don't work it (S9). Who is only deactivated keeps
/// theirs (S62, A32); those of a deleted inbox go with it.
[[nodiscard]] bool leaves_theirs(const account_config& config, user_id who, inbox_id in);

/// Whether it is open and with a team that was deleted, or a user who leaves theirs: nobody will answer.
[[nodiscard]] bool is_orphan(const account_config& config, const conversation& of);

/// May see it at all (S12, S13); deleted ones only in the view `deleted`.
[[nodiscard]] bool may_view(const account_config& config, const user& who, inbox_id in);

[[nodiscard]] std::string_view to_text(conversation_status of);
[[nodiscard]] std::string_view to_text(message_direction of);
[[nodiscard]] std::string_view to_text(message_status of);
[[nodiscard]] std::string_view to_text(assignment_reason of);
[[nodiscard]] std::optional<conversation_status> parse_conversation_status(std::string_view text);
[[nodiscard]] std::optional<message_status> parse_delivery_status(std::string_view text);  ///< sent, delivered, read, failed

}  // namespace signalbox
