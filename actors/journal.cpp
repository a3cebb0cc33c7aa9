#include "actors/journal.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <caf/send.hpp>
#include <unordered_map>

#include "actors/directory.hpp"
#include "actors/hosting.hpp"
#include "actors/seen_ids.hpp"
#include "actors/supervision.hpp"
#include "storage/keys.hpp"
#include "storage/settling.hpp"

namespace signalbox {

namespace {

struct journal_state {
  static constexpr const char* name = "journal";
  static constexpr actor_role role = actor_role::journal;

  journal_actor::pointer self;
  environment& env;

  journal_state(journal_actor::pointer handle, environment& given) : self(handle), env(given) {}

  journal_actor::behavior_type behavior() {
    self->delayed_send(self, env.routing.settle_every, tick{});
    return {
        [this](commit& m) { supervised(*this, [&] { take(std::move(m.what)); }); },
        [this](const flush&) { supervised(*this, [&] { write(); }); },
        [this](const settle_round_done& m) { supervised(*this, [&] { end_round(m.round); }); },
        [this](const tick&) { supervised(*this, [&] { on_tick(); }); },
    };
  }

  std::vector<std::shared_ptr<pending_commit>> waiting;
  bool flush_asked = false;
  bool broken = false;

  // A round of settling: what is below `round_heads` is indexed when everybody has answered.
  std::uint64_t round = 0;
  bool round_open = false;
  std::array<std::uint64_t, keys::groups> round_heads{};
  std::array<std::uint64_t, keys::groups> heads{};
  std::uint64_t events_since_round = 0;
  std::uint32_t ids_dropped_on = 0;

  // Reused from commit to commit.
  std::vector<const change_set*> sets;
  std::unordered_map<caf::actor_id, std::size_t> feed_of;
  struct share {
    agent_actor agent;
    feed_committed what;
  };
  std::vector<share> shares;

  /// There is nothing to load: what was collected goes on with the next flush.
  void restart() { ask_flush(); }

  void ask_flush() {
    if (flush_asked || waiting.empty()) return;
    flush_asked = true;
    // To the end of the own mailbox: everything that is queued now goes into the same commit.
    self->send(self, flush{});
  }

  void take(std::shared_ptr<pending_commit> what) {
    if (broken) return;
    env.probe.queue_depth(queue_kind::journal, 1);
    waiting.push_back(std::move(what));
    ask_flush();
  }

  void write() {
    flush_asked = false;
    if (waiting.empty() || broken) return;
    auto done = std::make_shared<committed_sets>();
    done->sets.swap(waiting);
    waiting.reserve(done->sets.size());
    done->first_positions.resize(done->sets.size());
    env.probe.queue_depth(queue_kind::journal, -static_cast<std::int64_t>(done->sets.size()));

    // Every id given out so far is below this: a restart goes on above it, whatever the clock says.
    auto& last = done->sets.back()->set;
    std::string id_mark;
    keys::append_be64(id_mark, env.ids.last());
    last.put(family::meta, keys::last_id(), id_mark);

    sets.clear();
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    for (const auto& one : done->sets) {
      sets.push_back(&one->set);
      events += one->set.events();
      bytes += one->set.bytes();
    }
    const auto started_ns = env.now_ns();
    try {
      env.disk.commit(sets, done->first_positions);
    } catch (const storage_error& failed) {
      broken = true;
      env.fatal(failed.what());
      return;
    }
    const auto ended_ns = env.now_ns();
    env.probe.commit_done(done->sets.size(), events, bytes, static_cast<double>(ended_ns - started_ns) * 1e-9);
    tell(done, ended_ns);
    events_since_round += events;
    if (events_since_round >= env.routing.settle_after_events) start_round();
  }

