/// What happened, as history and agents' feeds show it. One event has one position in its slot group's log, which is also the
/// cursor of every feed.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "rules/assignment.hpp"
#include "rules/conversation.hpp"
#include "rules/resource_change.hpp"
#include "rules/waiting.hpp"

namespace signalbox {

/// Views point into the record's bytes: whoever keeps an event keeps its owner (`agent_event::keep`).
struct event {
  event_kind kind{};
  std::uint64_t position = 0;  ///< set when read back or committed, not stored in the record
  account_id account;
  inbox_id inbox;
  channel_id channel;
  conversation_id conversation;       ///< 0 for `availability`, `configuration` and `contact`
  std::uint64_t seq = 0;              ///< in the conversation's history; 0: agents' feeds only
  time_point at{};                    ///< when the router took it in or did it
  std::optional<time_point> sent_at;  ///< the connector's own time
  message_id message;                 ///< message, comment, message_status; the entry's id otherwise
  message_direction direction = message_direction::in;
  message_status status = message_status::received;
  std::string_view error;        ///< of a failed delivery
  std::string_view body;         ///< message, comment: members of the entry's JSON object, without braces
  std::string_view external_id;  ///< message in: the connector's id, so that duplicates are known after a restart
  std::optional<user_id> by;     ///< who did it; absent: the contact, or the rule
  signalbox::assignee from, to;  ///< assignment
  assignment_reason reason = assignment_reason::rule;
  std::optional<inbox_id> from_inbox;                                       ///< move
  conversation_status conversation_status_now = conversation_status::open;  ///< status
  availability availability_now;                                            ///< availability: `user` is whose
  std::optional<user_id> user;
  std::optional<waiting_place> place;      ///< waiting: when it began to
  std::string_view conversation_bytes;     ///< assignment, waiting, update: the conversation's record right after it
  std::string_view newest_message_bytes;   ///< assignment: the record of the newest message, for `assignment.created`
  std::string_view decision_bytes;         ///< assignment, waiting: the decision's record
  std::optional<resource_change> changed;  ///< configuration, contact, ticket
  std::string_view ticket_bytes;           ///< ticket: its record right after it
  ticket_status ticket_status_now{};       ///< ticket: that of its stage then
};

/// Read whole for the edge: what `conversation_bytes` and `newest_message_bytes` hold, decoded by who owns the encoding.
struct agent_event {
  std::uint64_t cursor = 0;  ///< 0: has none (`typing`)
  std::uint64_t prev = 0;    ///< the cursor of this agent's event before; 0: none
  event what;
  bool withdrawn = false;  ///< an assignment that was taken from this agent
  std::shared_ptr<const signalbox::conversation> conversation;
  std::shared_ptr<const event> newest_message;
  std::shared_ptr<const void> keep;  ///< what the views point into
};

}  // namespace signalbox
