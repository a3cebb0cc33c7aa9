/// A scripted edge: records what the edge asks, answers at once by default or when the test says so. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "transport/edge.hpp"

namespace signalbox {

class fake_edge : public edge {
public:
  fake_edge();

  // ---- the world it stands for. Set before the server starts, or under `lock`.
  mutable std::mutex lock;
  std::map<std::string, principal, std::less<>> tokens;  ///< bearer text → who
  std::map<account_id, config_snapshot> configurations;
  std::map<channel_id, std::string> offsets;  ///< told to every connector in its greeting
  bool is_ready = true;
  std::string metrics = "# nothing\n";

  // ---- what it answers; a null function means the default that stands beside it
  std::function<outcome<account_founded>(const new_account&, const std::string& password)> on_found_account;      // internal
  std::function<outcome<session_opened>(const std::string& email, const std::string& password)> on_open_session;  // unauthorized
  std::function<outcome<changed>(const principal&, const account_change&, const std::optional<std::string>&)>
      on_change;                                                                                                     // internal
  std::function<outcome<token_made>(const principal&, const create_token&)> on_make_token;                           // internal
  std::function<outcome<page<audit_entry>>(const principal&, const audit_query&)> on_read_audit;                     // empty
  std::function<outcome<page<outgoing_mail>>(const principal&, std::size_t, std::uint64_t)> on_list_outgoing_mails;  // empty
  std::function<outcome<signalbox::availability>(const principal&, user_id)> on_availability;  // away, manual
  std::function<outcome<signalbox::availability>(const principal&, user_id, presence, std::optional<time_point>)>
      on_set_availability;  // what was set, manual
  std::function<outcome<page<conversation>>(const principal&, const conversation_query&)> on_list_conversations;  // empty
  std::function<outcome<conversation>(const principal&, conversation_id)> on_read_conversation;                   // not_found
  std::function<outcome<page<history_entry>>(const principal&, conversation_id, std::size_t, std::uint64_t)>
      on_read_history;                                                                                                // not_found
  std::function<outcome<std::vector<decision_entry>>(const principal&, conversation_id)> on_read_decisions;           // not_found
  std::function<outcome<waiting_place>(const principal&, conversation_id)> on_read_waiting;                           // not_found
  std::function<outcome<what_if_answer>(const principal&, const what_if_query&)> on_ask_what_if;                      // not_found
  std::function<outcome<contact>(const principal&, contact_id)> on_read_contact;                                      // not_found
  std::function<outcome<account_events_page>(const principal&, const account_events_query&)> on_read_account_events;  // empty
  std::function<outcome<page<webhook_delivery>>(const principal&, webhook_id, const webhook_deliveries_query&)>
      on_list_webhook_deliveries;                                                                                    // empty
  std::function<outcome<std::optional<std::size_t>>(const principal&, webhook_id, const redelivery&)> on_redeliver;  // 0
  std::function<outcome<page<contact>>(const principal&, const contact_query&)> on_list_contacts;                    // empty
  std::function<outcome<contact>(const principal&, const contact_change&, const std::optional<std::string>& key)>
      on_change_contact;  // not_found
  std::function<outcome<page<notice>>(const principal&, std::size_t, std::optional<conversation_id>)> on_list_notices;  // empty
  std::function<outcome<page<ticket>>(const principal&, const ticket_query&)> on_list_tickets;                          // empty
  std::function<outcome<ticket>(const principal&, ticket_id)> on_read_ticket;  // not_found
  std::function<outcome<ticket>(const principal&, conversation_id, const ticket_fields&, const std::optional<std::string>& key)>
      on_open_ticket;  // internal
  std::function<outcome<ticket>(const principal&, ticket_id, const ticket_fields&, maybe<version_number>)>
      on_change_ticket;  // internal
  /// For both `command` and `agent_command` (whose `ref` is the key). Default: the conversation with that id.
  std::function<outcome<conversation>(const principal&, conversation_id, const conversation_command&,
                                      const std::optional<std::string>& key)>
      on_command;
  /// What a command with a key that was used before wrote then.
  std::optional<message_id> first_written;
  std::function<outcome<backup_taken>(const std::string& directory)> on_back_up;  // internal
  /// Every message's result, before the frame is answered. Default: pending becomes accepted with a fresh id.
  std::function<void(inbound_frame&)> on_publish;
  bool hold_publishes = false;  ///< keep them until `answer_publish`

  // ---- what was asked, in order
  std::vector<frame_pointer> published;
  std::vector<delivery_status> reported;
  std::vector<std::pair<session_number, std::uint64_t>> acknowledged;
  std::vector<conversation_command> commands;
  std::map<session_number, std::shared_ptr<connector_sink>> connectors;
  std::map<session_number, std::shared_ptr<agent_sink>> agents;
  std::map<session_number, std::optional<std::uint64_t>> agent_cursors;
  std::uint64_t attached = 0, detached = 0;
  struct watch_asked {
    session_number session;
    std::uint32_t watch;
    watched_view what;
    std::shared_ptr<agent_sink> sink;
  };
  std::vector<watch_asked> watches;                                          ///< those that were let
  std::vector<std::optional<std::uint32_t>> unwatched;                       ///< nothing: all of a session's
  std::function<std::optional<refusal>(const watched_view&)> on_watch_view;  ///< null: whoever asks may
  /// Given to each agent that attaches; null: a plain greeting that resumes from any cursor ≥ 1.
  std::function<agent_greeting(const principal&, std::optional<std::uint64_t>)> on_attach_agent;

