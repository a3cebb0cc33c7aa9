#include "actors/journal.hpp"

#include <algorithm>
#include <array>
#include <caf/send.hpp>
#include <deque>
#include <iterator>
#include <tuple>
#include <variant>

#include "actors/directory.hpp"
#include "actors/hosting.hpp"
#include "actors/inbox.hpp"
#include "actors/orphans.hpp"
#include "actors/pending_commit.hpp"
#include "actors/seen_ids.hpp"
#include "actors/writer.hpp"
#include "storage/keys.hpp"
#include "storage/presence_history.hpp"
#include "storage/settling.hpp"

namespace signalbox {

namespace {

// A piece of settling is small beside what a message may wait for: 128 keys take about a millisecond.
constexpr std::uint64_t settle_keys_min = 128;
constexpr std::uint64_t settle_keys_an_event = 3;
constexpr std::size_t settled_at_once = 8;
constexpr std::size_t overlapping_bytes = 512U << 10;           // a thousand messages: an fsync is little beside them
constexpr std::uint64_t ids_ahead = std::uint64_t{1000} << 22;  ///< a second's ids (rules/ids.hpp)

struct journal_state {
  static constexpr const char* name = "journal";
  static constexpr actor_role role = actor_role::journal;

  journal_actor::pointer self;
  environment& env;

  journal_state(journal_actor::pointer handle, environment& given, bool detached) : self(handle), env(given) {
    for (unsigned i = 0; i < env.routing.writers; ++i) writers.push_back(spawn_writer(self->system(), env, detached));
    for (std::uint8_t group = 0; group < keys::groups; ++group) heads[group] = env.disk.head(group);
    self->delayed_send(self, env.routing.settle_every, tick{});
  }
  journal_state(const journal_state&) = delete;
  journal_state& operator=(const journal_state&) = delete;
  ~journal_state() {
    for (const auto& one : writers) caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  }

  static journal_actor::behavior_type behavior() {
    static const journal_actor::behavior_type shared{
        handler([](journal_state& me, commit& m) { me.take(std::move(m.what)); }),
        handler([](journal_state& me, const flush&) { me.write(); }),
        handler([](journal_state& me, const let_next&) { me.log_is_free(); }),
        handler([](journal_state& me, const commit_durable&) { me.oldest_is_durable(); }),
        handler([](journal_state& me, const commit_failed& m) { me.fail(m.why); }),
        handler([](journal_state& me, const piece_settled& m) { me.go_on_settling(m); }),
        handler([](journal_state& me, const tick&) { me.on_tick(); }),
    };
    return shared;
  }

  std::vector<std::shared_ptr<pending_commit>> waiting;
  bool hurried = false;  ///< any of them
  bool flush_asked = false;
  bool broken = false;
  std::uint64_t id_mark = 0;  ///< as it was last written

  struct group_commit {
    std::shared_ptr<committed_sets> what;
    std::uint64_t events = 0, bytes = 0, started_ns = 0;
  };
  std::vector<writer_actor> writers;
  std::size_t next_writer = 0;
  std::deque<group_commit> under_way;  ///< at WRITERs, each at another one, oldest first
  bool log_free = true;                ///< to the one that comes next

  // A round of settling: what is below `round_heads` is indexed when everybody has no more. A few settle at a time, piece by piece,
  // so that messages never wait long for it; pieces grow with what comes in, so that a round ends under any load.
  using settling_actor = std::variant<channel_actor, inbox_actor>;
  std::uint64_t round = 0;
  bool round_open = false;
  bool round_moved = false;  ///< since the last tick
  std::array<std::uint64_t, keys::groups> round_heads{};
  std::vector<settling_actor> round_of;
  std::vector<std::uint64_t> asked_at;              ///< by place: `events_since_round` when it was asked last
  std::size_t round_asked = 0;                      ///< of `round_of`, those that were asked
  std::size_t round_busy = 0;                       ///< of those, the ones that have more
  std::array<std::uint64_t, keys::groups> heads{};  ///< of what was told
  std::uint64_t events_since_round = 0;
  std::uint32_t old_days_dropped_on = 0;
  std::uint64_t due_look_ns = 0;  ///< when sleeping INBOXes are woken next for what is due

  // Reused from commit to commit.
  std::vector<const change_set*> sets;
  struct share {
    caf::actor_id to;
    committed_sets::told_event what;
    agent_actor agent;
  };
  std::vector<share> shares;
  std::vector<agent_actor> viewers;  ///< of one inbox

