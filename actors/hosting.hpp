/// Hosts a role's state in a CAF actor. The state is destroyed when the actor ends, not when the last handle goes, so that
/// actors that hold each other don't keep each other. All actors of a role share one set of handlers, which CAF would otherwise make for
/// each: some forty bytes a handler, a quarter of what an idle actor takes.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "actors/environment.hpp"
#include "actors/supervision.hpp"

namespace signalbox {

/// Of the actor that this thread runs, if it is of that role.
template <class State>
inline thread_local constinit State* running = nullptr;

template <class State, class Message, class F>
struct shared_handler {
  void operator()(Message m) const {
    auto& me = *running<State>;
    supervised(me, [&] { F{}(me, m); });
  }
};

/// Makes a handler of what a role does about a message, a lambda `(State&, Message&)` or `(State&, const Message&)` that captures
/// nothing; supervised.
template <class F>
auto handler(F) {
  return []<class State, class Message>(void (F::*)(State&, Message) const) {
    return shared_handler<State, Message, F>{};
  }(&F::operator());
}

/// `State` is constructed from (the actor, environment&, arguments…) by the actor's first run, on a scheduler thread: it may read
/// the store and the directory. It has `name`, `role` and a static `behavior()`, made of `handler`s, that gives each actor the same.
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
      running<State> = &*state_;
    } catch (const std::exception& broken) {
      env_.fatal(std::string{State::name} + " could not be started: " + broken.what());
      return Handle::behavior_type::make_empty_behavior();
    }
    return State::behavior();
  }
  caf::resumable::resume_result resume(caf::execution_unit* on, std::size_t messages_max) override {
    running<State> = state_ ? &*state_ : nullptr;
    return Handle::base::resume(on, messages_max);
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
