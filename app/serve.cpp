#include "app/serve.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <csignal>
#include <cstdio>
#include <future>
#include <thread>
#include <utility>

#include "actors/account.hpp"
#include "actors/agent.hpp"
#include "actors/channel.hpp"
#include "actors/clock.hpp"
#include "actors/contacts.hpp"
#include "actors/directory.hpp"
#include "actors/inbox.hpp"
#include "actors/journal.hpp"
#include "actors/pending_commit.hpp"
#include "actors/views.hpp"
#include "actors/webhook.hpp"
#include "actors/webhook_records.hpp"
#include "app/actor_scheduler.hpp"
#include "app/end_signals.hpp"
#include "app/exit_code.hpp"
#include "app/idle_heap.hpp"
#include "app/router_edge.hpp"
#include "app/secrets.hpp"
#include "app/system_time_zones.hpp"
#include "app/version.hpp"
#include "storage/keys.hpp"
#include "storage/rocks_store.hpp"
#include "storage/settling.hpp"
#include "transport/http_api/edge_http_api.hpp"
#include "transport/server.hpp"
#include "transport/webhooks/webhook_client.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox {

namespace {

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

time_point wall_clock() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

/// Nothing may be told any more: not even destructors run, since they might.
[[noreturn]] void end_on_broken_disk(const std::string& what) {
  spdlog::critical("the disk can't be trusted, ending: {}", what);
  spdlog::shutdown();
  ::_exit(number(exit_code::disk));
}

void log_to_spdlog(severity level, const std::string& text) {
  switch (level) {
    case severity::debug:
      return spdlog::debug(text);
    case severity::info:
      return spdlog::info(text);
    case severity::warning:
      return spdlog::warn(text);
    case severity::error:
      return spdlog::error(text);
  }
}

/// As many as the system gives, each socket and each table of the store being one. @return how many those are
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlimit wanted{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  return limit.rlim_cur;
}

/// A quarter for the store, whose tables are 64 MiB at most: a terabyte, where that many are given.
int tables_of(std::size_t descriptors) { return static_cast<int>(std::clamp<std::size_t>(descriptors / 4, 64, 16'384)); }

struct thread_counts {
  unsigned io, actors, readers, writers;
  int store;  ///< RocksDB's own
};

/// One of each on two cores; beyond that the edge and the actors share what there is. JOURNAL has its own thread anyway; two actors' threads
/// give it more to write than one thread can.
thread_counts choose_threads(const server_settings& wanted) {
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  const auto pick = [](std::uint32_t given, unsigned otherwise) { return given > 0 ? given : otherwise; };
  const auto io = pick(wanted.io_threads, std::max(1u, cores / 3));
  const auto actors = pick(wanted.actor_threads, std::max(1u, cores / 3));
  const auto writers = pick(wanted.writer_threads, std::min(actors, 2u));
  return {io, actors, pick(wanted.reader_threads, std::max(2u, cores / 4)), writers > 1 ? 2U : 0U,
          static_cast<int>(std::clamp(cores, 4u, 16u))};
}

constexpr std::string_view operators_key = "admin_token";

/// The operator's token: the configured one, or the one that was made at first start, of which only the hash is kept.
struct operators_access {
  admin_token token;
  std::optional<std::string> made;  ///< now, and neither kept nor shown yet
};

operators_access operators_token(const configuration& with, const store& disk) {
  if (with.server.admin_token) return {admin_token{*with.server.admin_token}, std::nullopt};
  if (auto hash = disk.get(family::meta, operators_key)) return {admin_token::of_hash(std::move(*hash)), std::nullopt};
  auto text = make_admin_token();
  return {admin_token{text}, std::move(text)};
}

std::uint64_t last_id_of(const store& disk) {
  const auto mark = disk.get(family::meta, keys::last_id());
  return mark && mark->size() >= 8 ? keys::read_be64(*mark) : 0;
}

void wake_those_with_work(environment& env, const account_config& of) try {
  const auto any = [&](const std::string& prefix) {
    bool found = false;
    env.disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view) {
      found = true;
      return false;
    });
    return found;
  };
  const auto account = of.account.id;
  of.inboxes.for_each([&](const inbox& one) {
    if (any(keys::waiting_prefix(account, one.id))) (void)env.directory->inbox(account, one.id);
  });
  of.users.for_each([&](const user& one) {
    if (any(keys::assigned_prefix(account, one.id))) (void)env.directory->agent(account, one.id);
  });
} catch (const std::exception& broken) {
  env.fatal(broken.what());
}

/// Inboxes with waiting conversations and agents with automatic ones are woken at the start: time passes for them. Aside, an account after
/// the other: rows that were erased lie in the way until they are merged, a second's after ten million of them.
void wake_those_with_work(environment& env, const std::atomic<bool>& ending, std::vector<config_snapshot> left) {
  if (left.empty() || ending) return;
  env.read_aside([&env, &ending, left = std::move(left)]() mutable {
    wake_those_with_work(env, *left.back());
    left.pop_back();
    wake_those_with_work(env, ending, std::move(left));
  });
}

webhook_port webhook_port_of(webhook_client& posts, const webhook_settings& with) {
  webhook_port port;
  port.write = [](const account_event& what) {
    std::string body;
    append_account_event(body, what);
    return body;
  };
  port.post = [&posts](webhook_post what, std::function<void(webhook_answer)> then) {
    posts.post(std::move(what), std::move(then));
  };
  port.cancel = [&posts](webhook_id which) { posts.cancel(which); };
  port.limits.give_up_after = with.give_up_after;
  port.limits.pause_after = with.pause_after;
  return port;
}

/// Those whose records a server that was killed had not erased yet.
void forget_deleted_webhooks(environment& env) {
  for (const auto& config : env.directory->configurations())
    for (const auto gone : forgotten_webhooks(env.disk, *config)) {
      auto work = std::make_shared<pending_commit>(keys::group_of(config->account.id));
      erase_webhook_records(work->set, env.disk, config->account.id, gone);
      caf::anon_send(env.journal, commit{std::move(work)});
    }
}

/// Everything that was given to JOURNAL, and `last`, is durable when this returns.
void drain_journal(environment& env, std::shared_ptr<pending_commit> last = std::make_shared<pending_commit>(std::uint8_t{0})) {
  std::promise<void> drained;
  last->then.emplace_back([&] { drained.set_value(); });
  caf::anon_send(env.journal, commit{std::move(last)});
  drained.get_future().wait();
}

/// Shown once it is sure that this server will serve, and kept before it is shown.
void keep_and_show(environment& env, const std::string& made) {
  auto work = std::make_shared<pending_commit>(std::uint8_t{0});
  work->set.put(family::meta, operators_key, admin_token{made}.hash());
  drain_journal(env, std::move(work));
  fmt::print("admin token, shown only now: {}\n", made);
}

}  // namespace

int serve(const configuration& with) {
  const auto started_ns = monotonic_ns();
  const auto descriptors = raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);