  /// There is nothing to load: what was collected goes on with the next flush.
  void restart() { hurry(); }

  void ask_flush() {
    if (flush_asked || waiting.empty()) return;
    flush_asked = true;
    // To the end of the own mailbox: everything that is queued now goes into the same commit.
    self->send(self, flush{});
  }

  void hurry() {
    hurried = !waiting.empty();
    ask_flush();
  }

  void take(std::shared_ptr<pending_commit> what) {
    if (broken) return;
    env.probe.queue_depth(queue_kind::journal, 1);
    const bool waited_for = !what->unhurried;
    waiting.push_back(std::move(what));
    if (waited_for) hurry();
  }

  void write() {
    flush_asked = false;
    if (waiting.empty() || broken) return;
    // What gathers until then goes with it.
    if (!log_free || (!writers.empty() && under_way.size() == writers.size())) return;
    auto done = std::make_shared<committed_sets>();
    take_waiting(done->sets);
    done->first_positions.resize(done->sets.size());
    env.probe.queue_depth(queue_kind::journal, -static_cast<std::int64_t>(done->sets.size()));

    // No id given out is above this mark: a restart goes on above it, whatever the clock says. It is set a second ahead, so that it
    // is no key more for every commit.
    if (const auto newest = env.ids.last(); newest >= id_mark) {
      id_mark = newest + ids_ahead;
      std::string mark;
      keys::append_be64(mark, id_mark);
      done->sets.back()->set.put(family::meta, keys::last_id(), mark);
    }

    group_commit now{std::move(done), 0, 0, env.now_ns()};
    sets.clear();
    for (const auto& one : now.what->sets) {
      sets.push_back(&one->set);
      now.events += one->set.events();
      now.bytes += one->set.bytes();
    }
    try {
      if (!writers.empty() && (!under_way.empty() || now.bytes >= env.routing.writers_from_bytes))
        return hand_over(std::move(now));
      env.disk.commit(sets, now.what->first_positions);
    } catch (const std::exception& failed) {
      return fail(failed.what());  // whatever it was: who waits for these sets would wait for ever
    }
    ended(now);
  }

