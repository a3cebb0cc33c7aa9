#include "actors/webhook.hpp"

#include <caf/send.hpp>

#include "actors/account_log.hpp"
#include "actors/directory.hpp"
#include "actors/hosting.hpp"
#include "actors/known_keys.hpp"
#include "actors/pending_commit.hpp"
#include "actors/rows_under_way.hpp"
#include "actors/webhook_records.hpp"
#include "rules/told_changes.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

// How far it is is written this seldom when nothing else is: a crash repeats as much, under the same ids.
constexpr milliseconds keep_every{1'000};
constexpr milliseconds read_again_after{30'000};

// Redeliveries in the rows of callers' keys.
constexpr char redelivery_letter = 'J';
constexpr std::uint64_t not_counted = ~std::uint64_t{0};

struct webhook_state {
  static constexpr const char* name = "webhook";
  static constexpr actor_role role = actor_role::webhook;

  webhook_actor::pointer self;
  environment& env;
  account_id account;
  webhook_id id;
  std::shared_ptr<const webhook> hook;  ///< null: deleted

  webhook_queue queue;
  std::uint64_t life = 0;     ///< of this state: what an earlier one asked for is ignored
  std::uint64_t reading = 0;  ///< 0: nothing is being read
  std::uint64_t last_reading = 0;
  bool watching = false;  ///< the log says when it grows
  bool writing = false;
  bool pausing = false;  ///< ACCOUNT was asked to
  std::optional<time_point> rest_until;
  std::optional<time_point> tick_at;
  time_point kept_at{};
  std::int64_t shown_pending = 0;
  std::vector<std::function<void()>> when_kept;
  std::vector<std::pair<std::string, std::string>> keys_to_keep;  ///< with what is kept next
  std::uint64_t writes = 0;                                       ///< that were begun, each when the one before is durable
  rows_under_way<std::string, std::string> keys_under_way;        ///< those, and what is being written

  webhook_state(webhook_actor::pointer handle, environment& given, account_id of, webhook_id which)
      : self(handle), env(given), account(of), id(which) {
    load();
    self->send(self, tick{});
  }
  webhook_state(const webhook_state&) = delete;
  webhook_state& operator=(const webhook_state&) = delete;
  ~webhook_state() {
    env.probe.webhook_pending_changed(-shown_pending);
    if (env.ages) env.ages->is(id, std::nullopt);
  }

  static webhook_actor::behavior_type behavior() {
    static const webhook_actor::behavior_type shared{
        handler([](webhook_state& me, const log_grew&) {
          me.watching = false;
          me.go();
        }),
        handler([](webhook_state& me, const log_read& m) { me.take(m); }),
        handler([](webhook_state& me, const post_answered& m) { me.attempted(m); }),
        handler([](webhook_state& me, const progress_kept& m) { me.kept(m); }),
        handler([](webhook_state& me, ask_redelivery& m) { me.redeliver(m); }),
        handler([](webhook_state& me, delivery_found& m) { me.send_again(m); }),
        handler([](webhook_state& me, const config_changed& m) { me.follow(*m.config); }),
        handler([](webhook_state& me, const tick&) {
          me.tick_at.reset();
          me.go();
        }),
    };
    return shared;
  }

  void load() {
    life = env.next_id();
    const auto config = env.directory->configuration(account);
    hook = config ? config->webhooks.share(id) : nullptr;
    queue = webhook_queue{};
    if (hook) queue.restore(load_webhook_progress(env.disk, account, *hook), load_webhook_deliveries(env.disk, account, id));
  }

  /// What is on its way is sent once more: its outcome is of an earlier life.
  void restart() {
    reading = 0;
    writing = pausing = false;
    when_kept.clear();
    keys_to_keep.clear();
    keys_under_way.forget_behind(writes);  // the others become durable
    load();
    go();
  }

  [[nodiscard]] webhook_actor me() const { return caf::actor_cast<webhook_actor>(self); }

  void go() {
    if (!hook) return end();
    if (hook->runs() && !pausing) {
      read_more();
      for (const auto& one : queue.take_due(env.now())) post(one);
    }
    show();
    keep();
    set_timer();
  }

  [[nodiscard]] bool log_is_ahead() const { return queue.scanned() < env.disk.head(keys::group_of(account)) * 2 + 1; }

  void read_more() {
    if (reading != 0 || queue.room() == 0 || (rest_until && env.now() < *rest_until)) return;
    rest_until.reset();
    if (!log_is_ahead()) {
      if (!watching) {
        watching = true;
        env.tail->wait(keys::group_of(account), [to = me()] { caf::anon_send(to, log_grew{}); });
      }
      if (!log_is_ahead()) return;
    }
    reading = ++last_reading;
    env.read_aside([&env = env, to = me(), of = account, wanted = hook, number = reading, after = queue.scanned(),
                    room = queue.room(), life = life] {
      log_read found;
      found.life = life;
      found.reading = number;
      try {
        const auto looked = scan_account_log(env.disk, of, after, {}, [&](happening what, std::uint64_t place, const event& one) {
          if (!wanted->wants(what) || is_of(one.changed, wanted->id)) return true;
          if (found.items.size() >= room) return false;
          found.items.push_back({place, what, one.conversation, about_of(one)});
          return true;
        });
        found.up_to = looked.up_to;
      } catch (const storage_error& broken) {
        return env.fatal(broken.what());
      } catch (const std::exception& thrown) {
        env.log(severity::error, std::string{"a webhook could not read the log: "} + thrown.what());
        found.failed = true;
      }
      caf::anon_send(to, std::move(found));
    });
  }

  void take(const log_read& m) {
    if (m.life != life || m.reading != reading) return;
    reading = 0;
    if (m.failed) {
      rest_until = env.now() + read_again_after;
      return set_timer();
    }
    if (m.up_to <= queue.scanned()) rest_until = env.now() + read_again_after;  // a log with a gap: no reason to turn in circles
    for (const auto& one : m.items) queue.add(one.place, one.what, one.conversation, one.about);
    queue.scanned_to(m.up_to);
    go();
  }

  void post(const webhook_queue::start& one) {
    env.read_aside([&env = env, to = me(), of = account, hook = hook, one, life = life, at = env.now()] {
      const auto ended = [to, one, life](webhook_answer answer) {
        caf::anon_send(to, post_answered{life, one, std::move(answer)});
      };
      try {
        const auto what = read_account_event(env.disk, of, one.place);
        if (!what) return ended({0, "it is not in the log", false});
        env.webhooks->post({hook->id, hook->url, hook->secrets_at(at), to_text(what->id()), env.webhooks->write(*what), at},
                           ended);
      } catch (const storage_error& broken) {
        env.fatal(broken.what());
      } catch (const std::exception& thrown) {
        env.log(severity::error, std::string{"a delivery could not be made ready: "} + thrown.what());
        ended({0, "it could not be made ready", false});
      }
    });
  }

  void attempted(const post_answered& m) {
    if (m.life != life || !hook || m.answer.cancelled) return;
    const auto now = env.now();
    const auto became = queue.done(m.which, m.answer, now, env.webhooks->limits.give_up_after, env.chance());
    if (!became) return;
    switch (*became) {
      case webhook_queue::verdict::delivered:
        env.probe.webhook_attempted(webhook_outcome::delivered);
        break;
      case webhook_queue::verdict::again:
        env.probe.webhook_attempted(webhook_outcome::failed);
        break;
      case webhook_queue::verdict::dead:
        env.probe.webhook_attempted(webhook_outcome::dead);
        break;
    }
    if (hook->runs() && !pausing)
      if (auto reason = pause_reason(queue.progress(), env.webhooks->limits, now)) pause(std::move(*reason));
    go();
  }

  void pause(std::string reason) {
    const auto config_owner = env.directory->account(account);
    if (!config_owner) return;
    pausing = true;
    env.probe.webhook_paused();
    env.log(severity::warning, "webhook " + to_text(id) + " is paused: " + reason);
    using both = std::pair<config_snapshot, touched>;
    caf::anon_send(*config_owner, change_account{principal{}, pause_webhook{id, std::move(reason)}, std::nullopt,
                                                 make_answer<both>([](const outcome<both>&) {})});
  }

  void follow(const account_config& now) {
    const auto before = std::exchange(hook, now.webhooks.share(id));
    if (!hook) return end();
    pausing = pausing && !hook->paused_since;
    if (before && hook->runs() && (!before->runs() || hook->url != before->url)) {
      pausing = false;
      queue.start_over();
    }
    go();
  }

  void redeliver(ask_redelivery& m) {
    if (!hook) return m.then->give(refuse(refusal_code::not_found, "there is no such webhook"));
    std::string key_row;
    if (m.key && m.by.user) {
      auto known = look_up_key(account, *m.by.user, "redelivery " + *m.key, env.now(), env.disk,
                               [this](const std::string& row) { return keys_under_way.find(row); });
      if (known.done_then)
        if (const auto count = number_in_key_record(*known.done_then, redelivery_letter))
          return answer_when_kept({}, std::move(m.then), *count == not_counted ? std::nullopt : std::optional{*count});
      key_row = std::move(known.row);
    }
    std::optional<std::size_t> sent;
    if (m.what.one) {
      const auto place = m.what.one->value;
      if (!queue.knows(place)) return look_up(place, std::move(key_row), std::move(m.then));
      sent = queue.send_again(place);
    } else if (m.what.from) {
      queue.rewind(place_before_position(*m.what.from));
      reading = 0;
    } else {
      sent = queue.send_all_dead_again();
    }
    answer_when_kept(std::move(key_row), std::move(m.then), sent);
  }

  void look_up(std::uint64_t place, std::string key_row, answer_pointer<std::optional<std::size_t>> then) {
    if (place > queue.scanned()) return then->give(refuse(refusal_code::not_found, "there is no such delivery"));
    env.read_aside([&env = env, to = me(), of = account, place, life = life, key_row = std::move(key_row),
                    then = std::move(then)]() mutable {
      try {
        const auto what = read_account_event(env.disk, of, place);
        if (!what) return then->give(refuse(refusal_code::not_found, "there is no such delivery"));
        caf::anon_send(to, delivery_found{life,
                                          {place, what->what, what->of.what.conversation, about_of(what->of.what)},
                                          std::move(key_row),
                                          std::move(then)});
      } catch (const storage_error& broken) {
        env.fatal(broken.what());
      }
    });
  }

  void send_again(delivery_found& m) {
    if (m.life != life || !hook) return;  // what asked is answered that it was restarted
    if (m.what.place > queue.scanned() || queue.knows(m.what.place))
      return answer_when_kept(std::move(m.key_row), std::move(m.then), 1);
    answer_when_kept(std::move(m.key_row), std::move(m.then),
                     queue.send_again(m.what.place, m.what.what, m.what.conversation, m.what.about));
  }

  void answer_when_kept(std::string key_row, answer_pointer<std::optional<std::size_t>> then, std::optional<std::size_t> sent) {
    if (!key_row.empty()) {
      auto record = key_record(env.now(), redelivery_letter, sent ? std::uint64_t{*sent} : not_counted);
      keys_under_way.put(key_row, record, writes + 1);
      keys_to_keep.emplace_back(std::move(key_row), std::move(record));
    }
    when_kept.emplace_back([then = std::move(then), sent] { then->give(sent); });
    go();
  }

  void keep() {
    if (writing || (!queue.dirty() && when_kept.empty())) return;
    const auto now = env.now();
    if (!queue.records_changed() && when_kept.empty() && now < kept_at + keep_every) return;
    kept_at = now;
    writing = true;
    ++writes;
    if (env.ages) env.ages->is(id, queue.failing_longest());
    auto work = std::make_shared<pending_commit>(keys::group_of(account));
    const auto changes = queue.take_changes();
    std::string record;
    for (const auto& one : changes.put) {
      record.clear();
      encode(record, one);
      work->set.put(family::state, keys::webhook_delivery(account, id, one.place), record);
    }
    for (const auto place : changes.erased) work->set.erase(family::state, keys::webhook_delivery(account, id, place));
    record.clear();
    encode(record, changes.progress);
    work->set.put(family::state, keys::webhook_progress(account, id), record);
    for (const auto& [row, used] : std::exchange(keys_to_keep, {})) work->set.put(family::state, row, used);
    work->then = std::exchange(when_kept, {});
    work->then.emplace_back([to = me(), life = life] { caf::anon_send(to, progress_kept{life}); });
    self->send(env.journal, commit{std::move(work)});
  }

  void kept(const progress_kept& m) {
    if (m.life != life) return;
    writing = false;
    keys_under_way.committed(writes);
    go();
  }

  /// Deleted: nothing goes out any more. Its records are erased behind what is being written of them.
  void end() const {
    env.webhooks->cancel(id);
    if (writing) return;
    auto work = std::make_shared<pending_commit>(keys::group_of(account));
    erase_webhook_records(work->set, env.disk, account, id);
    self->send(env.journal, commit{std::move(work)});
    self->quit();
  }

  void set_timer() {
    auto next = hook->runs() && !pausing ? queue.next_due() : std::nullopt;
    const auto sooner = [&](time_point at) {
      if (!next || at < *next) next = at;
    };
    if (queue.dirty() && !writing) sooner(kept_at + keep_every);
    if (rest_until) sooner(*rest_until);
    if (!next || (tick_at && *tick_at <= *next)) return;
    tick_at = next;
    self->delayed_send(self, std::max(*next - env.now(), milliseconds{1}), tick{});
  }

  void show() {
    const auto pending = static_cast<std::int64_t>(queue.pending());
    env.probe.webhook_pending_changed(pending - std::exchange(shown_pending, pending));
  }
};

}  // namespace

webhook_actor spawn_webhook(caf::actor_system& system, environment& env, account_id of, webhook_id which) {
  return system.spawn<hosted_actor<webhook_actor, webhook_state>>(env, of, which);
}

}  // namespace signalbox
