/// What the edge calls. transport/ owns this interface and knows nothing of who implements it (app/ ties it to actors; tests
/// put a fake behind it).
///
/// Every function returns at once and is called on an I/O thread. Every `reply` is called exactly once, on any thread, also
/// when what should have answered died (then with `unavailable` or `internal`). Sinks are called on any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/account.hpp"
#include "rules/account_changes.hpp"
#include "rules/account_event.hpp"
#include "rules/audit.hpp"
#include "rules/availability.hpp"
#include "rules/contact_changes.hpp"
#include "rules/conversation.hpp"
#include "rules/delivery.hpp"
#include "rules/event.hpp"
#include "rules/message.hpp"
#include "rules/notice.hpp"
#include "rules/ticket.hpp"
#include "rules/view.hpp"
#include "rules/webhook_delivery.hpp"
#include "rules/what_if.hpp"

namespace signalbox {

template <class T>
using reply = std::function<void(outcome<T>)>;

// ---------------------------------------------------------------- connectors

struct channel_greeting {
  channel_id id;
  std::string name;
  channel_type type{};
  bool on = true;
  std::optional<std::string> offset;  ///< the last durable one that this connector gave for it
};

/// One connector's socket, as actors see it. Bounded by whoever implements it.
class connector_sink {
public:
  virtual ~connector_sink() = default;
  virtual void deliver(std::vector<delivery> all) = 0;
  virtual void channel_changed(const channel& now) = 0;
  virtual void channel_gone(channel_id which) = 0;
  virtual void close(close_reason why) = 0;  ///< its token was revoked, …
};

// ---------------------------------------------------------------- agents

/// One agent's socket. `push` may be called until `close`.
class agent_sink {
public:
  virtual ~agent_sink() = default;
  virtual void greet(agent_greeting hello) = 0;
  /// Ordered and gap-free from the greeting's cursor on. False: its backlog is full or it is closed; it takes nothing any
  /// more, closes itself with 4408, and the caller forgets it.
  virtual bool push(std::vector<agent_event> events) = 0;
  /// The newest picture of what it watches: takes the place of one that wasn't sent yet, so there is never a queue of them.
  virtual void show(std::uint32_t watch, view_pointer now) = 0;
  virtual void end_watch(std::uint32_t watch, refusal why) = 0;
  virtual void close(close_reason why) = 0;
};

/// Who is attached: made by the edge, meaningless to it. Unique in a process.
using session_number = std::uint64_t;

// ---------------------------------------------------------------- reading

struct conversation_query {
  std::optional<inbox_id> inbox;
  signalbox::view view = view::all;
  std::optional<conversation_status> status;
  std::optional<user_id> assignee;
  std::optional<channel_id> channel;
  std::optional<contact_id> contact;
  std::size_t limit = 50;
  std::string after;  ///< the `next` of the page before; opaque to the edge
};
struct audit_query {
  std::optional<audited_id> resource;
  std::optional<user_id> user;  ///< who did it
  std::size_t limit = 50;
  std::optional<std::uint64_t> before;  ///< entries of a lower order
};
struct contact_query {
  std::vector<contact_identity> known_by;  ///< all of them; at most one contact has each
  std::optional<user_id> owner;
  std::size_t limit = 50;
  std::optional<contact_id> after;
};
struct ticket_query {
  std::optional<inbox_id> inbox;
  std::optional<user_id> owner;
  std::optional<pipeline_id> pipeline;
  std::optional<stage_id> stage;
  std::optional<ticket_status> status;
  std::size_t limit = 50;
  std::string after;
};
template <class T>
struct page {
  std::vector<T> items;
  std::optional<std::string> next;
};
/// An entry with the bytes that its views point into; `status` of an outgoing message is the newest one.
struct history_entry {
  event what;
  std::shared_ptr<const void> keep;
};
struct decision_entry {
  conversation_id conversation;
  time_point at{};
  assignment_reason reason{};
  decision why;
};

/// What happened in an account, by place in its log.
struct account_events_query {
  std::optional<std::uint64_t> after;  ///< a place; nothing: from the beginning
  bool newest = false;                 ///< nothing of before now; beats `after`
  std::size_t limit = 50;
  std::vector<happening> types;  ///< empty: all
  milliseconds wait{0};          ///< while there is nothing, the answer may come so much later
  /// Becomes true when nobody is left to be answered; null: nobody looks.
  std::shared_ptr<const std::atomic<bool>> hung_up{};
};
inline constexpr milliseconds account_events_wait_max{30'000};

struct account_events_page {
  std::vector<account_event> items;
  std::uint64_t next = 0;  ///< a place: everything up to it was looked at
  bool more = false;       ///< there may be more right now
};
struct webhook_deliveries_query {
  std::optional<webhook_delivery_state> state;
  std::size_t limit = 50;
  std::optional<account_event_id> before;  ///< the last one of the page before
};

// ---------------------------------------------------------------- the interface

/// What came over a channel in [from, to), against `rule`.
struct what_if_query {
  channel_id channel;
  time_point from, to;
  assignment_rule rule;
};
struct what_if_answer {
  time_point from, to;                     ///< the end is earlier than asked for when `truncated`
  bool truncated = false;                  ///< more came than `what_if_arrivals_max`
  std::vector<placement> actual, what_if;  ///< one for each conversation, in the same order
  placement_figures actual_figures, what_if_figures;
};

struct session_opened {
  std::string token;
  user who;
  time_point expires_at;
};
struct account_founded {
  config_snapshot config;
  inbox_id default_inbox;
  user_id first_user;
  std::string token;
};
struct token_made {
  token_id id;
  std::string secret;  ///< the whole bearer text; shown once
};
/// What a change gave: the new snapshot and what the caller asked for in it (the first touched).
struct changed {
  config_snapshot config;
  touched first;
};

/// A copy of the store, on the server's own machine.
struct backup_taken {
  std::string directory;
  std::uint64_t commit = 0;  ///< every commit up to this one is in it
  std::uint64_t bytes = 0;
  time_point taken_at{};  ///< when it was begun: all that was acknowledged before is in it
};

class edge {
public:
  virtual ~edge() = default;

  /// Who bears it, or `unauthorized`. Reads a snapshot; never blocks.
  [[nodiscard]] virtual outcome<principal> authenticate(std::string_view bearer) = 0;
  /// The account's configuration now; null for an unknown one.
  [[nodiscard]] virtual config_snapshot configuration(account_id of) = 0;

  // Configuration. The password is plain here: hashing it costs a tenth of a second and happens on a worker thread.
  /// `key` as for `change`, of the operator, with the same subdomain. The session is a fresh one then.
  virtual void found_account(const principal& by, new_account wanted, std::string password, std::optional<std::string> key,
                             reply<account_founded> then) = 0;
  virtual void list_accounts(const principal& by, reply<std::vector<config_snapshot>> then) = 0;
  virtual void open_session(std::string email, std::string password, reply<session_opened> then) = 0;
  /// `key`: the caller's Idempotency-Key, known for 24 h across restarts: the same one changes nothing again and gives what was
  /// made then, which may be deleted since.
  virtual void change(const principal& by, account_change what, std::optional<std::string> password,
                      std::optional<std::string> key, reply<changed> then) = 0;
  /// `key` as for `change`; but the secret isn't known any more then: `conflict` names the token.
  virtual void make_token(const principal& by, create_token wanted, std::optional<std::string> key, reply<token_made> then) = 0;
  /// Mails of the server's own that wait to be sent, oldest first, after that id. For the operator: they hold codes.
  virtual void list_outgoing_mails(const principal& by, std::size_t limit, std::uint64_t after,
                                   reply<page<outgoing_mail>> then) = 0;

  /// Newest first. A page may hold less than it could, and even nothing, with a `next`.
  virtual void read_audit(const principal& by, audit_query query, reply<page<audit_entry>> then) = 0;

  virtual void availability(const principal& by, user_id of, reply<signalbox::availability> then) = 0;
  virtual void set_availability(const principal& by, user_id of, presence status, std::optional<time_point> until,
                                reply<signalbox::availability> then) = 0;

  // Conversations. Reads run on reader threads and see everything committed before the call.
  virtual void list_conversations(const principal& by, conversation_query query, reply<page<conversation>> then) = 0;
  virtual void read_conversation(const principal& by, conversation_id which, reply<conversation> then) = 0;
  virtual void read_history(const principal& by, conversation_id which, std::size_t limit, std::uint64_t after_seq,
                            reply<page<history_entry>> then) = 0;
  virtual void read_decisions(const principal& by, conversation_id which, reply<std::vector<decision_entry>> then) = 0;
  /// `conflict` for one that doesn't wait.
  virtual void read_waiting(const principal& by, conversation_id which, reply<waiting_place> then) = 0;
  /// What another assignment rule would have done. Changes nothing. Refused as saving the rule would be, with pointers below
  /// `/assignment`; `rate_limited` while many are waiting.
  virtual void ask_what_if(const principal& by, what_if_query query, reply<what_if_answer> then) = 0;

  // Contacts: what the caller may view. An id that was merged into another means that one.
  virtual void list_contacts(const principal& by, contact_query query, reply<page<contact>> then) = 0;
  virtual void read_contact(const principal& by, contact_id which, reply<contact> then) = 0;
  /// `key` as for `change`. The contact afterwards; of a deletion as it was.
  virtual void change_contact(const principal& by, contact_change what, std::optional<std::string> key, reply<contact> then) = 0;

  /// `key`: the caller's Idempotency-Key or `ref`; the same one within 24 h changes nothing again.
  virtual void command(const principal& by, conversation_id which, conversation_command what, std::optional<std::string> key,
                       reply<carried_out> then) = 0;
  // Tickets: visible to who may view their inbox; those of a deleted inbox to who administers the account, to be read only.
  virtual void list_tickets(const principal& by, ticket_query query, reply<page<ticket>> then) = 0;
  virtual void read_ticket(const principal& by, ticket_id which, reply<ticket> then) = 0;
  /// `conflict` when the conversation has one already. `key` as for `command`.
  virtual void open_ticket(const principal& by, conversation_id of, ticket_fields fields, std::optional<std::string> key,
                           reply<ticket> then) = 0;
  virtual void change_ticket(const principal& by, ticket_id which, ticket_fields fields, maybe<version_number> if_match,
                             reply<ticket> then) = 0;
  /// A fresh id for a reply or comment: the edge needs it for its answer.
  [[nodiscard]] virtual message_id next_message_id() = 0;

  // What happened, and webhooks, which are told of it. For who has `super_admin`: they see every inbox.
  /// `rate_limited` when a token has too many calls that wait.
  virtual void read_account_events(const principal& by, account_events_query query, reply<account_events_page> then) = 0;
  /// The newest first.
  virtual void list_webhook_deliveries(const principal& by, webhook_id of, webhook_deliveries_query query,
                                       reply<page<webhook_delivery>> then) = 0;
  /// Gives how many will be sent; of a position, nothing. `key` as for `change`.
  virtual void redeliver(const principal& by, webhook_id of, redelivery what, std::optional<std::string> key,
                         reply<std::optional<std::size_t>> then) = 0;

  /// Notices that wait to be e-mailed, for who administers the account.
  virtual void list_notices(const principal& by, std::size_t limit, std::optional<conversation_id> after,
                            reply<page<notice>> then) = 0;

  // Connectors.
  virtual void attach_connector(session_number session, const principal& who, std::string name,
                                std::shared_ptr<connector_sink> sink, reply<std::vector<channel_greeting>> then) = 0;
  virtual void detach_connector(session_number session) = 0;
  /// `frame->account`, `connector`, messages and results are set; messages whose result isn't `pending` were rejected by the
  /// edge. `frame->answered` is called when the rest is durable. An offset is kept for every channel that a message of the
  /// frame names; of a frame without messages for every channel of the connector's token.
  virtual void publish(frame_pointer frame) = 0;
  virtual void report_delivery(const principal& by, std::vector<delivery_status> statuses) = 0;

  // Agents.
  virtual void attach_agent(session_number session, const principal& who, std::optional<std::uint64_t> cursor,
                            std::shared_ptr<agent_sink> sink) = 0;
  virtual void detach_agent(session_number session, user_id who) = 0;
  virtual void acknowledge(session_number session, user_id who, std::uint64_t cursor) = 0;
  virtual void agent_command(session_number session, const principal& by, conversation_id which, conversation_command what,
                             std::string ref, reply<carried_out> then) = 0;
  /// From `then`'s yes on `sink` is shown that view of the inbox, whole at first, under the session's own number `watch`. Until
  /// `unwatch_view`, or `sink->end_watch`.
  virtual void watch_view(session_number session, const principal& by, std::uint32_t watch, watched_view what,
                          std::shared_ptr<agent_sink> sink, reply<done> then) = 0;
  /// Nothing: all that the session watches.
  virtual void unwatch_view(session_number session, const principal& by, std::optional<std::uint32_t> watch) = 0;

  // Operators.
  /// Into `directory`, absolute and absent or empty. One at a time, others are a `conflict`; may take minutes.
  virtual void back_up(const principal& by, std::string directory, reply<backup_taken> then) = 0;
  [[nodiscard]] virtual std::string metrics_text() = 0;  ///< Prometheus exposition
  [[nodiscard]] virtual bool ready() = 0;
};

}  // namespace signalbox