  /// All, or as many as make one of several commits that overlap: one that is much larger than the others would have them wait for it.
  void take_waiting(std::vector<std::shared_ptr<pending_commit>>& to) {
    std::size_t count = writers.empty() ? waiting.size() : 0;
    for (std::size_t bytes = 0; count < waiting.size() && bytes < overlapping_bytes; ++count)
      bytes += waiting[count]->set.bytes();
    if (count == waiting.size()) {
      hurried = false;
      to.swap(waiting);
      waiting.reserve(to.size());
      return;
    }
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
    to.assign(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
    waiting.erase(waiting.begin(), end);
  }

  void hand_over(group_commit now) {
    std::shared_ptr<prepared_commit> prepared = env.disk.prepare(sets, now.what->first_positions);
    under_way.push_back(std::move(now));
    log_free = false;
    const auto me = caf::actor_cast<journal_actor>(self);
    self->send(writers[next_writer],
               write_prepared{std::move(prepared), [me] { caf::anon_send(me, let_next{}); },
                              [me] { caf::anon_send(me, commit_durable{}); },
                              [me](std::string why) { caf::anon_send(me, commit_failed{std::move(why)}); }});
    next_writer = (next_writer + 1) % writers.size();
  }

  void log_is_free() {
    log_free = true;
    if (hurried) ask_flush();
  }

  void oldest_is_durable() {
    const auto now = std::move(under_way.front());
    under_way.pop_front();
    ended(now);
    if (hurried) ask_flush();
  }

  void fail(const std::string& why) {
    broken = true;
    env.fatal(why);
  }

  void ended(const group_commit& now) {
    const auto ended_ns = env.now_ns();
    const auto seconds = static_cast<double>(ended_ns - now.started_ns) * 1e-9;
    env.probe.commit_done(now.what->sets.size(), now.events, now.bytes, seconds);
    tell(now.what, ended_ns);
    events_since_round += now.events;
    if (events_since_round >= env.routing.settle_after_events) start_round();
  }

  void share_with(const agent_actor& agent, std::uint32_t set, std::uint32_t number) {
    shares.push_back({agent.id(), {set, number}, agent});
  }

  void tell_agents(const std::shared_ptr<committed_sets>& done) {
    std::ranges::sort(shares, {}, [](const share& one) { return std::tuple{one.to, one.what.set, one.what.number}; });
    done->told.reserve(shares.size());
    for (const auto& one : shares) done->told.push_back(one.what);
    for (auto at = shares.begin(); at != shares.end();) {
      const auto end = std::find_if(at, shares.end(), [to = at->to](const share& one) { return one.to != to; });
      self->send(at->agent,
                 feed_committed{done, static_cast<std::uint32_t>(at - shares.begin()), static_cast<std::uint32_t>(end - at)});
      at = end;
    }
    shares.clear();
  }

  /// With a socket, now that the event is durable: who attaches later finds it when they read.
  void find_viewers(const account_config& config, inbox_id in) {
    viewers.clear();
    const auto attached = env.directory ? env.directory->attached(config.account.id) : nullptr;
    if (!attached) return;
    for (const auto& [who, agent] : *attached)
      if (const auto* known = config.users.find(who); known && may_view(config, *known, in)) viewers.push_back(agent);
  }

  void tell(const std::shared_ptr<committed_sets>& done, std::uint64_t now_ns) {
    shares.clear();
    std::uint32_t grown = 0;  // slot groups, a bit each
    for (std::uint32_t i = 0; i < done->sets.size(); ++i) {
      auto& one = *done->sets[i];
      const auto first = done->first_positions[i];
      if (one.set.events() > 0) {
        heads[one.set.group()] = first + one.set.events() - 1;
        grown |= 1u << one.set.group();
      }
      if (one.messages > 0 && one.oldest_received_ns > 0)
        env.probe.hop_took(hop::committed, static_cast<double>(now_ns - one.oldest_received_ns) * 1e-9, one.messages);
      for (const auto& reply : one.replies) self->send(reply.channel, reply_accepted{reply.message, first + reply.number});
      std::optional<inbox_id> viewed;  // whose viewers are in `viewers`
      for (const auto& feed : one.feeds) {
        if (feed.agent) {
          share_with(*feed.agent, i, feed.number);
          continue;
        }
        if (std::exchange(viewed, feed.viewers_of) != feed.viewers_of) find_viewers(*one.config, feed.viewers_of);
        for (const auto& agent : viewers) share_with(agent, i, feed.number);
      }
    }
    // Agents first: an assignment confirms its slot before its INBOX may speak of the slots that it held.
    tell_agents(done);
    for (std::uint32_t i = 0; i < done->sets.size(); ++i) {
      auto& one = *done->sets[i];
      const auto first = done->first_positions[i];
      // Before who moved it: what that one then sends on comes behind this.
      if (one.arrives) {
        conversation_arrived here{one.arrives->which, one.arrives->first_seq, {}};
        for (const auto number : one.arrives->numbers) here.positions.push_back(first + number);
        self->send(one.arrives->inbox, std::move(here));
      }
      if (one.inbox) self->send(*one.inbox, set_committed{one.ticket, first});
      if (one.channel) self->send(*one.channel, set_committed{one.ticket, first});
      if (one.agent) self->send(*one.agent, set_committed{one.ticket, first});
      if (one.contacts) self->send(*one.contacts, set_committed{one.ticket, first});
      if (one.account) self->send(*one.account, change_committed{one.ticket});
      for (std::size_t next = 0; next < one.parts.size();) {
        const auto& channel = one.parts[next].first;
        parts_committed those;
        for (; next < one.parts.size() && one.parts[next].first == channel; ++next)
          those.tickets.push_back(one.parts[next].second);
        self->send(channel, std::move(those));
      }
      for (const auto& [inbox, channel] : one.forwards) self->send(inbox, forward_ended{channel});
      for (const auto& then : one.then) then();
      one.then.clear();  // what they hold must not live as long as the agents hold the bytes
    }
    viewers.clear();
    if (!env.tail) return;
    for (std::uint8_t group = 0; grown != 0; ++group, grown >>= 1)
      if ((grown & 1) != 0) env.tail->grew(group);
  }

  void start_round() {
    if (round_open || broken || !env.directory) return;
    events_since_round = 0;
    round_open = true;
    ++round;
    round_heads = heads;
    round_of.clear();
    for (auto& one : env.directory->living_channels()) round_of.emplace_back(std::move(one));
    for (auto& one : env.directory->living_inboxes()) round_of.emplace_back(std::move(one));
    asked_at.assign(round_of.size(), 0);
    round_asked = round_busy = 0;
    ask_more();
  }

  /// A restarted actor drops what it was asked and leaves the round unfinished: the settled position stays where it was.
  void go_on_settling(const piece_settled& m) {
    if (m.round != round || !round_open) return;
    round_moved = true;
    if (m.more) return ask_to_settle(m.place);
    --round_busy;
    ask_more();
  }

  void ask_more() {
    while (round_asked < round_of.size() && round_busy < settled_at_once) {
      ++round_busy;
      asked_at[round_asked] = events_since_round;
      ask_to_settle(round_asked++);
    }
    if (round_busy == 0) end_round();
  }

  void ask_to_settle(std::size_t place) {
    // By what came in since the last piece was asked for, however long it was on its way.
    const auto came = events_since_round - std::exchange(asked_at[place], events_since_round);
    const auto urgency = settle_keys_an_event * (1 + events_since_round / env.routing.settle_after_events);
    const auto budget = std::max(settle_keys_min, urgency * came);
    settle piece{round, std::max<std::size_t>(1, budget / round_busy),
                 [me = caf::actor_cast<journal_actor>(self), number = round, place](bool more) {
                   caf::anon_send(me, piece_settled{number, place, more});
                 }};
    std::visit([&](const auto& one) { self->send(one, std::move(piece)); }, round_of[place]);
  }

  void end_round() {
    round_open = false;
    round_of.clear();
    auto mark = std::make_shared<pending_commit>(std::uint8_t{0});
    for (std::uint8_t group = 0; group < keys::groups; ++group) {
      std::string value;
      keys::append_be64(value, round_heads[group]);
      mark->set.put(family::meta, keys::settled_position(group), value);
    }
    take(std::move(mark));
  }

  /// Message ids beyond their retention and commands of before yesterday, a range an account, once a day: the time is behind the
  /// account in their keys. Also what is old of the presences of those who are no users any more.
  void wake_for_due() {
    if (broken || !env.directory || env.now_ns() < due_look_ns) return;
    due_look_ns = env.now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds{std::chrono::hours{1}}.count());
    env.read_aside([&env = env] {
      wake_due_inboxes(env);
      hand_back_orphans(env);
    });
  }

