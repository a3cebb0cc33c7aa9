/// Who speaks next in each dialogue of a replay, and whether what comes back is what must. No socket and no clock: the callers
/// tell what happened and when.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "app/replay/script.hpp"
#include "app/replay/tally.hpp"

namespace signalbox {

using steady_time = std::chrono::steady_clock::time_point;

enum class cue_kind { contact_speaks, agent_speaks, agent_closes };

/// One thing to do now.
struct cue {
  cue_kind kind{};
  std::size_t dialogue = 0;
  std::size_t turn = 0;   ///< in the dialogue; meaningless for `agent_closes`
  std::size_t agent = 0;  ///< who does it; meaningless for `contact_speaks`
};

enum class message_fate { accepted, duplicate, refused };

/// A dialogue's contact turns go out one after the other; after an agent's turn the next waits until the reply was delivered.
/// An agent's turn waits until the agent has every contact turn before it. After the last turn the agent closes.
class conductor {
public:
  /// At most `parallel` dialogues are under way at once. `script` must outlive the conductor.
  conductor(const std::vector<dialogue>& script, std::size_t parallel);

  /// The next thing to do, in the order in which they became possible. A contact's turn counts as sent at `now`.
  [[nodiscard]] std::optional<cue> take_cue(steady_time now);

  void message_answered(std::size_t dialogue, std::size_t turn, message_fate fate, steady_time now);

  /// An agent was given the conversation of `thread`, `text` being its newest message.
  void assignment_came(std::size_t agent, std::string_view conversation, std::string_view thread, std::string_view message,
                       std::string_view text, steady_time now);
  void assignment_went(std::size_t agent, std::string_view conversation);
  /// A contact's message reached an agent.
  void message_came(std::size_t agent, std::string_view conversation, std::string_view message, std::string_view text,
                    steady_time now);

  void reply_accepted(std::size_t dialogue);
  void close_accepted(std::size_t dialogue);
  /// The server will never take the reply or the closing.
  void command_refused(std::size_t dialogue);
  /// A reply reached its connector, possibly again.
  void delivery_came(std::string_view thread, std::string_view message, std::string_view text);

  void gap_seen() { ++counted_.gaps; }
  void reconnected() { ++counted_.reconnects; }
  /// The server's offset is behind what it acknowledged.
  void offset_went_back() { ++counted_.lost; }

  [[nodiscard]] bool finished() const { return ended_ == script_.size(); }
  [[nodiscard]] std::size_t dialogues_ended() const { return ended_; }
  /// Empty as long as it isn't known.
  [[nodiscard]] const std::string& conversation_of(std::size_t dialogue) const { return parts_[dialogue].conversation; }
  [[nodiscard]] const std::vector<dialogue>& script() const { return script_; }
  [[nodiscard]] const tally& so_far() const { return counted_; }
  /// With what is only known when nothing more will come.
  [[nodiscard]] tally at_end() const;

private:
  struct part {
    std::vector<std::size_t> contact_turns, agent_turns;
    std::vector<steady_time> sent;  // by contact turn, those that were cued
    std::vector<bool> answered;     // by contact turn
    std::vector<bool> delivered;    // by agent turn
    std::size_t next = 0;           // the first turn that wasn't cued
    std::size_t spoken = 0;         // agent turns cued
    std::size_t answers = 0, heard = 0, accepted = 0, deliveries = 0;
    std::string conversation;
    std::optional<std::size_t> agent;
    std::vector<cue> held;      // for want of an agent
    std::size_t ambiguous = 0;  // messages that an assignment stood for by a text which they share with others
    bool closing = false, closed = false, ended = false;
    std::unordered_set<std::string> messages_seen, deliveries_seen;
  };

  void begin_next();
  void advance(std::size_t dialogue);
  void end(std::size_t dialogue);
  void hear(part& of, std::size_t through, steady_time now);
  [[nodiscard]] std::optional<std::size_t> find_thread(std::string_view thread) const;

  const std::vector<dialogue>& script_;
  std::vector<part> parts_;
  std::deque<cue> cues_;
  std::unordered_map<std::string_view, std::size_t> by_thread_;
  std::unordered_map<std::string, std::size_t> by_conversation_;
  std::size_t begun_ = 0;
  std::size_t ended_ = 0;
  tally counted_;
};

}  // namespace signalbox
