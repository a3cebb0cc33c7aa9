#include "tests/support/world.hpp"

#include <caf/send.hpp>
#include <stdexcept>

#include "actors/account.hpp"
#include "actors/agent.hpp"
#include "actors/channel.hpp"
#include "actors/clock.hpp"
#include "actors/contacts.hpp"
#include "actors/inbox.hpp"
#include "actors/journal.hpp"
#include "actors/views.hpp"
#include "actors/webhook.hpp"
#include "storage/keys.hpp"
#include "storage/settling.hpp"

namespace signalbox {

std::vector<conversation_id> noted_socket::assigned() const {
  std::vector<conversation_id> all;
  for (const auto& one : seen)
    if (one.what.kind == event_kind::assignment && !one.withdrawn) all.push_back(one.what.conversation);
  return all;
}

std::size_t noted_socket::count(event_kind kind) const {
  std::size_t n = 0;
  for (const auto& one : seen) n += one.what.kind == kind ? 1 : 0;
  return n;
}

namespace {
std::uint64_t last_id_in(const store& disk) {
  const auto mark = disk.get(family::meta, keys::last_id());
  return mark ? keys::read_be64(*mark) : 0;
}
}  // namespace

world::world(std::unique_ptr<memory_store> given, actor_settings settings, time_point start)
    : disk(std::move(given)), ids(0), start_(start) {
  set_up(*disk, settings);
}

world::world(store& other, actor_settings settings)
    : disk(std::make_unique<memory_store>()), ids(0), start_(time_point{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}}) {
  set_up(other, settings);
}

void world::set_up(store& on, actor_settings settings) {
  recover(on, [](std::uint64_t, std::uint64_t) {});
  for (auto last = last_id_in(on); ids.last() < last;)
    (void)ids.next(time_point{milliseconds{(static_cast<std::int64_t>(last >> 22)) + 1'577'836'800'000}});
  disk->overlap(settings.writers > 0);
  config_.set("scheduler.policy", caf::atom("testing"));
  system_.emplace(config_);
  scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  clock_start_ = scheduler_->clock().now();
  env_.emplace(
      environment{.disk = on,
                  .probe = probe,
                  .routing = settings,
                  .ids = ids,
                  .now = [this] { return start_ + std::chrono::floor<milliseconds>(scheduler_->clock().now() - clock_start_); },
                  .now_ns = [this] { return static_cast<std::uint64_t>((scheduler_->clock().now() - clock_start_).count()) + 1; },
                  .chance = [this] { return seed = seed * 6364136223846793005ull + 1442695040888963407ull; },
                  .log = [this](severity, const std::string& text) { logged.push_back(text); },
                  .fatal = [this](const std::string& text) { fatal = text; },
                  .read_aside = [this](std::function<void()> read) { aside_.push_back(std::move(read)); },
                  .directory = nullptr,
                  .journal = journal_actor(),
                  .watch = &watch,
                  .webhooks = &webhooks,
                  .tail = &tail,
                  .ages = &ages,
                  .zones = &zones_});
  webhooks.write = [](const account_event& what) { return to_text(what.id()) + " " + std::string{to_text(what.what)}; };
  webhooks.post = [this](webhook_post what, std::function<void(webhook_answer)> then) {
    received.push_back(what);
    if (receiver)
      if (auto answer = receiver(what)) return then(std::move(*answer));
    posted.push_back({std::move(what), std::move(then)});
  };
  webhooks.cancel = [this](webhook_id which) { cancelled.push_back(which); };
  auto& env = *env_;
  auto& system = *system_;
  all_.emplace(on, directory::starters{[&](account_id of) { return spawn_account(system, env, of); },
                                       [&](account_id of, channel_id which) { return spawn_channel(system, env, of, which); },
                                       [&](account_id of, inbox_id which) { return spawn_inbox(system, env, of, which); },
                                       [&](account_id of, user_id which) { return spawn_agent(system, env, of, which); },
                                       [&](account_id of, webhook_id which) { return spawn_webhook(system, env, of, which); },
                                       [&](account_id of) { return spawn_contacts(system, env, of); },
                                       [&](account_id of) { return spawn_views(system, env, of); }});
  all_->load();
  env.directory = &*all_;
  env.journal = spawn_journal(system, env, false);
  clock_ = spawn_clock(system, env);
  // As the server does at its start.
  for (const auto& config : all_->configurations()) {
    config->inboxes.for_each([&](const inbox& one) { (void)all_->inbox(config->account.id, one.id); });
    config->users.for_each([&](const user& one) { (void)all_->agent(config->account.id, one.id); });
  }
  all_->wake_webhooks();
  run();
}