  /// Waits (as long as the test may run) until `is_so()` under `lock`.
  void wait_until(const std::function<bool()>& is_so);
  /// Answers the `index`th published frame (as `on_publish` says), on the calling thread.
  void answer_publish(std::size_t index);
  [[nodiscard]] std::shared_ptr<connector_sink> any_connector();
  [[nodiscard]] std::shared_ptr<agent_sink> any_agent();

  /// A small account with an admin `ada` (paid), an agent `ben` (paid), a default inbox and two custom channels, known to
  /// `configurations`, with tokens `ada-token`, `ben-token`, `connector-token` (both channels), `operator-token`.
  struct company {
    account_id account;
    user_id ada, ben;
    inbox_id inbox;
    channel_id first, second;
    token_id connector;
  };
  company add_company(std::uint64_t number = 1);

  std::optional<std::string> last_key;  ///< of the last change

  // edge
  [[nodiscard]] outcome<principal> authenticate(std::string_view bearer) override;
  [[nodiscard]] config_snapshot configuration(account_id of) override;
  void found_account(const principal& by, new_account wanted, std::string password, std::optional<std::string> key,
                     reply<account_founded> then) override;
  void list_accounts(const principal& by, reply<std::vector<config_snapshot>> then) override;
  void open_session(std::string email, std::string password, reply<session_opened> then) override;
  void change(const principal& by, account_change what, std::optional<std::string> password, std::optional<std::string> key,
              reply<changed> then) override;
  void make_token(const principal& by, create_token wanted, std::optional<std::string> key, reply<token_made> then) override;
  void read_audit(const principal& by, audit_query query, reply<page<audit_entry>> then) override;
  void list_outgoing_mails(const principal& by, std::size_t limit, std::uint64_t after, reply<page<outgoing_mail>> then) override;
  void availability(const principal& by, user_id of, reply<signalbox::availability> then) override;
  void set_availability(const principal& by, user_id of, presence status, std::optional<time_point> until,
                        reply<signalbox::availability> then) override;
  void list_conversations(const principal& by, conversation_query query, reply<page<conversation>> then) override;
  void read_conversation(const principal& by, conversation_id which, reply<conversation> then) override;
  void read_history(const principal& by, conversation_id which, std::size_t limit, std::uint64_t after_seq,
                    reply<page<history_entry>> then) override;
  void read_decisions(const principal& by, conversation_id which, reply<std::vector<decision_entry>> then) override;
  void read_waiting(const principal& by, conversation_id which, reply<waiting_place> then) override;
  void ask_what_if(const principal& by, what_if_query query, reply<what_if_answer> then) override;
  void list_contacts(const principal& by, contact_query query, reply<page<contact>> then) override;
  void read_contact(const principal& by, contact_id which, reply<contact> then) override;
  void change_contact(const principal& by, contact_change what, std::optional<std::string> key, reply<contact> then) override;
  void list_notices(const principal& by, std::size_t limit, std::optional<conversation_id> after,
                    reply<page<notice>> then) override;
  void command(const principal& by, conversation_id which, conversation_command what, std::optional<std::string> key,
               reply<carried_out> then) override;
  void read_account_events(const principal& by, account_events_query query, reply<account_events_page> then) override;
  void list_webhook_deliveries(const principal& by, webhook_id of, webhook_deliveries_query query,
                               reply<page<webhook_delivery>> then) override;
  void redeliver(const principal& by, webhook_id of, redelivery what, std::optional<std::string> key,
                 reply<std::optional<std::size_t>> then) override;
  void list_tickets(const principal& by, ticket_query query, reply<page<ticket>> then) override;
  void read_ticket(const principal& by, ticket_id which, reply<ticket> then) override;
  void open_ticket(const principal& by, conversation_id of, ticket_fields fields, std::optional<std::string> key,
                   reply<ticket> then) override;
  void change_ticket(const principal& by, ticket_id which, ticket_fields fields, maybe<version_number> if_match,
                     reply<ticket> then) override;
  [[nodiscard]] message_id next_message_id() override;
  void attach_connector(session_number session, const principal& who, std::string name, std::shared_ptr<connector_sink> sink,
                        reply<std::vector<channel_greeting>> then) override;
  void detach_connector(session_number session) override;
  void publish(frame_pointer frame) override;
  void report_delivery(const principal& by, std::vector<delivery_status> statuses) override;
  void attach_agent(session_number session, const principal& who, std::optional<std::uint64_t> cursor,
                    std::shared_ptr<agent_sink> sink) override;
  void detach_agent(session_number session, user_id who) override;
  void acknowledge(session_number session, user_id who, std::uint64_t cursor) override;
  void agent_command(session_number session, const principal& by, conversation_id which, conversation_command what,
                     std::string ref, reply<carried_out> then) override;
  void watch_view(session_number session, const principal& by, std::uint32_t watch, watched_view what,
                  std::shared_ptr<agent_sink> sink, reply<done> then) override;
  void unwatch_view(session_number session, const principal& by, std::optional<std::uint32_t> watch) override;
  void back_up(const principal& by, std::string directory, reply<backup_taken> then) override;
  [[nodiscard]] std::string metrics_text() override;
  [[nodiscard]] bool ready() override;

private:
  std::condition_variable changed_;
  std::uint64_t next_id_ = 1000;
};

}  // namespace signalbox
