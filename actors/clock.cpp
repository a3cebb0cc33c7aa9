#include "actors/clock.hpp"

#include <caf/send.hpp>

#include "actors/directory.hpp"
#include "actors/hosting.hpp"

namespace signalbox {

namespace {

constexpr milliseconds looks_every{1000};
constexpr milliseconds step_min{250};  ///< less is the reading of two clocks one after the other

struct clock_state {
  static constexpr const char* name = "clock";
  static constexpr actor_role role = actor_role::clock;

  clock_actor::pointer self;
  environment& env;
  milliseconds ahead;  ///< the wall clock, of the monotonic one

  clock_state(clock_actor::pointer handle, environment& given) : self(handle), env(given), ahead(ahead_now()) {
    self->delayed_send(self, looks_every, tick{});
  }

  static clock_actor::behavior_type behavior() {
    static const clock_actor::behavior_type shared{handler([](clock_state& me, const tick&) { me.look(); })};
    return shared;
  }

  void restart() const { self->delayed_send(self, looks_every, tick{}); }

  [[nodiscard]] milliseconds ahead_now() const {
    return env.now().time_since_epoch() - milliseconds{static_cast<std::int64_t>(env.now_ns() / 1'000'000)};
  }

  void look() {
    const auto now = ahead_now();
    const auto step = now - ahead;
    if (step >= step_min || step <= -step_min) {
      ahead = now;
      env.log(severity::info, "the clock was set by " + std::to_string(step.count()) + " ms");
      for (const auto& one : env.directory->living_agents()) self->send(one, tick{});
      for (const auto& one : env.directory->living_inboxes()) self->send(one, tick{});
    }
    self->delayed_send(self, looks_every, tick{});
  }
};

}  // namespace

clock_actor spawn_clock(caf::actor_system& system, environment& env) {
  return system.spawn<hosted_actor<clock_actor, clock_state>>(env);
}

}  // namespace signalbox
