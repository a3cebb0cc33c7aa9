/// How an actor answers who isn't one: a promise that is always kept.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "rules/refusal.hpp"

namespace signalbox {

/// Answers exactly once: dropped unanswered, it answers `unavailable`, so that nobody waits in silence on an actor that died.
template <class T>
class answer {
public:
  explicit answer(std::function<void(outcome<T>)> to) : to_(std::move(to)) {}
  answer(const answer&) = delete;
  answer& operator=(const answer&) = delete;
  ~answer() { give(refuse(refusal_code::unavailable, "what would have answered was restarted; try again")); }
  void give(outcome<T> what) {
    if (auto to = std::exchange(to_, nullptr)) to(std::move(what));
  }

private:
  std::function<void(outcome<T>)> to_;
};
template <class T>
using answer_pointer = std::shared_ptr<answer<T>>;
template <class T>
[[nodiscard]] answer_pointer<T> make_answer(std::function<void(outcome<T>)> to) {
  return std::make_shared<answer<T>>(std::move(to));
}

}  // namespace signalbox