world::~world() {
  all_->end_all();
  caf::anon_send_exit(env_->journal, caf::exit_reason::kill);
  caf::anon_send_exit(clock_, caf::exit_reason::kill);
  run();
  clock_ = clock_actor();
  env_->journal = journal_actor();
}

bool world::ready() const { return scheduler_->has_job() || disk->tell_one(); }

void world::run_one() {
  if (shuffled) {
    if (disk->untold() > 0 && env_->chance() >> 62 == 0) {
      (void)disk->tell_one();
      return;
    }
    auto& jobs = scheduler_->jobs;
    std::swap(jobs.front(), jobs[(env_->chance() >> 33) % jobs.size()]);
  }
  scheduler_->run_once();
}

std::string_view world::next_actor() const {
  if (scheduler_->jobs.empty()) return {};
  const auto* next = dynamic_cast<const caf::local_actor*>(scheduler_->jobs.front());
  return next ? next->name() : "";
}

void world::run_and_restart_after(int looks) {
  const auto clock = env_->now;
  env_->now = [&] {
    if (looks-- == 0) throw std::runtime_error("the clock");
    return clock();
  };
  run();
  env_->now = clock;
  run();
}

void world::run_some(std::size_t jobs) {
  for (; jobs > 0 && scheduler_->has_job(); --jobs) run_one();
}

void world::run() {
  do {
    while (ready()) run_one();
    while (!aside_.empty()) {
      auto read = std::move(aside_.front());
      aside_.pop_front();
      read();
    }
  } while (ready());
}

void world::pass(milliseconds time) {
  advance(time);
  run();
}

void world::advance(milliseconds time) { scheduler_->advance_time(time); }

void world::set_clock(time_point to) { start_ += to - env_->now(); }

account_id world::found(const std::string& subdomain, plan of, const std::optional<std::string>& key) {
  new_account wanted;
  wanted.name = subdomain;
  wanted.subdomain = subdomain;
  wanted.plan = of;
  wanted.admin.first_name = "Ada";
  wanted.admin.last_name = "Admin";
  wanted.admin.email = "admin@" + subdomain + ".example";
  std::optional<account_id> made;
  std::string why;
  found_account(*env_, wanted, key, make_answer<account_made>([&](outcome<account_made> done) {
    if (auto* founded = std::get_if<account_made>(&done))
      made = founded->config->account.id;
    else
      why = std::get<refusal>(done).detail;
  }));
  run();
  if (!made) throw std::runtime_error("no account: " + why);
  return *made;
}

principal world::admin(account_id of) const {
  principal by;
  by.account = of;
  const auto config = all_->configuration(of);
  for (const auto& one : config->users.ordered())
    if (one->permissions.super_admin) {
      by.user = one->id;
      break;
    }
  return by;
}

outcome<touched> world::change(account_id of, account_change what, std::optional<std::string> key) {
  using both = std::pair<config_snapshot, touched>;
  std::optional<outcome<touched>> result;
  caf::anon_send(*all_->account(of),
                 change_account{admin(of), std::move(what), std::move(key), make_answer<both>([&](outcome<both> done) {
                                  if (auto* no = std::get_if<refusal>(&done))
                                    result = *no;
                                  else
                                    result = std::get<both>(done).second;
                                })});
  run();
  if (!result) throw std::runtime_error("a change was not answered");
  return *result;
}

user_id world::add_agent(account_id of, const std::string& name, std::optional<std::uint32_t> capacity, seat with) {
  create_user wanted;
  wanted.fields.first_name = name;
  wanted.fields.last_name = "Agent";
  wanted.fields.email = name + std::to_string(of.value) + "@agents.example";
  wanted.fields.seat = with;
  wanted.fields.capacity = capacity;
  const auto made = change(of, wanted);
  if (const auto* no = std::get_if<refusal>(&made)) throw std::runtime_error("no user: " + no->detail);
  return std::get<user_id>(std::get<touched>(made));
}