  const system_time_zones zones;
  probes probe;
  rocks_options storage;
  storage.directory = with.server.data;
  storage.memtable_bytes = with.storage.memtable_bytes;
  storage.block_cache_bytes = with.storage.block_cache_bytes;
  storage.open_tables_max = tables_of(descriptors);
  const auto threads = choose_threads(with.server);
  storage.overlapping = threads.writers > 0;
  storage.background_threads = threads.store;
  const auto disk = open_rocks_store(storage);
  const auto replayed =
      recover(*disk, [](std::uint64_t done, std::uint64_t of) { spdlog::info("recovering: {} of {} events", done, of); });
  probe.recovered(replayed, static_cast<double>(monotonic_ns() - started_ns) * 1e-9);
  auto operators = operators_token(with, *disk);

  boost::asio::thread_pool readers(threads.readers);
  boost::asio::thread_pool workers(2);
  shared_id_clock ids(last_id_of(*disk));
  probe.on_scrape_storage([&disk] {
    const auto now = disk->usage();
    const auto bytes = [](std::uint64_t of) { return static_cast<double>(of); };
    storage_usage told{bytes(now.memtables),         bytes(now.memtables_flushing), bytes(now.block_cache),
                       bytes(now.table_readers),     bytes(now.tables_on_disk),     bytes(now.log_on_disk),
                       bytes(now.compaction_pending)};
    for (std::size_t i = 0; i < now.runs.size(); ++i)
      told.runs.emplace_back(i == static_cast<std::size_t>(family::meta) ? "meta" : family_names.at(i), bytes(now.runs.at(i)));
    told.write_limit = bytes(now.write_limit);
    told.writes_stopped = now.writes_stopped;
    return told;
  });
  idle_beside_waiting watch;
  probe.on_scrape_idle_beside_waiting([&watch] { return watch.oldest_seconds(monotonic_ns()); });
  webhook_ages ages;
  probe.on_scrape_webhooks_oldest([&ages] { return ages.oldest_seconds(wall_clock()); });

  caf::actor_system_config config;
  // Not work stealing: it burns a third of a core when idle and degrades with many runnable actors (docs/decisions).
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", static_cast<std::size_t>(threads.actors));
  config.set("scheduler.max-throughput", std::size_t{64});
  actor_scheduler* scheduler = nullptr;
  if (threads.actors == 1 && threads.io == 1) actor_scheduler::install(config, scheduler);
  caf::actor_system system{config};