  void tell(const std::shared_ptr<committed_sets>& done, std::uint64_t now_ns) {
    shares.clear();
    feed_of.clear();
    for (std::uint32_t i = 0; i < done->sets.size(); ++i) {
      auto& one = *done->sets[i];
      const auto first = done->first_positions[i];
      if (one.set.events() > 0) heads[one.set.group()] = first + one.set.events() - 1;
      if (one.messages > 0 && one.oldest_received_ns > 0)
        env.probe.hop_took(hop::committed, static_cast<double>(now_ns - one.oldest_received_ns) * 1e-9, one.messages);
      for (const auto& reply : one.replies) self->send(reply.channel, reply_accepted{reply.message, first + reply.number});
      for (const auto& share : one.feeds) {
        const auto [place, added] = feed_of.try_emplace(share.agent.id(), shares.size());
        if (added) shares.push_back({share.agent, {done, {}}});
        shares[place->second].what.which.emplace_back(i, share.number);
      }
    }
    // Agents first: an assignment confirms its slot before its INBOX may speak of the slots that it held.
    for (auto& one : shares) self->send(one.agent, std::move(one.what));
    for (std::uint32_t i = 0; i < done->sets.size(); ++i) {
      auto& one = *done->sets[i];
      const auto first = done->first_positions[i];
      if (one.inbox) self->send(*one.inbox, set_committed{one.ticket, first});
      if (one.channel) self->send(*one.channel, set_committed{one.ticket, first});
      if (one.agent) self->send(*one.agent, set_committed{one.ticket, first});
      if (one.account) self->send(*one.account, change_committed{one.ticket});
      for (const auto& [channel, ticket] : one.parts) self->send(channel, part_committed{ticket});
      for (const auto& then : one.then) then();
      one.then.clear();  // what they hold must not live as long as the agents hold the bytes
    }
    shares.clear();
  }

  void start_round() {
    if (round_open || broken || !env.directory) return;
    events_since_round = 0;
    round_open = true;
    ++round;
    for (std::uint8_t group = 0; group < keys::groups; ++group) round_heads[group] = env.disk.head(group);
    const auto channels = env.directory->living_channels();
    const auto inboxes = env.directory->living_inboxes();
    // The last of them to be dropped or to say so ends the round; one that is restarted meanwhile leaves it unfinished, and the
    // settled position stays where it was.
    auto left = std::make_shared<std::atomic<std::size_t>>(channels.size() + inboxes.size() + 1);
    const auto me = caf::actor_cast<journal_actor>(self);
    const auto one_done = [left, me, number = round] {
      if (left->fetch_sub(1) == 1) caf::anon_send(me, settle_round_done{number});
    };
    for (const auto& one : channels) self->send(one, settle{one_done});
    for (const auto& one : inboxes) self->send(one, settle{one_done});
    one_done();
  }

  void end_round(std::uint64_t number) {
    if (number != round || !round_open) return;
    round_open = false;
    auto mark = std::make_shared<pending_commit>(std::uint8_t{0});
    for (std::uint8_t group = 0; group < keys::groups; ++group) {
      std::string value;
      keys::append_be64(value, round_heads[group]);
      mark->set.put(family::meta, keys::settled_position(group), value);
    }
    take(std::move(mark));
  }

  /// Message ids beyond their retention, a range an account, once a day: day is behind account in their keys.
  void drop_old_ids() {
    const auto today = keys::day_of(env.now());
    if (broken || !env.directory || today == ids_dropped_on) return;
    ids_dropped_on = today;
    const auto kept_days = static_cast<std::uint32_t>((env.routing.id_retention.count() + 23) / 24) + 1;
    if (today <= kept_days) return;
    for (const auto& config : env.directory->configurations()) {
      const auto account = config->account.id;
      env.disk.drop_range(family::message_ids, keys::message_id_day_prefix(account, 0),
                          keys::message_id_day_prefix(account, today - kept_days));
    }
  }

  void on_tick() {
    round_open = false;  // one that a restart left unfinished is begun again
    if (events_since_round > 0) start_round();
    drop_old_ids();
    self->delayed_send(self, env.routing.settle_every, tick{});
  }
};

}  // namespace

journal_actor spawn_journal(caf::actor_system& system, environment& env, bool detached) {
  using hosted = hosted_actor<journal_actor, journal_state>;
  return detached ? system.spawn<hosted, caf::detached>(env) : system.spawn<hosted>(env);
}

}  // namespace signalbox
