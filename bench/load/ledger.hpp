/// What was sent and what came, over all runs of one program: each message once, each thread in order and to one agent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/stamp.hpp"

namespace signalbox::load {

/// Whether the target promises that a thread's messages come in order and to one agent.
enum class thread_promise { kept, none };

class ledger {
public:
  explicit ledger(thread_promise promise) : promise_(promise) {}

  /// The messages of a program run are numbered without a gap, so a count says which were sent.
  void sent(std::uint64_t messages) { sent_ += messages; }
  void received(const stamp& what, std::uint32_t agent);
  /// Anything else that must not happen: counted, and the first few kept in words.
  void violated(std::string what);

  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t missing() const { return sent_ - received_; }
  /// Called when everything must have come: what is missing counts as a violation.
  void close();
  [[nodiscard]] std::uint64_t violations() const { return violations_; }
  [[nodiscard]] const std::vector<std::string>& first_violations() const { return first_; }

private:
  static constexpr std::size_t kept_max = 10;

  struct thread_state {
    std::uint32_t next_turn = 0;
    std::uint32_t agent = 0;
  };

  thread_promise promise_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;  ///< different ones
  std::vector<bool> seen_;
  std::vector<thread_state> threads_;
  std::uint64_t violations_ = 0;
  std::vector<std::string> first_;
};

}  // namespace signalbox::load
