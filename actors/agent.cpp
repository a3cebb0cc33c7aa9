#include "actors/agent.hpp"

#include <caf/send.hpp>

#include "actors/agent_state.hpp"
#include "actors/feed_reader.hpp"
#include "actors/hosting.hpp"
#include "actors/pending_commit.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {
constexpr milliseconds acked_kept_every{1000};  ///< the acknowledged cursor is written at most this often
}  // namespace

agent_state::agent_state(agent_actor::pointer handle, environment& given, account_id of, user_id who)
    : self(handle),
      env(given),
      account(of),
      id(who),
      config(given.directory->configuration(of)),
      board(given.directory->standings(of)) {
  load();
}

agent_actor::behavior_type agent_state::behavior() {
  static const agent_actor::behavior_type shared{
      // CAF looks through them in their order.
      handler([](agent_state& me, const feed_committed& m) { me.take_events(m); }),
      handler([](agent_state& me, const cursor_acknowledged& m) { me.acknowledge(m.cursor); }),
      handler([](agent_state& me, const offer& m) { me.answer_offer(m); }),
      handler([](agent_state& me, const slots_released& m) { me.release(m); }),
      handler([](agent_state& me, const slot_taken& m) { me.take_slot(m); }),
      handler([](agent_state& me, const reservations_dropped& m) { me.drop_reservations(m.inbox); }),
      handler([](agent_state& me, const ask_standing&) { me.say_standing(); }),
      handler([](agent_state& me, agent_attached& m) { me.attach(m); }),
      handler([](agent_state& me, const agent_detached& m) { me.detach(m.session); }),
      handler([](agent_state& me, set_availability& m) { me.set_by_hand(m); }),
      handler([](agent_state& me, const ask_availability& m) { m.then->give(me.now_available()); }),
      handler([](agent_state& me, command_from_agent& m) { me.pass_on(m); }),
      handler([](agent_state& me, const typing_noticed& m) { me.show_typing(m); }),
      handler([](agent_state& me, feed_read& m) { me.show_page(m); }),
      handler([](agent_state& me, const config_changed& m) { me.configure(m.config); }),
      handler([](agent_state&, const set_committed&) {}),
      handler([](agent_state& me, const tick&) { me.on_tick(); }),
  };
  return shared;
}

void agent_state::load() {
  presence_now = {};
  at_work.reset();
  if (const auto record = env.disk.get(family::state, keys::availability(account, id)))
    presence_now = decode_availability(*record);
  presence_now.connected = !sessions.empty();
  presence_now.disconnected_since = presence_now.connected ? std::nullopt : std::optional{env.now()};
  acked = 0;
  if (const auto record = env.disk.get(family::state, keys::acked(account, id))) acked = keys::read_be64(*record);
  head = std::max(head, feed_head(env.disk, account, id));

  open = {};
  std::unordered_map<std::uint64_t, inbox_id> wanting;
  const auto prefix = keys::assigned_prefix(account, id);
  env.disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
    const auto entry = decode_assigned_entry(value);
    open.add(entry.type);
    if (entry.ack_wanted) wanting.emplace(keys::read_be64(key.substr(prefix.size())), entry.inbox);
    return true;
  });
  for (const auto& [inbox, slots] : reserved) open += slots;
  // Assignments that nobody acknowledged before a restart: their time begins anew.
  unacked.clear();
  offers.clear();
  for (auto at = wanting.begin(); at != wanting.end();) {
    const conversation_id which{at->first};
    const auto record = env.disk.get(family::state, keys::conversation(account, which));
    const auto accept_by = record ? decode_conversation(*record).value.accept_by : std::nullopt;
    if (accept_by) offers.emplace(which, offered{at->second, *accept_by});
    at = accept_by ? wanting.erase(at) : std::next(at);
  }
  const auto* who = config->users.find(id);
  if (who && !wanting.empty()) {
    const auto page = read_feed(env.disk, *config, *who, acked, head, env.routing.resume_events_max);
    for (const auto& one : page.events)
      if (wants_ack(one.what) && wanting.contains(one.what.conversation.value)) want_ack(one.what);
  }
  last_said = now_available();
  noted = presence_before(env.disk, account, id, latest_time);
  if (!is_noted()) {  // it changed while nobody was here to say so
    auto work = std::make_shared<pending_commit>(keys::group_of(account));
    work->unhurried = true;
    note_presence(work->set);
    self->send(env.journal, commit{std::move(work)});
  }
  plan_tick();
}

void agent_state::restart() {
  load();
  say_standing();
}

void agent_state::configure(const config_snapshot& next) {
  if (next->revision < config->revision) return;
  const bool touched = config->users.share(id) != next->users.share(id);
  config = next;
  if (!touched && sessions.empty()) return;
  const auto* who = config->users.find(id);
  const bool out = !who || !who->active;
  sessions.close_if([&](const auto& one) { return out || (one.token && !config->tokens.find(*one.token)); },
                    close_reason::unauthorised);
  if (sessions.empty()) disconnected();
  if (touched) {
    at_work.reset();
    say_standing();  // capacity may have changed, or hours
  }
  presence_changed();
  plan_tick();
}

void agent_state::pass_on(command_from_agent& m) const {
  const auto record = env.disk.get(family::state, keys::conversation(account, m.which));
  const auto inbox = record ? env.directory->inbox(account, decode_conversation(*record).value.inbox) : std::nullopt;
  if (!inbox) return m.then->give(refuse(refusal_code::not_found, "there is no such conversation"));
  std::optional<std::string> key;
  if (!m.ref.empty()) key = std::move(m.ref);
  self->send(*inbox, command_conversation{std::move(m.by), m.which, std::move(m.what), std::move(key), std::move(m.then)});
}

void agent_state::on_tick() {
  ticks.came(env.now_ns());
  const auto now = env.now();
  lapse_due(now);
  lapse_offers(now);
  presence_changed(true);
  if (acked_dirty) {
    acked_dirty = false;
    auto work = std::make_shared<pending_commit>(keys::group_of(account));
    std::string value;
    keys::append_be64(value, acked);
    work->set.put(family::state, keys::acked(account, id), value);
    self->send(env.journal, commit{std::move(work)});
  }
  plan_tick();
}

void agent_state::plan_tick() {
  const auto now = env.now();
  const auto seen = believed(now);
  std::optional<time_point> wanted = next_availability_change(presence_now, on_duty(seen), env.routing.presence_grace, seen);
  const auto earlier = [&](time_point at) {
    if (!wanted || at < *wanted) wanted = at;
  };
  if (!unacked.empty()) earlier(unacked.begin()->second.deadline);
  for (const auto& [which, one] : offers) earlier(one.deadline);
  if (acked_dirty) earlier(now + acked_kept_every);
  if (!wanted) return;
  if (const auto wait = ticks.ask(env.now_ns(), *wanted - now)) self->delayed_send(self, *wait, tick{});
}

agent_actor spawn_agent(caf::actor_system& system, environment& env, account_id account, user_id of) {
  return system.spawn<hosted_actor<agent_actor, agent_state>>(env, account, of);
}

}  // namespace signalbox
