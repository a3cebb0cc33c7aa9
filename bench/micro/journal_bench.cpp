// JOURNAL by itself, on a real disk (TMPDIR): how many messages a second does it commit, all else being ready? Alone, and with WRITERs.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "actors/journal.hpp"
#include "actors/pending_commit.hpp"
#include "bench/micro/sample_event.hpp"
#include "storage/keys.hpp"
#include "storage/rocks_store.hpp"

namespace signalbox {
namespace {

constexpr std::uint64_t messages_a_set = 64;
constexpr std::size_t sets_under_way = 64;
constexpr std::uint64_t ids_a_piece = 4096;
constexpr account_id account{11};

// Settled in the order of their keys, so many at a time.
std::vector<keys::external_hash> ids_of(std::uint64_t first) {
  std::vector<keys::external_hash> all;
  for (auto number = first; number < first + ids_a_piece; ++number) all.push_back(keys::hash_external_id(std::to_string(number)));
  std::ranges::sort(all);
  return all;
}

std::uint64_t scattered(std::uint64_t number) { return number * 0x9E3779B97F4A7C15; }

// As INBOXes write them: events, the feeds of 50 agents, ids a piece after the other, one conversation opened for every ten.
std::shared_ptr<pending_commit> set_of(std::uint64_t first, const std::vector<keys::external_hash>& ids) {
  auto made = std::make_shared<pending_commit>(keys::group_of(account));
  static const auto body = sample_body();
  auto what = sample_message(body);
  std::string record;
  for (auto number = first; number < first + messages_a_set; ++number) {
    what.message = {number};
    what.conversation = {scattered(number / 10)};
    record.clear();
    encode(record, what);
    const auto event = made->set.add_event(record);
    made->set.feed(keys::feed(account, {100 + scattered(number) % 50}), event);
    made->set.put(family::message_ids, keys::message_id(account, 20'000, what.channel, ids[number % ids_a_piece]),
                  record.substr(0, 8));
    if (number % 10 != 0) continue;
    auto opened = sample_conversation();
    opened.id = what.conversation;
    record.clear();
    encode(record,
           stored_conversation{.value = opened, .indexed_activity = {}, .logged_seq = 0, .indexed_class = {}, .indexed_due = {}});
    made->set.put(family::state, keys::conversation(account, opened.id), record);
    made->set.put(family::state, keys::thread(account, opened.channel, std::to_string(scattered(number))), record.substr(0, 8));
  }
  return made;
}

class temporary_store {
public:
  explicit temporary_store(bool overlapping)
      : path_(std::filesystem::temp_directory_path() / ("signalbox-micro-" + std::to_string(getpid()) + "-journal")) {
    std::filesystem::remove_all(path_);
    store_ = open_rocks_store({.directory = path_, .memtable_bytes = std::size_t{1} << 30, .overlapping = overlapping});
  }
  temporary_store(const temporary_store&) = delete;
  temporary_store& operator=(const temporary_store&) = delete;
  ~temporary_store() {
    store_.reset();
    std::filesystem::remove_all(path_);
  }
  [[nodiscard]] store& get() const { return *store_; }

private:
  std::filesystem::path path_;
  std::unique_ptr<store> store_;
};

// No more messages than what the memtables hold: flushes are RocksDB's, not JOURNAL's.
void journal(benchmark::State& state) {
  const auto messages = static_cast<std::uint64_t>(state.range(1));
  std::vector<std::shared_ptr<pending_commit>> all;
  std::vector<keys::external_hash> ids;
  for (std::uint64_t first = 0; first < messages; first += messages_a_set) {
    if (first % ids_a_piece == 0) ids = ids_of(first);
    all.push_back(set_of(first, ids));
  }
  for (auto _ : state) {
    const auto writers = static_cast<unsigned>(state.range(0));
    const temporary_store disk{writers > 0};
    probes probe;
    shared_id_clock clock{0};
    caf::actor_system_config config;
    config.set("scheduler.policy", caf::atom("sharing"));
    config.set("scheduler.max-threads", std::size_t{1});
    caf::actor_system system{config};
    environment env{.disk = disk.get(),
                    .probe = probe,
                    .routing = {.writers = writers},
                    .ids = clock,
                    .now = [] { return sample_time; },
                    .now_ns = [] { return std::uint64_t{1}; },
                    .chance = [] { return std::uint64_t{1}; },
                    .log = [](severity, const std::string&) {},
                    .fatal =
                        [](const std::string& why) {
                          std::fputs(why.c_str(), stderr);
                          std::_Exit(1);
                        },
                    .read_aside = [](std::function<void()>) {},
                    .directory = nullptr,
                    .journal = journal_actor()};
    auto journal = spawn_journal(system, env, true);
    std::atomic<std::size_t> sent = 0, durable = 0;
    const auto send_next = [&] {
      if (const auto at = sent++; at < all.size()) caf::anon_send(journal, commit{all[at]});
    };
    for (const auto& one : all) {
      one->then.clear();
      one->then.emplace_back([&] {
        send_next();
        if (++durable == all.size()) durable.notify_all();
      });
    }
    const auto begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < sets_under_way; ++i) send_next();
    for (auto now = durable.load(); now != all.size(); now = durable.load()) durable.wait(now);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    caf::anon_send_exit(journal, caf::exit_reason::user_shutdown);
    system.await_all_actors_done();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
}
BENCHMARK(journal)
    ->ArgNames({"writers", "messages"})
    ->ArgsProduct({{0, 2}, {10'000, 300'000}})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace signalbox
