#include "tests/transport/fake_edge.hpp"

#include <algorithm>
#include <utility>

#include "rules/mail_addresses.hpp"
#include "rules/pipeline.hpp"

namespace signalbox {
namespace {

constexpr time_point founded_at{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

refusal unscripted() { return refuse(refusal_code::internal, "the test says nothing of this"); }

user make_user(user_id id, std::string first_name, std::string email) {
  user out;
  out.id = id;
  out.first_name = std::move(first_name);
  out.last_name = "Test";
  out.email = std::move(email);
  out.seat = seat::paid;
  out.created_at = founded_at;
  return out;
}

}  // namespace

fake_edge::fake_edge() = default;

void fake_edge::wait_until(const std::function<bool()>& is_so) {
  std::unique_lock guard{lock};
  changed_.wait(guard, is_so);
}

fake_edge::company fake_edge::add_company(std::uint64_t number) {
  const auto base = number * 100;
  const company out{{base}, {base + 1}, {base + 2}, {base + 3}, {base + 4}, {base + 5}, {base + 6}};
  account_config config;
  config.account.id = out.account;
  config.account.name = "Acme";
  config.account.subdomain = "acme";
  config.account.plan = plan::professional;
  config.account.created_at = founded_at;
  config.revision = 1;
  auto ada = make_user(out.ada, "Ada", "ada@example.org");
  ada.permissions.super_admin = true;
  config.users.set(out.ada, ada);
  config.users.set(out.ben, make_user(out.ben, "Ben", "ben@example.org"));
  inbox support;
  support.id = out.inbox;
  support.name = "Support";
  support.is_default = true;
  support.created_at = founded_at;
  provision(config, support);
  config.inboxes.set(out.inbox, support);
  config.pipelines.set({out.account.value}, default_pipeline(out.account, founded_at));
  for (const auto id : {out.first, out.second}) {
    channel one;
    one.id = id;
    one.inbox = out.inbox;
    one.name = id == out.first ? "first" : "second";
    one.created_at = founded_at;
    config.channels.set(id, one);
  }
  const std::string suffix = number == 1 ? "" : "-" + std::to_string(number);
  const std::lock_guard guard{lock};
  configurations[out.account] = std::make_shared<const account_config>(std::move(config));
  tokens["ada-token" + suffix] = {out.account, out.ada, token_id{base + 7}, {}};
  tokens["ben-token" + suffix] = {out.account, out.ben, token_id{base + 8}, {}};
  tokens["connector-token" + suffix] = {out.account, std::nullopt, out.connector, {out.first, out.second}};
  tokens["operator-token"] = {};
  return out;
}

outcome<principal> fake_edge::authenticate(std::string_view bearer) {
  const std::lock_guard guard{lock};
  const auto found = tokens.find(bearer);
  if (found == tokens.end()) return refuse(refusal_code::unauthorized, "no such token");
  return found->second;
}

config_snapshot fake_edge::configuration(account_id of) {
  const std::lock_guard guard{lock};
  const auto found = configurations.find(of);
  return found == configurations.end() ? nullptr : found->second;
}

void fake_edge::found_account(const principal&, new_account wanted, std::string password, std::optional<std::string> key,
                              reply<account_founded> then) {
  last_key = std::move(key);
  then(on_found_account ? on_found_account(wanted, password) : unscripted());
}

void fake_edge::list_accounts(const principal&, reply<std::vector<config_snapshot>> then) {
  std::vector<config_snapshot> all;
  {
    const std::lock_guard guard{lock};
    for (const auto& [id, config] : configurations) all.push_back(config);
  }
  then(std::move(all));
}

void fake_edge::open_session(std::string email, std::string password, reply<session_opened> then) {
  if (on_open_session) return then(on_open_session(email, password));
  then(refuse(refusal_code::unauthorized, "wrong e-mail or password"));
}

void fake_edge::change(const principal& by, account_change what, std::optional<std::string> password,
                       std::optional<std::string> key, reply<changed> then) {
  last_key = std::move(key);
  then(on_change ? on_change(by, what, password) : unscripted());
}

void fake_edge::back_up(const principal&, std::string directory, reply<backup_taken> then) {
  then(on_back_up ? on_back_up(directory) : unscripted());
}

void fake_edge::list_outgoing_mails(const principal& by, std::size_t limit, std::uint64_t after,
                                    reply<page<outgoing_mail>> then) {
  if (on_list_outgoing_mails) return then(on_list_outgoing_mails(by, limit, after));
  then(page<outgoing_mail>{});
}

void fake_edge::make_token(const principal& by, create_token wanted, std::optional<std::string> key, reply<token_made> then) {
  last_key = std::move(key);
  then(on_make_token ? on_make_token(by, wanted) : unscripted());
}

void fake_edge::read_audit(const principal& by, audit_query query, reply<page<audit_entry>> then) {
  then(on_read_audit ? on_read_audit(by, query) : page<audit_entry>{});
}

void fake_edge::availability(const principal& by, user_id of, reply<signalbox::availability> then) {
  then(on_availability ? on_availability(by, of) : signalbox::availability{});
}

void fake_edge::set_availability(const principal& by, user_id of, presence status, std::optional<time_point> until,
                                 reply<signalbox::availability> then) {
  if (on_set_availability) return then(on_set_availability(by, of, status, until));
  then(signalbox::availability{status, presence_reason::manual, until});
}

void fake_edge::list_conversations(const principal& by, conversation_query query, reply<page<conversation>> then) {
  then(on_list_conversations ? on_list_conversations(by, query) : page<conversation>{});
}

void fake_edge::read_conversation(const principal& by, conversation_id which, reply<conversation> then) {
  if (on_read_conversation) return then(on_read_conversation(by, which));
  then(refuse(refusal_code::not_found, "no such conversation"));
}

void fake_edge::read_history(const principal& by, conversation_id which, std::size_t limit, std::uint64_t after_seq,
                             reply<page<history_entry>> then) {
  if (on_read_history) return then(on_read_history(by, which, limit, after_seq));
  then(refuse(refusal_code::not_found, "no such conversation"));
}

void fake_edge::read_decisions(const principal& by, conversation_id which, reply<std::vector<decision_entry>> then) {
  if (on_read_decisions) return then(on_read_decisions(by, which));
  then(refuse(refusal_code::not_found, "no such conversation"));
}

void fake_edge::read_waiting(const principal& by, conversation_id which, reply<waiting_place> then) {
  if (on_read_waiting) return then(on_read_waiting(by, which));
  then(refuse(refusal_code::not_found, "there is no such conversation"));
}

void fake_edge::ask_what_if(const principal& by, what_if_query query, reply<what_if_answer> then) {
  if (on_ask_what_if) return then(on_ask_what_if(by, query));
  then(refuse(refusal_code::not_found, "there is no such channel"));
}

void fake_edge::read_account_events(const principal& by, account_events_query query, reply<account_events_page> then) {
  then(on_read_account_events ? on_read_account_events(by, query) : account_events_page{});
}

void fake_edge::list_webhook_deliveries(const principal& by, webhook_id of, webhook_deliveries_query query,
                                        reply<page<webhook_delivery>> then) {
  then(on_list_webhook_deliveries ? on_list_webhook_deliveries(by, of, query) : page<webhook_delivery>{});
}

void fake_edge::redeliver(const principal& by, webhook_id of, redelivery what, std::optional<std::string> key,
                          reply<std::optional<std::size_t>> then) {
  last_key = std::move(key);
  then(on_redeliver ? on_redeliver(by, of, what) : std::optional<std::size_t>{0});
}

void fake_edge::read_contact(const principal& by, contact_id which, reply<contact> then) {
  if (on_read_contact) return then(on_read_contact(by, which));
  then(refuse(refusal_code::not_found, "no such contact"));
}

void fake_edge::list_contacts(const principal& by, contact_query query, reply<page<contact>> then) {
  if (on_list_contacts) return then(on_list_contacts(by, query));
  then(page<contact>{});
}

void fake_edge::change_contact(const principal& by, contact_change what, std::optional<std::string> key, reply<contact> then) {
  if (on_change_contact) return then(on_change_contact(by, what, key));
  then(refuse(refusal_code::not_found, "no such contact"));
}

void fake_edge::list_notices(const principal& by, std::size_t limit, std::optional<conversation_id> after,
                             reply<page<notice>> then) {
  if (on_list_notices) return then(on_list_notices(by, limit, after));
  then(page<notice>{});
}

void fake_edge::command(const principal& by, conversation_id which, conversation_command what, std::optional<std::string> key,
                        reply<carried_out> then) {
  {
    const std::lock_guard guard{lock};
    commands.push_back(what);
  }
  changed_.notify_all();
  carried_out done_now;
  done_now.now.id = which;
  done_now.now.created_at = done_now.now.last_message_at = founded_at;
  if (const auto* reply = std::get_if<reply_to_contact>(&what)) done_now.message = reply->message;
  if (const auto* comment = std::get_if<add_comment>(&what)) done_now.message = comment->message;
  if (first_written) done_now.message = first_written;
  if (on_command) {
    auto said = on_command(by, which, what, key);
    if (auto* no = std::get_if<refusal>(&said)) return then(std::move(*no));
    done_now.now = std::get<conversation>(std::move(said));
  }
  then(std::move(done_now));
}

void fake_edge::list_tickets(const principal& by, ticket_query query, reply<page<ticket>> then) {
  then(on_list_tickets ? on_list_tickets(by, query) : page<ticket>{});
}

void fake_edge::read_ticket(const principal& by, ticket_id which, reply<ticket> then) {
  if (on_read_ticket) return then(on_read_ticket(by, which));
  then(refuse(refusal_code::not_found, "no such ticket"));
}

void fake_edge::open_ticket(const principal& by, conversation_id of, ticket_fields fields, std::optional<std::string> key,
                            reply<ticket> then) {
  then(on_open_ticket ? on_open_ticket(by, of, fields, key) : unscripted());
}

void fake_edge::change_ticket(const principal& by, ticket_id which, ticket_fields fields, maybe<version_number> if_match,
                              reply<ticket> then) {
  then(on_change_ticket ? on_change_ticket(by, which, fields, if_match) : unscripted());
}

message_id fake_edge::next_message_id() {
  const std::lock_guard guard{lock};
  return {++next_id_};
}

void fake_edge::attach_connector(session_number session, const principal& who, std::string, std::shared_ptr<connector_sink> sink,
                                 reply<std::vector<channel_greeting>> then) {
  std::vector<channel_greeting> greetings;
  {
    const std::lock_guard guard{lock};
    connectors[session] = std::move(sink);
    ++attached;
    for (const auto id : who.channels) {
      const auto& config = configurations.at(*who.account);
      const auto* known = config->channels.find(id);
      if (!known) continue;
      channel_greeting one{id, known->name, known->type, known->on, std::nullopt};
      if (const auto found = offsets.find(id); found != offsets.end()) one.offset = found->second;
      greetings.push_back(std::move(one));
    }
  }
  changed_.notify_all();
  then(std::move(greetings));
}

void fake_edge::detach_connector(session_number session) {
  {
    const std::lock_guard guard{lock};
    connectors.erase(session);
    ++detached;
  }
  changed_.notify_all();
}

void fake_edge::publish(frame_pointer frame) {
  std::size_t index = 0;
  bool hold = false;
  {
    const std::lock_guard guard{lock};
    index = published.size();
    published.push_back(std::move(frame));
    hold = hold_publishes;
  }
  changed_.notify_all();
  if (!hold) answer_publish(index);
}

void fake_edge::answer_publish(std::size_t index) {
  frame_pointer frame;
  {
    const std::lock_guard guard{lock};
    frame = published.at(index);
    for (auto& result : frame->results) {
      if (on_publish || result.status != publish_status::pending) continue;
      result.status = publish_status::accepted;
      result.message = message_id{++next_id_};
      result.conversation = conversation_id{++next_id_};
    }
  }
  if (on_publish) on_publish(*frame);
  frame->answered(*frame);
}

void fake_edge::report_delivery(const principal&, std::vector<delivery_status> statuses) {
  {
    const std::lock_guard guard{lock};
    std::move(statuses.begin(), statuses.end(), std::back_inserter(reported));
  }
  changed_.notify_all();
}

void fake_edge::attach_agent(session_number session, const principal& who, std::optional<std::uint64_t> cursor,
                             std::shared_ptr<agent_sink> sink) {
  agent_greeting greeting;
  if (on_attach_agent) {
    greeting = on_attach_agent(who, cursor);
  } else {
    greeting.who = *configuration(*who.account)->users.find(*who.user);
    greeting.cursor = cursor.value_or(1);
    greeting.resumed = cursor.has_value() && *cursor >= 1;
  }
  sink->greet(std::move(greeting));
  {
    const std::lock_guard guard{lock};
    agents[session] = std::move(sink);
    agent_cursors[session] = cursor;
    ++attached;
  }
  changed_.notify_all();
}

void fake_edge::detach_agent(session_number session, user_id) {
  {
    const std::lock_guard guard{lock};
    agents.erase(session);
    ++detached;
  }
  changed_.notify_all();
}

void fake_edge::acknowledge(session_number session, user_id, std::uint64_t cursor) {
  {
    const std::lock_guard guard{lock};
    acknowledged.emplace_back(session, cursor);
  }
  changed_.notify_all();
}

void fake_edge::agent_command(session_number, const principal& by, conversation_id which, conversation_command what,
                              std::string ref, reply<carried_out> then) {
  command(by, which, std::move(what), std::move(ref), std::move(then));
}

void fake_edge::watch_view(session_number session, const principal&, std::uint32_t watch, watched_view what,
                           std::shared_ptr<agent_sink> sink, reply<done> then) {
  if (auto no = on_watch_view ? on_watch_view(what) : std::nullopt) return then(std::move(*no));
  then(done{});
  {
    const std::lock_guard guard{lock};
    watches.push_back({session, watch, what, std::move(sink)});
  }
  changed_.notify_all();
}

void fake_edge::unwatch_view(session_number, const principal&, std::optional<std::uint32_t> watch) {
  {
    const std::lock_guard guard{lock};
    unwatched.push_back(watch);
    if (!watch) watches.clear();  // what holds the sessions
  }
  changed_.notify_all();
}

std::shared_ptr<connector_sink> fake_edge::any_connector() {
  const std::lock_guard guard{lock};
  return connectors.empty() ? nullptr : connectors.begin()->second;
}

std::shared_ptr<agent_sink> fake_edge::any_agent() {
  const std::lock_guard guard{lock};
  return agents.empty() ? nullptr : agents.begin()->second;
}

std::string fake_edge::metrics_text() {
  const std::lock_guard guard{lock};
  return metrics;
}

bool fake_edge::ready() {
  const std::lock_guard guard{lock};
  return is_ready;
}

}  // namespace signalbox
