#include "actors/agent.hpp"

#include <caf/send.hpp>

#include "actors/agent_sessions.hpp"
#include "actors/directory.hpp"
#include "actors/feed_reader.hpp"
#include "actors/hosting.hpp"
#include "actors/pending_ticks.hpp"
#include "actors/supervision.hpp"
#include "storage/keys.hpp"
#include "storage/presence_history.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

constexpr milliseconds acked_kept_every{1000};  ///< the acknowledged cursor is written at most this often

struct agent_state {
  static constexpr const char* name = "agent";
  static constexpr actor_role role = actor_role::agent;

  agent_actor::pointer self;
  environment& env;
  account_id account;
  user_id id;
  config_snapshot config;

  availability_state presence_now;
  forward_time believed;
  std::optional<duty> at_work;  ///< what the timetable says about now; absent: to be asked for
  availability last_said;
  std::optional<kept_presence> noted;       ///< the newest row of the history
  std::optional<std::uint32_t> pruned_day;  ///< when the history was last cut
  std::uint64_t epoch = 0;
  std::uint32_t open = 0;                                ///< automatic conversations, reserved slots among them
  std::unordered_map<inbox_id, std::uint32_t> reserved;  ///< slots given, whose assignment isn't durable yet
  time_point idle_since{};
  std::unordered_map<inbox_id, inbox_actor> listeners;

  agent_sessions sessions;
  std::uint64_t head = 0;  ///< the newest event of this agent
  std::uint64_t acked = 0;
  bool acked_dirty = false;
  struct unacknowledged {
    conversation_id which;
    inbox_id inbox;
    time_point deadline;
    std::uint64_t received_ns;
  };
  std::map<std::uint64_t, unacknowledged> unacked;  ///< automatic assignments, by position
  struct offered {
    inbox_id inbox;
    time_point deadline;
  };
  std::map<conversation_id, offered> offers;  ///< assignments that a person must accept; they may have since
  pending_ticks ticks;

  agent_state(agent_actor::pointer handle, environment& given, account_id of, user_id who)
      : self(handle), env(given), account(of), id(who), config(given.directory->configuration(of)) {
    load();
  }

  agent_actor::behavior_type behavior() {
    return {
        [this](const offer& m) { supervised(*this, [&] { answer_offer(m); }); },
        [this](const slots_released& m) { supervised(*this, [&] { release(m); }); },
        [this](const reservations_dropped& m) { supervised(*this, [&] { drop_reservations(m.inbox); }); },
        [this](const listen& m) { supervised(*this, [&] { listen_to(m); }); },
        [this](agent_attached& m) { supervised(*this, [&] { attach(m); }); },
        [this](const agent_detached& m) { supervised(*this, [&] { detach(m.session); }); },
        [this](const cursor_acknowledged& m) { supervised(*this, [&] { acknowledge(m.cursor); }); },
        [this](set_availability& m) { supervised(*this, [&] { set_by_hand(m); }); },
        [this](const ask_availability& m) { supervised(*this, [&] { m.then->give(now_available()); }); },
        [this](command_from_agent& m) { supervised(*this, [&] { pass_on(m); }); },
        [this](const typing_noticed& m) { supervised(*this, [&] { show_typing(m); }); },
        [this](feed_read& m) { supervised(*this, [&] { show_page(m); }); },
        [this](const feed_committed& m) { supervised(*this, [&] { take_events(m); }); },
        [this](const config_changed& m) { supervised(*this, [&] { configure(m.config); }); },
        [](const set_committed&) {},
        [this](const tick&) { supervised(*this, [&] { on_tick(); }); },
    };
  }

