/// How the agents of one account stand, as their AGENTs last said: each AGENT writes its own place, INBOXes read what changed
/// when they are about to choose. So a statement costs the same however many inboxes an agent serves (docs/decisions/0020).
/// Thread-safe; a call holds the one lock for as long as it copies.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/protocol.hpp"
#include "rules/assignment.hpp"

namespace signalbox {

class standing_board {
public:
  struct statement {
    agent_standing now;
    bool by_time = false;  ///< nobody did anything: others of the same timetable are about to say the same
  };

  // ---- called by AGENT

  /// Replaces what it said before. Who listens to this agent, sleeps, and could give them more than before is to be woken by
  /// the caller: it doesn't sleep any more. The first statement wakes every listener that sleeps.
  [[nodiscard]] std::vector<inbox_actor> say(const agent_standing& now, bool by_time);

  // ---- called by INBOX

  /// Wakes `inbox` for this agent from now on. Nothing: their AGENT has not spoken yet.
  std::optional<agent_standing> listen(inbox_id inbox, user_id to);
  void ignore(inbox_id inbox, user_id who);

  /// Replaces `into` by what those in `of` said after `seen`, each once, and moves `seen` on. Costs the lesser of how many in the
  /// account have spoken since and how many are in `of`; without the lock when nobody has. `seen` 0: everything.
  void read(std::uint64_t& seen, const std::unordered_set<user_id>& of, std::vector<statement>& into) const;

  /// `who` has read up to `seen`, has somebody waiting and nothing to do: to be woken, once. False: somebody has spoken since.
  [[nodiscard]] bool sleep(inbox_id inbox, const inbox_actor& who, std::uint64_t seen);

private:
  struct place {
    statement said;
    std::uint64_t version = 0;  ///< 0: has not spoken
    std::unordered_set<inbox_id> listeners;
    std::list<place*>::iterator turn;  ///< once it has spoken
  };

  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> version_{0};  ///< rises with every statement; written under the lock
  std::unordered_map<user_id, place> places_;
  std::list<place*> by_version_;  ///< who has spoken, the newest last
  std::unordered_map<inbox_id, inbox_actor> asleep_;
};

}  // namespace signalbox