  // After the system, so that whom it would wake is let go of before the system ends.
  log_watch tail;
  webhook_client posts{{with.webhooks.timeout, with.webhooks.allow_private, "Signalbox/" + std::string{version_text()}}};
  auto webhooks = webhook_port_of(posts, with.webhooks);
  actor_settings settings;
  settings.presence_grace = with.routing.presence_grace;
  settings.assignment_ack_timeout = with.routing.assignment_ack_timeout;
  settings.id_retention = std::chrono::ceil<std::chrono::hours>(with.storage.id_retention);
  settings.writers = threads.writers;
  environment env{.disk = *disk,
                  .probe = probe,
                  .routing = settings,
                  .ids = ids,
                  .now = wall_clock,
                  .now_ns = monotonic_ns,
                  .chance = random_number,
                  .log = log_to_spdlog,
                  .fatal = end_on_broken_disk,
                  .read_aside = [&readers](std::function<void()> read) { boost::asio::post(readers, std::move(read)); },
                  .directory = nullptr,
                  .journal = journal_actor(),
                  .watch = &watch,
                  .webhooks = &webhooks,
                  .tail = &tail,
                  .ages = &ages,
                  .zones = &zones};
  directory all{*disk,
                {[&](account_id of) { return spawn_account(system, env, of); },
                 [&](account_id of, channel_id which) { return spawn_channel(system, env, of, which); },
                 [&](account_id of, inbox_id which) { return spawn_inbox(system, env, of, which); },
                 [&](account_id of, user_id which) { return spawn_agent(system, env, of, which); },
                 [&](account_id of, webhook_id which) { return spawn_webhook(system, env, of, which); },
                 [&](account_id of) { return spawn_contacts(system, env, of); },
                 [&](account_id of) { return spawn_views(system, env, of); }},
                with.mail};
  all.load();
  env.directory = &all;
  env.journal = spawn_journal(system, env, true);
  write_provisioned(env);
  auto clock = spawn_clock(system, env);

  router_edge edge{env, readers, workers, std::move(operators.token)};
  http_policy policy;
  policy.cors_origins = with.server.cors_origins;
  policy.calls = {with.limits.requests_per_second, with.limits.requests_burst};
  policy.logins = {with.limits.login_failures_per_email, with.limits.login_failures_per_address};
  policy.login_chance = random_number();
  policy.private_webhooks = with.webhooks.allow_private;
  policy.on_failure = [](const std::string& line) { spdlog::error(line); };
  edge_http_api api{edge, env.now, {}, std::move(policy)};
  server_options options;
  options.host = with.server.listen.host;
  options.port = with.server.listen.port;
  options.io_threads = threads.io;
  if (with.server.tls_certificate) options.tls_certificate = with.server.tls_certificate->string();
  if (with.server.tls_key) options.tls_key = with.server.tls_key->string();
  options.limits.credit = with.limits.connector_credit;
  options.limits.agent_backlog_bytes_max = with.limits.agent_backlog_bytes;
  options.limits.connections_max = with.limits.connections;
  options.descriptors_elsewhere = static_cast<std::size_t>(storage.open_tables_max);
  options.limits.flush_within = with.server.drain_timeout;
  int result = number(exit_code::ok);
  std::atomic<bool> ending = false;
  try {
    server listener{std::move(options), edge, api, probe};
    wake_those_with_work(env, ending, env.directory->configurations());
    forget_deleted_webhooks(env);
    all.wake_webhooks();
    edge.set_ready(true);
    if (operators.made) keep_and_show(env, *operators.made);
    listener.start();
    if (scheduler) scheduler->work_on([&listener, scheduler] { listener.post([scheduler] { scheduler->turn(); }); });
    const auto ready_after = static_cast<double>(monotonic_ns() - started_ns) * 1e-9;
    probe.started(version_text(), commit_text(), ready_after);
    fmt::print("signalbox {} ready on {}://{}:{}\n", version_text(), with.server.tls_certificate ? "https" : "http",
               with.server.listen.host, listener.port());
    std::fflush(stdout);
    spdlog::info("ready after {:.3f} s, {} events replayed", ready_after, replayed);

    int signal = 0;
    for (idle_heap heap; (signal = await_end_signal(idle_heap::looked_every)) == 0;) heap.look();
    ending = true;
    spdlog::info("ending after {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
    edge.set_ready(false);
    edge.end_waits();
    listener.stop();
    if (scheduler) scheduler->work_on({});
  } catch (const listen_error& busy) {
    fmt::print(stderr, "signalbox: {}\n", busy.what());
    result = number(exit_code::unavailable);
  } catch (const storage_error& broken) {
    env.fatal(broken.what());  // others are at work already: nothing is taken down under them
  }
  posts.stop();
  workers.join();
  readers.join();
  drain_journal(env);
  all.end_all();
  caf::anon_send_exit(std::exchange(clock, clock_actor()), caf::exit_reason::user_shutdown);
  caf::anon_send_exit(env.journal, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  env.journal = journal_actor();
  return result;
}

}  // namespace signalbox