channel_id world::add_channel(account_id of, inbox_id in, const std::string& name) {
  const auto made = change(of, connect_channel{in, channel_type::custom, name});
  if (const auto* no = std::get_if<refusal>(&made)) throw std::runtime_error("no channel: " + no->detail);
  return std::get<channel_id>(std::get<touched>(made));
}

channel_id world::add_email_channel(account_id of, inbox_id in, const std::string& address) {
  const auto made = change(of, connect_channel{in, channel_type::email, address, address});
  if (const auto* no = std::get_if<refusal>(&made)) throw std::runtime_error("no channel: " + no->detail);
  return std::get<channel_id>(std::get<touched>(made));
}

void world::rule(account_id of, channel_id on, std::vector<user_id> users, std::function<void(assignment_rule&)> but) {
  set_assignment wanted;
  wanted.channel = on;
  wanted.rule.enabled = true;
  wanted.rule.candidates.users = std::move(users);
  if (but) but(wanted.rule);
  const auto made = change(of, wanted);
  if (const auto* no = std::get_if<refusal>(&made))
    throw std::runtime_error("no rule: " + no->detail +
                             (no->errors.empty() ? "" : no->errors.front().pointer + no->errors.front().detail));
}

inbox_id world::default_inbox(account_id of) const { return all_->configuration(of)->inboxes.ordered().front()->id; }

std::shared_ptr<noted_socket> world::attach(account_id of, user_id who, std::optional<std::uint64_t> cursor) {
  auto socket = std::make_shared<noted_socket>();
  agent_attached hello;
  hello.session = sessions_[socket.get()] = ++last_session_;
  hello.cursor = cursor;
  hello.port = socket;
  caf::anon_send(*all_->agent(of, who), std::move(hello));
  run();
  return socket;
}

void world::detach(account_id of, user_id who, const std::shared_ptr<noted_socket>& socket) {
  caf::anon_send(*all_->agent(of, who), agent_detached{sessions_.at(socket.get())});
  run();
}

void world::set(account_id of, user_id who, presence status, std::optional<time_point> until) {
  principal by;
  by.account = of;
  by.user = who;
  caf::anon_send(*all_->agent(of, who),
                 set_availability{by, status, until, make_answer<availability>([](outcome<availability>) {})});
  run();
}

availability world::available(account_id of, user_id who) {
  std::optional<availability> now;
  caf::anon_send(
      *all_->agent(of, who),
      ask_availability{make_answer<availability>([&](outcome<availability> said) { now = std::get<availability>(said); })});
  run();
  return now.value();
}

void world::acknowledge(account_id of, user_id who, const std::shared_ptr<noted_socket>& socket) {
  caf::anon_send(*all_->agent(of, who), cursor_acknowledged{sessions_.at(socket.get()), socket->last});
  run();
}

outcome<conversation> world::command(account_id of, user_id by, conversation_id on, conversation_command what,
                                     std::optional<std::string> key) {
  principal who;
  who.account = of;
  who.user = by;
  std::optional<outcome<carried_out>> result;
  caf::anon_send(*all_->agent(of, by),
                 command_from_agent{who, on, std::move(what), key.value_or(""),
                                    make_answer<carried_out>([&](outcome<carried_out> done) { result = std::move(done); })});
  run();
  if (!result) throw std::runtime_error("a command was not answered");
  if (auto* no = std::get_if<refusal>(&*result)) return std::move(*no);
  auto& done_now = std::get<carried_out>(*result);
  last_written = done_now.message;
  return std::move(done_now.now);
}

outcome<contact> world::change_contact(account_id of, user_id by, contact_change what, std::optional<std::string> key) {
  principal who;
  who.account = of;
  who.user = by;
  std::optional<outcome<contact>> result;
  caf::anon_send(*all_->contacts(of),
                 signalbox::change_contact{who, std::move(what), std::move(key),
                                           make_answer<contact>([&](outcome<contact> done) { result = std::move(done); })});
  run();
  if (!result) throw std::runtime_error("a change of a contact was not answered");
  return *result;
}

std::vector<contact> world::stored_contacts(account_id of) const {
  std::vector<contact> all;
  std::map<std::string, contact_id> identities;
  const auto prefix = keys::contact_prefix(of);
  disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    all.push_back(decode_contact(value));
    for (const auto& one : all.back().known_by) identities[keys::identity(of, one)] = all.back().id;
    return true;
  });
  const auto kind = std::string{prefix}.replace(prefix.size() - 1, 1, "I");
  disk->scan(family::state, kind, keys::after_prefix(kind), [&](std::string_view key, std::string_view value) {
    const auto known = identities.extract(std::string{key});
    if (known.empty() || known.mapped() != contact_id{keys::read_be64(value)})
      throw std::runtime_error("an identity that its contact doesn't know of");
    return true;
  });
  if (!identities.empty()) throw std::runtime_error("a contact without one of its identities");
  return all;
}

