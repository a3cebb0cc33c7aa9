// The agent's sockets and what they are shown.
#include <algorithm>
#include <caf/send.hpp>
#include <span>

#include "actors/agent_state.hpp"
#include "actors/feed_reader.hpp"
#include "actors/pending_commit.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

/// What a reader thread reads a session's page from.
struct agent_state::reading {
  const store& disk;
  account_id account;
  const account_config& config;
  const user& who;
  std::size_t page_events;

  void page(feed_read& out, std::uint64_t from, std::uint64_t to) const {
    if (from >= to) return;
    auto found = read_feed(disk, config, who, from, to, page_events);
    out.events = std::move(found.events);
    out.up_to = found.up_to;
  }
};

std::uint64_t agent_state::newest_durable() const { return std::max(head, env.disk.head(keys::group_of(account))); }

void agent_state::attach(agent_attached& m) {
  const auto* who = config->users.find(id);
  if (!who || !who->active) return m.port->close(close_reason::unauthorised);
  env.directory->attach(account, id, caf::actor_cast<agent_actor>(self));
  // What is durable by now is read; JOURNAL asks the directory after each commit, so of all that is durable later this AGENT hears.
  const auto now = newest_durable();
  agent_sessions::session fresh;
  fresh.port = std::move(m.port);
  fresh.token = m.token;
  fresh.resumes = m.cursor && *m.cursor <= now;
  fresh.goal = now;
  fresh.cursor = fresh.shown = fresh.resumes ? *m.cursor : now;
  if (fresh.resumes) acknowledge(*m.cursor);
  const bool too_old = m.cursor && !fresh.resumes;
  read_greeting(m.session, fresh.shown, now, too_old);
  sessions.add(m.session, std::move(fresh));
  presence_now.connected = true;
  presence_now.disconnected_since.reset();
  presence_changed();
  plan_tick();
}

void agent_state::read_greeting(session_key session, std::uint64_t from, std::uint64_t to, bool too_old) {
  read_aside(session, [from, to, too_old, max = env.routing.resume_events_max](const reading& by, feed_read& out) {
    out.greeting = true;
    out.up_to = to;
    out.open = open_with(by.disk, by.config, by.who);
    out.too_old = too_old || (from < to && more_than(by.disk, by.account, by.who.id, from, to, max));
    if (!out.too_old) by.page(out, from, to);
  });
}

void agent_state::read_on(session_key session, std::uint64_t from, std::uint64_t to) {
  read_aside(session, [from, to](const reading& by, feed_read& out) {
    out.up_to = to;
    by.page(out, from, to);
  });
}

template <class Read>
void agent_state::read_aside(session_key session, Read read) {
  const auto me = caf::actor_cast<agent_actor>(self);
  const auto newest = env.directory->configuration(account);
  env.read_aside([&env = env, me, session, read, config = newest ? newest : config, account = account, id = id] {
    feed_read out;
    out.session = session;
    try {
      const auto* who = config->users.find(id);
      if (!who) return;  // its sockets are closed
      read(reading{env.disk, account, *config, *who, env.routing.feed_page}, out);
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
    if (m.too_old) session->cursor = session->shown = session->goal;
    hello.cursor_too_old = m.too_old;
    hello.cursor = session->cursor;
    hello.availability = now_available();
    hello.open = std::move(m.open);
    session->port->greet(std::move(hello));
  }
  if (!sessions.page(*session, std::move(m.events), m.up_to, head)) read_on(m.session, m.up_to, std::max(head, session->goal));
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
  events.reserve(m.count);
  const auto now_ns = env.now_ns();
  auto oldest_ns = ~std::uint64_t{0};  // of what came in by this commit
  std::uint64_t timed = 0;
  for (const auto& [set, number] : std::span{m.of->told}.subspan(m.first, m.count)) {
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
