/// The wire's shapes, written as JSON. Every function appends one JSON value to `out` unless it says otherwise; nothing here
/// allocates but `out` itself, so one string reused for a whole frame costs no allocation an event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/account.hpp"
#include "rules/account_event.hpp"
#include "rules/availability.hpp"
#include "rules/contact.hpp"
#include "rules/conversation.hpp"
#include "rules/event.hpp"
#include "rules/message.hpp"
#include "rules/refusal.hpp"
#include "transport/edge.hpp"

namespace signalbox {

// Values.

/// Quoted and escaped. `text` is UTF-8; bytes that aren't become U+FFFD, so the output is always valid JSON.
void append_json_string(std::string& out, std::string_view text);
void append_json_string_or_null(std::string& out, std::string_view text);  ///< empty: null
void append_number(std::string& out, std::uint64_t value);
/// The text of an enumeration's value, quoted.
template <class Word>
void append_word(std::string& out, std::string_view key_with_comma, Word word) {
  out.append(key_with_comma).append("\"").append(to_text(word)) += '"';
}
void append_bool(std::string& out, bool value);
void append_json_time(std::string& out, time_point at);  ///< quoted RFC 3339
void append_json_time(std::string& out, const std::optional<time_point>& at);

template <class Tag>
void append_json_id(std::string& out, id<Tag> of) {
  out += '"';
  append_id(out, of);
  out += '"';
}
template <class Tag>
void append_json_id(std::string& out, const std::optional<id<Tag>>& of) {
  if (of) {
    append_json_id(out, *of);
  } else {
    out += "null";
  }
}
/// `null`, `{"user":"usr_…"}` or `{"team":"tem_…"}`.
void append_assignee(std::string& out, const assignee& of);
/// A cursor as clients hold it: the 13 digits of a position, quoted; 0 is before the first event.
void append_cursor(std::string& out, std::uint64_t position);
/// The position of a cursor's text; nothing for text that is none of ours.
[[nodiscard]] std::optional<std::uint64_t> parse_cursor(std::string_view text);

// Resources, as HTTP and the agent socket show them.

void append_waiting_place(std::string& out, const waiting_place& of);  ///< members without braces
void append_conversation(std::string& out, const conversation& of);
void append_user(std::string& out, const user& of);  ///< never the password's hash
void append_working_spans(std::string& out, const std::vector<working_span>& all);
void append_availability(std::string& out, const availability& of);
void append_contact(std::string& out, const contact& of);
/// `status`: that of its stage.
void append_ticket(std::string& out, const ticket& of, ticket_status status);
void append_notice(std::string& out, const notice& of);

/// One message or comment as history and the agent socket show it: id, seq, at, type, direction, by, status, body's members.
/// `of.status` is shown as it is: a reader that knows a newer one sets it first.
void append_message(std::string& out, const event& of);
/// Any kind of history entry; a message like `append_message`.
void append_history_entry(std::string& out, const event& of);
/// A decision record, as `/decisions` shows it.
void append_decision(std::string& out, const decision_entry& of);
/// What is wrong with a `channel` that isn't the publisher's.
inline constexpr std::string_view unknown_channel = "doesn't exist, or isn't this token's";
/// One item of a publish's `results`; `with_conversation` as the answer to a POST gives it, the connector socket leaves it out.
/// A rejected message has `detail`, and the `pointer` of what is wrong in it unless it was refused as it is.
void append_publish_result(std::string& out, const inbound_frame& frame, std::size_t message, bool with_conversation);
/// `accepted`, `duplicate`, …
[[nodiscard]] std::string_view to_text(publish_status of);

// The sockets' frames.

/// One item of an `events` frame: `{"cursor","prev","type","at","data":{…}}`.
void append_agent_event(std::string& out, const agent_event& of);
/// The type of an event on the agent socket, `message.created`, …
[[nodiscard]] std::string_view event_type(const agent_event& of);
/// Members of its `data`, without braces. @pre not `typing`
void append_event_data(std::string& out, const agent_event& of);
/// Who did it: a user's id, or a word for who else it can have been.
void append_by(std::string& out, const event& of, std::string_view otherwise);
void append_delivery(std::string& out, const delivery& of);

// Webhooks.

/// What happened, as a webhook's body and the pull interface show it: `{"id","type","at","account","position","data":{…}}`.
void append_account_event(std::string& out, const account_event& of);

// Problems (RFC 9457).

/// 404, 422, … of a refusal.
[[nodiscard]] int http_status(refusal_code of);
/// A sentence of a few words that never varies for a code.
[[nodiscard]] std::string_view problem_title(refusal_code of);
/// `{"type","title","status","detail","code"[,"errors":[…]][,"request_id"]}`; `request_id` empty: left out.
void append_problem(std::string& out, const refusal& of, std::string_view request_id = {});
/// The same for what only HTTP can say (`method_not_allowed`, `upgrade_required`, …).
void append_problem(std::string& out, int status, std::string_view code, std::string_view title, std::string_view detail,
                    std::string_view request_id = {});

}  // namespace signalbox
