/// Hosts a role's state in a CAF actor. The state is destroyed when the actor ends, not when the last handle goes, so that
/// actors that hold each other don't keep each other.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "actors/environment.hpp"

namespace signalbox {

/// `State` is constructed from (the actor, environment&, arguments…) by the actor's first run, on a scheduler thread: it may read
/// the store and the directory. It has `name`, `role` and `behavior()`.
template <class Handle, class State>
class hosted_actor final : public Handle::base {
public:
  template <class... Arguments>
  explicit hosted_actor(caf::actor_config& config, environment& env, Arguments... arguments)
      : Handle::base(config), env_(env), start_([this, arguments...] { state_.emplace(this, env_, arguments...); }) {
    env_.probe.actors_changed(State::role, 1);
  }

  typename Handle::behavior_type make_behavior() override {
    try {
      std::exchange(start_, nullptr)();
    } catch (const std::exception& broken) {
      env_.fatal(std::string{State::name} + " could not be started: " + broken.what());
      return Handle::behavior_type::make_empty_behavior();
    }
    return state_->behavior();
  }
  void on_exit() override {
    state_.reset();
    env_.probe.actors_changed(State::role, -1);
  }
  const char* name() const override { return State::name; }

private:
  environment& env_;
  std::function<void()> start_;
  std::optional<State> state_;
};

}  // namespace signalbox
