// An actor message: one at a time there and back, and a batch behind one shared pointer.
#include <benchmark/benchmark.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <memory>
#include <vector>

namespace signalbox {

struct handed_on {
  std::shared_ptr<const std::vector<std::uint64_t>> batch;
  std::uint32_t hops_left = 0;
};

}  // namespace signalbox

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::handed_on)

namespace signalbox {
namespace {

struct partner_state {
  caf::actor other;
  caf::actor report_to;
};

caf::behavior partner(caf::stateful_actor<partner_state>* self, std::uint64_t /*number*/) {
  return {
      [self](const caf::actor& other, const caf::actor& report_to) {
        self->state.other = other;
        self->state.report_to = report_to;
      },
      [self](handed_on what) {
        for (const auto each : *what.batch) benchmark::DoNotOptimize(each);
        if (what.hops_left == 0) {
          self->send(self->state.report_to, caf::ok_atom_v);
        } else {
          --what.hops_left;
          self->send(self->state.other, std::move(what));
        }
      },
  };
}

void actor_hop(benchmark::State& state) {
  constexpr std::uint32_t hops = 10'000;
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  const auto one = system.spawn(partner, 1);
  const auto two = system.spawn(partner, 2);
  const caf::actor here{self.ptr()};
  self->send(one, two, here);
  self->send(two, one, here);
  const auto batch = std::make_shared<const std::vector<std::uint64_t>>(static_cast<std::size_t>(state.range(0)), 42);
  for (auto _ : state) {
    self->send(one, handed_on{batch, hops});
    self->receive([](caf::ok_atom) {});
  }
  state.SetItemsProcessed(state.iterations() * hops * state.range(0));
  state.counters["hops"] = benchmark::Counter(static_cast<double>(state.iterations()) * hops, benchmark::Counter::kIsRate);
  self->send_exit(one, caf::exit_reason::user_shutdown);
  self->send_exit(two, caf::exit_reason::user_shutdown);
}
BENCHMARK(actor_hop)->ArgName("batch")->Arg(1)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace signalbox
