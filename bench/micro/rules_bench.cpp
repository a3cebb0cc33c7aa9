// Choosing an agent among those of a channel's rule.
#include <benchmark/benchmark.h>

#include "rules/assignment.hpp"

namespace signalbox {
namespace {

constexpr time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours{12}};

candidate_pool pool_of(std::uint64_t agents, strategy by) {
  account_config config;
  const inbox in{.id = {1}, .name = "Inbox", .is_default = true, .access = {}, .created_at = noon};
  channel on;
  on.id = {2};
  on.inbox = in.id;
  on.assignment.enabled = true;
  on.assignment.strategy = by;
  for (std::uint64_t i = 0; i < agents; ++i) {
    user one;
    one.id = {100 + i};
    one.seat = seat::paid;
    config.users.set(one.id, one);
    on.assignment.candidates.users.push_back(one.id);
  }
  config.inboxes.set(in.id, in);
  config.channels.set(on.id, on);
  candidate_pool pool;
  pool.configure(config, in, on);
  for (std::uint64_t i = 0; i < agents; ++i) {
    agent_standing standing;
    standing.user = {100 + i};
    standing.epoch = 1;
    standing.status = presence::available;
    standing.open = static_cast<std::uint32_t>(i * 7 % 50);
    standing.idle_since = noon - std::chrono::seconds{i};
    pool.update(standing);
  }
  return pool;
}

void choose(benchmark::State& state) {
  auto pool = pool_of(static_cast<std::uint64_t>(state.range(0)), static_cast<strategy>(state.range(1)));
  auto now = noon;
  std::uint64_t chance = 1;
  for (auto _ : state) {
    decision why;
    const auto chosen = pool.choose(now, chance *= 0x9E3779B97F4A7C15ull, {}, why);
    if (!chosen) return state.SkipWithError("nobody was chosen");
    benchmark::DoNotOptimize(why);
    now += milliseconds{1};
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(choose)
    ->ArgNames({"agents", "strategy"})
    ->ArgsProduct({{50, 1'000, 10'000}, {static_cast<int>(strategy::balanced), static_cast<int>(strategy::round_robin)}});

void access_of_user(benchmark::State& state) {
  user who;
  who.id = {5};
  who.seat = seat::paid;
  access_list list{.mode = access_mode::specific, .users = {}, .teams = {}};
  for (std::int64_t i = 0; i < state.range(0); ++i) list.users.push_back({static_cast<std::uint64_t>(10 + i)});
  list.users.push_back(who.id);
  for (auto _ : state) benchmark::DoNotOptimize(access_of(who, list));
}
BENCHMARK(access_of_user)->Arg(10)->Arg(1'000);

}  // namespace
}  // namespace signalbox
