/// Ties the edge to the actors: what transport asks becomes actor messages, configuration changes and reads; what actors say
/// goes to the sessions' sinks. The only place that sees both.
#pragma once

#include <atomic>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "app/event_waits.hpp"
#include "app/places.hpp"
#include "app/secrets.hpp"
#include "transport/edge.hpp"

namespace signalbox {

struct account_made;

/// Thread-safe; outlives every session. `readers` run store reads that may wait for the disk, `workers` hash passwords and take backups.
class router_edge final : public edge {
public:
  router_edge(environment& env, boost::asio::thread_pool& readers, boost::asio::thread_pool& workers, admin_token operators);

  void set_ready(bool now) { ready_ = now; }
  /// Calls that wait for events are answered, now and from now on. Before the listener ends: it waits for answers.
  void end_waits() { event_waits_.stop(); }

  outcome<principal> authenticate(std::string_view bearer) override;
  config_snapshot configuration(account_id of) override;

  void found_account(const principal& by, new_account wanted, std::string password, std::optional<std::string> key,
                     reply<account_founded> then) override;
  void list_accounts(const principal& by, reply<std::vector<config_snapshot>> then) override;
  void open_session(std::string email, std::string password, reply<session_opened> then) override;
  void change(const principal& by, account_change what, std::optional<std::string> password, std::optional<std::string> key,
              reply<changed> then) override;
  void make_token(const principal& by, create_token wanted, std::optional<std::string> key, reply<token_made> then) override;
  void list_outgoing_mails(const principal& by, std::size_t limit, std::uint64_t after, reply<page<outgoing_mail>> then) override;

  void read_audit(const principal& by, audit_query query, reply<page<audit_entry>> then) override;

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
  message_id next_message_id() override { return message_id{env_.next_id()}; }

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
  std::string metrics_text() override { return env_.probe.exposition(); }
  bool ready() override { return ready_; }

private:
  struct connector_entry {
    account_id account;
    std::vector<channel_id> channels;
    std::shared_ptr<connector_port> port;
  };

  /// The caller as a user of their account, or why not.
  [[nodiscard]] outcome<std::pair<config_snapshot, const user*>> user_of(const principal& by) const;
  /// The caller's configuration when they may see everything in it, or why not.
  [[nodiscard]] outcome<config_snapshot> seen_whole(const principal& by) const;
  /// Reads the log; on a reader thread.
  [[nodiscard]] outcome<account_events_page> events_after(account_id account, const account_events_query& query) const;
  /// The same for a call that waited: whoever asked may have lost their token or permission since.
  [[nodiscard]] outcome<account_events_page> events_still_seen(const principal& by, const account_events_query& query) const;
  void apply_change(account_id to, const principal& by, account_change what, std::optional<std::string> key,
                    const reply<changed>& then) const;
  /// The same for one that takes stages away: none of them may hold a ticket. One that is made there at this very moment keeps a
  /// stage that is gone, which counts as open.
  void change_pipeline(account_id of, const principal& by, std::vector<stage_id> given_up, account_change what,
                       std::optional<std::string> key, reply<changed> then);
  void greet_founder(const principal& by, const account_made& made, const reply<account_founded>& then);
  void issue_token(account_id to, const principal& by, create_token wanted, std::optional<std::string> key,
                   std::function<void(outcome<std::pair<changed, std::string>>)> then);
  /// Settles what `which` (or everything in `inboxes`) owes, then runs `read` on a reader thread.
  void read_settled(account_id account, const std::vector<inbox_id>& inboxes, std::optional<conversation_id> which,
                    std::function<void()> read);
  /// `read` gets the conversation when the caller may view it.
  void read_viewable(const principal& by, conversation_id which, std::function<void(refusal)> otherwise,
                     std::function<void(conversation)> read);

  environment& env_;
  boost::asio::thread_pool& readers_;
  boost::asio::thread_pool& workers_;
  admin_token operators_;
  boost::asio::strand<boost::asio::thread_pool::executor_type> what_ifs_;  ///< of `readers`: they never take more than one thread
  places what_if_places_{16};  ///< at it or waiting: they run one after the other, more are `rate_limited`
  event_waits event_waits_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> backing_up_{false};
  mutable std::mutex mutex_;
  std::unordered_map<session_number, connector_entry> connectors_;
  std::unordered_map<session_number, account_id> agents_;
};

}  // namespace signalbox
