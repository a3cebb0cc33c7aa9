/// CLOCK: notices within a second that the wall clock was set (or stood still while the machine slept) and says `tick` to all
/// living AGENTs and INBOXes. Their timers count by the monotonic clock, so without it a time of day would be met too late.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

[[nodiscard]] clock_actor spawn_clock(caf::actor_system& system, environment& env);

}  // namespace signalbox