  void load() {
    presence_now = {};
    at_work.reset();
    if (const auto record = env.disk.get(family::state, keys::availability(account, id)))
      presence_now = decode_availability(*record);
    presence_now.connected = !sessions.empty();
    presence_now.disconnected_since = presence_now.connected ? std::nullopt : std::optional{env.now()};
    acked = 0;
    if (const auto record = env.disk.get(family::state, keys::acked(account, id))) acked = keys::read_be64(*record);
    head = std::max(head, feed_head(env.disk, account, id));

    open = 0;
    std::unordered_map<std::uint64_t, inbox_id> wanting;
    const auto prefix = keys::assigned_prefix(account, id);
    env.disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
      const auto entry = decode_assigned_entry(value);
      if (entry.automatic) ++open;
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

  void restart() {
    load();
    say_standing();
  }

  /// What the timetable says now: asked for only when time, the status or the configuration passed what it said.
  const duty& on_duty(time_point now) {
    if (!at_work || now < at_work->from || now >= at_work->to) {
      const auto* who = config->users.find(id);
      at_work = who ? duty_of(*who, presence_now, env.zones, now) : duty{};
    }
    return *at_work;
  }

  [[nodiscard]] availability now_available() {
    const auto now = believed(env.now());
    return availability_of(presence_now, on_duty(now), env.routing.presence_grace, now);
  }

  [[nodiscard]] agent_standing standing() {
    agent_standing now;
    now.user = id;
    now.epoch = epoch;
    const auto said = now_available();
    now.status = said.status;
    now.reason = said.reason;
    now.open = open;
    if (const auto* who = config->users.find(id)) now.capacity = who->capacity;
    now.idle_since = idle_since;
    return now;
  }

  void say_standing(std::optional<inbox_id> but = std::nullopt, bool by_time = false) {
    ++epoch;
    const auto now = standing();
    for (const auto& [inbox, actor] : listeners)
      if (inbox != but) self->send(actor, standing_changed{now, by_time});
  }

  // ---- slots

  void answer_offer(const offer& m) {
    const auto* who = config->users.find(id);
    const bool may = who && who->active && (!m.only_available || now_available().status == presence::available);
    std::uint32_t taken = 0;
    if (may) {
      const auto room = who->capacity ? (*who->capacity > open ? *who->capacity - open : 0) : m.wanted;
      taken = std::min(m.wanted, room);
    }
    if (taken > 0) {
      open += taken;
      reserved[m.inbox] += taken;
      idle_since = env.now();
    }
    say_standing(m.inbox);
    if (const auto inbox = env.directory->inbox(account, m.inbox))
      self->send(*inbox, offer_answered{m.ticket, taken, standing()});
  }

  void free_reserved(inbox_id inbox, std::uint32_t slots) {
    const auto found = reserved.find(inbox);
    if (found == reserved.end()) return;
    found->second -= std::min(found->second, slots);
    if (found->second == 0) reserved.erase(found);
  }

  void release(const slots_released& m) {
    if (m.reserved) free_reserved(m.inbox, m.slots);
    open -= std::min(open, m.slots);
    say_standing();
  }

  void drop_reservations(inbox_id inbox) {
    const auto found = reserved.find(inbox);
    if (found == reserved.end()) return;
    open -= std::min(open, found->second);
    reserved.erase(found);
    say_standing();
  }

  void listen_to(const listen& m) {
    if (!m.on) {
      listeners.erase(m.inbox);
      return;
    }
    if (const auto inbox = env.directory->inbox(account, m.inbox)) {
      listeners.insert_or_assign(m.inbox, *inbox);
      self->send(*inbox, standing_changed{standing()});
    }
  }

  // ---- availability

  void presence_changed(bool by_time = false) {
    const auto said = now_available();
    if (said == last_said) return;
    last_said = said;
    say_standing(std::nullopt, by_time);
    write_presence({});
  }

  /// Whether the history says what is so. Who isn't in it is away.
  [[nodiscard]] bool is_noted() const {
    if (!noted) return last_said.status == presence::away;
    return noted->status == last_said.status && noted->reason == last_said.reason;
  }

  void note_presence(change_set& into) {
    if (is_noted()) return;
    noted = kept_presence{env.now(), last_said.status, last_said.reason};
    put_presence(into, account, id, *noted);
    const auto day = keys::day_of(noted->at);
    if (std::exchange(pruned_day, day) != day) drop_old_presences(env.disk, into, account, id, noted->at);
  }

  /// Keeps the status and tells the agent's own sockets.
  void write_presence(std::function<void()> then) {
    auto work = std::make_shared<pending_commit>(keys::group_of(account));
    std::string record;
    encode(record, presence_now);
    work->set.put(family::state, keys::availability(account, id), record);
    note_presence(work->set);
    event what;
    what.kind = event_kind::availability;
    what.account = account;
    what.at = env.now();
    what.user = id;
    what.availability_now = last_said;
    record.clear();
    encode(record, what);
    const auto number = work->set.add_event(record);
    work->set.feed(keys::feed(account, id), number);
    work->feeds.push_back({caf::actor_cast<agent_actor>(self), number});
    if (then) work->then.emplace_back(std::move(then));
    self->send(env.journal, commit{std::move(work)});
  }

  void set_by_hand(set_availability& m) {
    const auto* by = m.by.user ? config->users.find(*m.by.user) : nullptr;
    if (!by || !config->users.find(id)) return m.then->give(refuse(refusal_code::not_found, "there is no such user"));
    if (by->id != id && !by->permissions.availability_management && !by->permissions.super_admin)  // A29
      return m.then->give(refuse(refusal_code::access_denied, "setting others' availability needs availability_management"));
    const auto now = believed(env.now());
    if (m.until && *m.until <= now) return m.then->give(invalid_field("/until", "lies in the past"));
    presence_now.was_available =
        presence_now.was_available || presence_now.set == presence::available || m.status == presence::available;
    presence_now.set = m.status;
    presence_now.set_at = now;
    presence_now.until = m.until;
    presence_now.no_ack = false;
    at_work.reset();
    const auto said = now_available();
    last_said = said;
    say_standing();
    write_presence([then = m.then, said] { then->give(said); });
    plan_tick();
  }

  // ---- sockets

  void attach(agent_attached& m) {
    const auto* who = config->users.find(id);
    if (!who || !who->active) return m.port->close(close_reason::unauthorised);
    agent_sessions::session fresh;
    fresh.port = std::move(m.port);
    fresh.token = m.token;
    const bool resumes = m.cursor && *m.cursor <= head;
    fresh.resumes = resumes;
    fresh.cursor = fresh.shown = resumes ? *m.cursor : head;
    if (resumes) acknowledge(*m.cursor);
    sessions.add(m.session, std::move(fresh));
    env.directory->attach(account, id, caf::actor_cast<agent_actor>(self));
    presence_now.connected = true;
    presence_now.disconnected_since.reset();
    read_on(m.session, resumes ? *m.cursor : head, true, m.cursor.has_value() && !resumes);
    presence_changed();
    plan_tick();
  }

  /// Reads a page for a session on a reader thread; the answer comes as feed_read.
  void read_on(session_key session, std::uint64_t from, bool greeting, bool too_old) {
    const auto me = caf::actor_cast<agent_actor>(self);
    env.read_aside([&env = env, me, session, from, to = head, greeting, too_old, config = config, account = account, id = id] {
      feed_read out;
      out.session = session;
      out.greeting = greeting;
      out.too_old = too_old;
      out.up_to = to;
      try {
        if (const auto* who = config->users.find(id)) {
          if (greeting) {
            out.open = open_with(env.disk, account, id);
            out.too_old = out.too_old || (from < to && more_than(env.disk, account, id, from, to, env.routing.resume_events_max));
          }
          if (!out.too_old && from < to) {
            auto page = read_feed(env.disk, *config, *who, from, to, env.routing.feed_page);
            out.events = std::move(page.events);
            out.up_to = page.up_to;
          }
        }
      } catch (const std::exception& broken) {
        env.fatal(broken.what());
        return;
      }
      caf::anon_send(me, std::move(out));
    });
  }

  void show_page(feed_read& m) {
    auto* session = sessions.find(m.session);
    if (!session) return;
    if (m.greeting) {
      const auto* who = config->users.find(id);
      if (!who) return;
      agent_greeting hello;
      hello.who = *who;
      hello.resumed = session->resumes && !m.too_old;
      if (m.too_old) session->cursor = session->shown = m.up_to;
      hello.cursor_too_old = m.too_old;
      hello.cursor = session->cursor;
      hello.availability = now_available();
      hello.open = std::move(m.open);
      session->port->greet(std::move(hello));
    }
    if (!sessions.page(*session, std::move(m.events), m.up_to, head)) read_on(m.session, m.up_to, false, false);
    if (sessions.empty()) disconnected();
  }

  void detach(session_key session) {
    if (sessions.remove(session) && sessions.empty()) disconnected();
  }

  void disconnected() {
    if (!presence_now.connected) return;
    env.directory->detach(account, id);
    presence_now.connected = false;
    presence_now.disconnected_since = env.now();
    presence_changed();
    plan_tick();
  }

  void take_events(const feed_committed& m) {
    std::vector<agent_event> events;
    events.reserve(m.which.size());
    const auto now_ns = env.now_ns();
    auto oldest_ns = ~std::uint64_t{0};  // of what came in by this commit
    std::uint64_t timed = 0;
    for (const auto& [set, number] : m.which) {
      const auto position = m.of->first_positions[set] + number;
      if (position <= head) continue;  // known from loading, or named twice
      head = position;
      const auto& from = *m.of->sets[set];
      auto one = shown_to(id, position, from.set.event_record(number), m.of);
      if (one.what.kind == event_kind::assignment && !one.what.by && one.what.to == assignee{id}) {
        free_reserved(one.what.inbox, 1);
        if (one.conversation && one.conversation->accept_by)
          offers.insert_or_assign(one.what.conversation, offered{one.what.inbox, *one.conversation->accept_by});
        else if (env.routing.assignment_ack_timeout.count() > 0)
          want_ack(one.what, from.oldest_received_ns);
      }
      if (from.oldest_received_ns > 0) {
        oldest_ns = std::min(oldest_ns, from.oldest_received_ns);
        ++timed;
      }
      events.push_back(std::move(one));
    }
    if (timed > 0 && now_ns > oldest_ns) env.probe.hop_took(hop::offered, static_cast<double>(now_ns - oldest_ns) * 1e-9, timed);
    const auto pushed = sessions.push(std::move(events));
    env.probe.events_pushed(pushed);
    if (timed > 0 && pushed > 0 && now_ns > oldest_ns)
      env.probe.hop_took(hop::pushed, static_cast<double>(env.now_ns() - oldest_ns) * 1e-9, timed);
    if (sessions.empty()) disconnected();
    plan_tick();
  }

  void show_typing(const typing_noticed& m) {
    agent_event one;
    one.what.conversation = m.which;
    one.what.inbox = m.inbox;
    one.what.by = m.by;
    one.what.at = env.now();
    sessions.push_unordered(one);
  }

  // ---- acknowledgements

  [[nodiscard]] bool wants_ack(const event& what) const {
    return what.kind == event_kind::assignment && !what.by && what.to == assignee{id};
  }

  void want_ack(const event& what, std::uint64_t received_ns = 0) {
    const auto deadline = env.now() + env.routing.assignment_ack_timeout;
    unacked.insert_or_assign(what.position, unacknowledged{what.conversation, what.inbox, deadline, received_ns});
  }

  void acknowledge(std::uint64_t cursor) {
    if (cursor > head || cursor <= acked) return;
    acked = cursor;
    acked_dirty = true;
    const auto now_ns = env.now_ns();
    while (!unacked.empty() && unacked.begin()->first <= cursor) {
      const auto received_ns = unacked.begin()->second.received_ns;
      if (received_ns > 0 && now_ns > received_ns)
        env.probe.hop_took(hop::acknowledged, static_cast<double>(now_ns - received_ns) * 1e-9);
      unacked.erase(unacked.begin());
    }
    plan_tick();
  }

  void lapse_offers(time_point now) {
    std::erase_if(offers, [&](const auto& one) {
      if (now < one.second.deadline) return false;
      // Whether it was accepted meanwhile INBOX knows.
      if (const auto inbox = env.directory->inbox(account, one.second.inbox))
        self->send(*inbox, assignment_lapsed{one.first, id, 0, true});
      return true;
    });
  }

  void lapse_due(time_point now) {
    if (env.routing.assignment_ack_timeout.count() == 0) return;
    std::vector<std::pair<std::uint64_t, unacknowledged>> lapsed;
    for (const auto& [position, one] : unacked)
      if (one.deadline <= now) lapsed.emplace_back(position, one);
    std::erase_if(lapsed, [&](const auto& one) {
      // Only rules that look at availability take an assignment back: the others mean these people whatever they do.
      // It may have been moved since it was assigned.
      const auto record = env.disk.get(family::state, keys::assigned(account, id, one.second.which));
      const auto entry = record ? decode_assigned_entry(*record) : assigned_entry{};
      const bool still = entry.ack_wanted && config->inboxes.find(entry.inbox);
      if (!still) unacked.erase(one.first);
      return !still;
    });
    if (lapsed.empty()) return;
    presence_now.no_ack = true;
    presence_changed();
    for (const auto& [position, one] : lapsed) {
      unacked.erase(position);
      if (const auto inbox = env.directory->inbox(account, one.inbox))
        self->send(*inbox, assignment_lapsed{one.which, id, position, false});
    }
  }

  // ---- the rest

  void pass_on(command_from_agent& m) const {
    const auto record = env.disk.get(family::state, keys::conversation(account, m.which));
    const auto inbox = record ? env.directory->inbox(account, decode_conversation(*record).value.inbox) : std::nullopt;
    if (!inbox) return m.then->give(refuse(refusal_code::not_found, "there is no such conversation"));
    std::optional<std::string> key;
    if (!m.ref.empty()) key = std::move(m.ref);
    self->send(*inbox, command_conversation{std::move(m.by), m.which, std::move(m.what), std::move(key), std::move(m.then)});
  }

  void configure(const config_snapshot& next) {
    if (next->revision < config->revision) return;
    const bool touched = config->users.share(id) != next->users.share(id);
    config = next;
    const auto* who = config->users.find(id);
    const bool out = !who || !who->active;
    sessions.close_if([&](const auto& one) { return out || (one.token && !config->tokens.find(*one.token)); },
                      close_reason::unauthorised);
    if (sessions.empty()) disconnected();
    if (touched) at_work.reset();
    say_standing();  // capacity may have changed, or hours
    presence_changed();
    plan_tick();
  }

  void on_tick() {
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

  /// One timer for everything that time alone changes.
  void plan_tick() {
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
};

}  // namespace

agent_actor spawn_agent(caf::actor_system& system, environment& env, account_id account, user_id of) {
  return system.spawn<hosted_actor<agent_actor, agent_state>>(env, account, of);
}

}  // namespace signalbox