  void drop_old_days() {
    const auto today = keys::day_of(env.now());
    if (broken || !env.directory || today == old_days_dropped_on) return;
    old_days_dropped_on = today;
    const auto kept_days = static_cast<std::uint32_t>((env.routing.id_retention.count() + 23) / 24) + keys::id_bucket_days;
    if (today <= kept_days) return;
    for (const auto& config : env.directory->configurations()) {
      const auto account = config->account.id;
      drop_if_any(family::message_ids, keys::message_id_bucket_prefix(account, 0),
                  keys::message_id_bucket_prefix(account, today - kept_days));
      drop_if_any(family::state, keys::command_ref_day_prefix(account, 0), keys::command_ref_day_prefix(account, today - 1));
      for (const auto user : users_with_presences(env.disk, account)) {
        if (config->users.find(user)) continue;  // their AGENT sees to it
        const auto [from, to] = old_presences(account, user, env.now());
        drop_if_any(family::state, from, to);
      }
    }
  }

  /// A range that holds nothing gets no tombstone: each would cost every reader a little.
  void drop_if_any(family in, const std::string& from, const std::string& to) {
    bool any = false;
    env.disk.scan(in, from, to, [&](std::string_view, std::string_view) {
      any = true;
      return false;
    });
    if (any) env.disk.drop_range(in, from, to);
  }

  void on_tick() {
    if (!std::exchange(round_moved, false)) round_open = false;  // a restart left it unfinished: it is begun again
    if (events_since_round > 0) start_round();
    hurry();  // what nobody hurried
    drop_old_days();
    wake_for_due();
    self->delayed_send(self, env.routing.settle_every, tick{});
  }
};

}  // namespace

journal_actor spawn_journal(caf::actor_system& system, environment& env, bool detached) {
  using hosted = hosted_actor<journal_actor, journal_state>;
  return detached ? system.spawn<hosted, caf::detached>(env, true) : system.spawn<hosted>(env, false);
}

}  // namespace signalbox
