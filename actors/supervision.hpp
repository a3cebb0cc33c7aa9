/// Restart in place: a handler that throws is caught at the handler, and the actor's state is made anew from the store behind
/// the same handle, so that nobody holds a dead one. A broken disk is not an actor's to survive.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "actors/environment.hpp"

namespace signalbox {

/// Wraps one handler of `State`, which has `environment& env`, `static constexpr actor_role role` and `void restart()`.
/// `restart` drops what waits (their answers then say `unavailable`) and loads again.
template <class State, class F>
void supervised(State& state, F&& handler) {
  try {
    std::forward<F>(handler)();
  } catch (const storage_error& broken) {
    state.env.fatal(broken.what());
  } catch (const std::exception& thrown) {
    state.env.log(severity::error, std::string{State::name} + " restarts after: " + thrown.what());
    state.env.probe.actor_restarted(State::role);
    try {
      state.restart();
    } catch (const std::exception& again) {
      state.env.fatal(std::string{State::name} + " could not be restarted: " + again.what());
    }
  }
}

}  // namespace signalbox
