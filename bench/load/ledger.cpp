#include "bench/load/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::load {

void ledger::received(const stamp& what, std::uint32_t agent) {
  if (what.number >= sent_) return violated(fmt::format("message {} came, but was never sent", what.number));
  if (what.number >= seen_.size()) seen_.resize(std::max<std::size_t>(what.number + 1, seen_.size() * 2));
  if (seen_[what.number]) return violated(fmt::format("message {} came twice", what.number));
  seen_[what.number] = true;
  ++received_;
  if (promise_ == thread_promise::none) return;
  if (what.thread >= threads_.size()) threads_.resize(std::max<std::size_t>(what.thread + 1, threads_.size() * 2));
  auto& thread = threads_[what.thread];
  if (what.turn != thread.next_turn) {
    violated(fmt::format("thread {}: turn {} came where turn {} was next (message {})", what.thread, what.turn, thread.next_turn,
                         what.number));
  }
  if (thread.next_turn == 0) {
    thread.agent = agent;
  } else if (thread.agent != agent) {
    violated(
        fmt::format("thread {} is agent {}'s, but message {} came to agent {}", what.thread, thread.agent, what.number, agent));
  }
  thread.next_turn = std::max(thread.next_turn, what.turn + 1);
}

void ledger::violated(std::string what) {
  ++violations_;
  if (first_.size() < kept_max) first_.push_back(std::move(what));
}

void ledger::close() {
  if (missing() > 0) violated(fmt::format("{} of {} messages never came", missing(), sent_));
}

}  // namespace signalbox::load