frame_pointer world::publish(account_id of, channel_id on, const std::vector<written>& all, std::optional<std::string> offset) {
  auto frame = std::make_shared<inbound_frame>();
  frame->account = of;
  frame->connector = connector_token;
  frame->received_at = env_->now();
  frame->received_ns = env_->now_ns();
  if (offset) {
    frame->offset = *offset;
    frame->has_offset = true;
  }
  std::size_t bytes = 0;
  for (const auto& one : all)
    bytes += one.thread.size() + one.id.size() + one.text.size() + one.from.size() + one.name.size() + one.email.size() +
             one.phone.size() + one.cookie.size() + 64;
  frame->arena.reserve(bytes);
  const auto keep = [&](const std::string& text) {
    const auto at = frame->arena.size();
    frame->arena += text;
    return std::string_view{frame->arena}.substr(at, text.size());
  };
  for (const auto& one : all) {
    inbound_message message;
    message.channel = on;
    message.external_id = keep(one.id);
    message.thread = keep(one.thread);
    message.from_id = keep(one.from);
    message.from_name = keep(one.name);
    message.from_email = keep(one.email);
    message.from_phone = keep(one.phone);
    message.from_cookie = keep(one.cookie);
    message.body = keep("\"from\":{},\"text\":\"" + one.text + "\"");
    frame->messages.push_back(message);
    frame->results.emplace_back();
  }
  frame->parts_left = 1;
  frame->answered = [this, raw = frame.get(), weak = std::weak_ptr(frame)](inbound_frame&) { answered[raw] = weak.lock(); };
  std::vector<std::uint32_t> part(all.size());
  for (std::uint32_t i = 0; i < part.size(); ++i) part[i] = i;
  caf::anon_send(*all_->channel(of, on), publish_part{frame, std::move(part)});
  return frame;
}

std::shared_ptr<noted_connector> world::connect(account_id of, channel_id on) {
  auto port = std::make_shared<noted_connector>();
  caf::anon_send(*all_->channel(of, on), connector_attached{++last_session_, connector_token, port});
  run();
  return port;
}

void world::disconnect(account_id of, channel_id on) {
  caf::anon_send(*all_->channel(of, on), connector_detached{last_session_});
  run();
}

void world::report(account_id of, channel_id on, message_id message, message_status status) {
  const auto allowed = std::make_shared<const std::vector<channel_id>>(std::vector{on});
  caf::anon_send(*all_->channel(of, on), delivery_reported{{message, status, ""}, allowed});
  run();
}

webhook_id world::add_webhook(account_id of, const std::string& url, std::vector<happening> events) {
  create_webhook wanted;
  wanted.fields.url = url;
  wanted.fields.events = std::move(events);
  wanted.secret = "whsec_test";
  const auto made = change(of, std::move(wanted));
  if (const auto* no = std::get_if<refusal>(&made)) throw std::runtime_error("no webhook: " + no->detail);
  return std::get<webhook_id>(std::get<touched>(made));
}

void world::answer(std::size_t index, std::uint32_t status) {
  auto one = std::move(posted.at(index));
  posted.erase(posted.begin() + static_cast<std::ptrdiff_t>(index));
  one.then({status, "", false});
  run();
}

std::optional<conversation> world::stored(account_id of, conversation_id which) const {
  const auto record = disk->get(family::state, keys::conversation(of, which));
  return record ? std::optional{decode_conversation(*record).value} : std::nullopt;
}

std::vector<event> world::log(account_id of) const {
  std::vector<event> all;
  const auto group = keys::group_of(of);
  for (std::uint64_t at = 1; at <= disk->head(group); ++at)
    if (auto record = disk->event_at(group, at)) {
      kept.push_back(std::move(*record));
      auto one = decode_event(kept.back());
      one.position = at;
      if (one.account == of) all.push_back(one);
    }
  return all;
}

std::unique_ptr<memory_store> world::crash() { return disk->crash(); }

}  // namespace signalbox
