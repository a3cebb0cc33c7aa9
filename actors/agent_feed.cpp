// The agent's sockets and what they are shown.
#include <caf/send.hpp>

#include "actors/agent_state.hpp"
#include "actors/feed_reader.hpp"
#include "actors/pending_commit.hpp"
#include "storage/records.hpp"

namespace signalbox {

void agent_state::attach(agent_attached& m) {
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

void agent_state::read_on(session_key session, std::uint64_t from, bool greeting, bool too_old) {
  const auto me = caf::actor_cast<agent_actor>(self);
  const auto newest = env.directory->configuration(account);
  env.read_aside([&env = env, me, session, from, to = head, greeting, too_old, config = newest ? newest : config,
                  account = account, id = id] {
    feed_read out;
    out.session = session;
    out.greeting = greeting;
    out.too_old = too_old;
    out.up_to = to;
    try {
      if (const auto* who = config->users.find(id)) {
        if (greeting) {
          out.open = open_with(env.disk, *config, *who);
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

void agent_state::show_page(feed_read& m) {
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

void agent_state::detach(session_key session) {
  if (sessions.remove(session) && sessions.empty()) disconnected();
}

void agent_state::disconnected() {
  if (!presence_now.connected) return;
  env.directory->detach(account, id);
  presence_now.connected = false;
  presence_now.disconnected_since = env.now();
  presence_changed();
  plan_tick();
}

void agent_state::take_events(const feed_committed& m) {
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
      free_reserved(one.what.inbox, 1, one.conversation ? one.conversation->type : channel_type::custom);
      if (one.conversation && one.conversation->accept_by)
        offers.insert_or_assign(one.what.conversation, offered{one.what.inbox, *one.conversation->accept_by});
      else if (env.routing.assignment_ack_timeout.count() > 0)
        want_ack(one.what, from.oldest_received_ns);
    }
    if (from.oldest_received_ns > 0) {
      oldest_ns = std::min(oldest_ns, from.oldest_received_ns);
      ++timed;
    }
    if (may_be_shown(one)) events.push_back(std::move(one));
  }
  if (timed > 0 && now_ns > oldest_ns) env.probe.hop_took(hop::offered, static_cast<double>(now_ns - oldest_ns) * 1e-9, timed);
  const auto pushed = sessions.push(std::move(events));
  env.probe.events_pushed(pushed);
  if (timed > 0 && pushed > 0 && now_ns > oldest_ns)
    env.probe.hop_took(hop::pushed, static_cast<double>(env.now_ns() - oldest_ns) * 1e-9, timed);
  if (sessions.empty()) disconnected();
  plan_tick();
}

/// S12. An access that was given a moment ago may be known to INBOX, and not yet here: then the newest configuration counts.
bool agent_state::may_be_shown(const agent_event& of) const {
  const auto* who = config->users.find(id);
  if (!who || may_be_told(*config, *who, of)) return true;
  const auto newest = env.directory->configuration(account);
  who = newest ? newest->users.find(id) : nullptr;
  return who && may_be_told(*newest, *who, of);
}

void agent_state::show_typing(const typing_noticed& m) {
  agent_event one;
  one.what.conversation = m.which;
  one.what.inbox = m.inbox;
  one.what.by = m.by;
  one.what.at = env.now();
  sessions.push_unordered(one);
}

}  // namespace signalbox
