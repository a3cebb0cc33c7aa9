/// The sockets of one agent: each gets every event after its own cursor, whether it catches up or is live.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actors/protocol.hpp"

namespace signalbox {

/// Owned by one AGENT. While one of them catches up the newest events are kept in a ring of at most `ring_events_max`, so that it
/// goes live without another page when it has nearly done so.
class agent_sessions {
public:
  static constexpr std::size_t ring_events_max = 512;

  struct session {
    std::shared_ptr<agent_port> port;
    std::optional<token_id> token;
    std::uint64_t cursor = 0;  ///< of the last event handed over: the next one's `prev`
    std::uint64_t shown = 0;   ///< everything up to here was handed over or isn't the agent's
    std::uint64_t goal = 0;    ///< what there was when it came; everything later is pushed
    bool resumes = false;      ///< came with a cursor that can be gone on from
    bool live = false;
  };

  void add(session_key key, session fresh) { all_[key] = std::move(fresh); }
  [[nodiscard]] session* find(session_key key);
  bool remove(session_key key) { return all_.erase(key) > 0; }
  [[nodiscard]] bool empty() const { return all_.empty(); }

  /// New events, in order; live sessions get them at once. Gives how many were handed over.
  std::size_t push(std::vector<agent_event> events);
  /// To all live sessions, outside of the order (`typing`).
  void push_unordered(const agent_event& one);
  /// Hands a page to a session that has its greeting; true when it is live now, false when it needs the next page from `shown` on.
  [[nodiscard]] bool page(session& to, std::vector<agent_event> events, std::uint64_t up_to, std::uint64_t head);
  /// Closes those whose token isn't one of the account's any more, or all.
  void close_if(const std::function<bool(const session&)>& unwanted, close_reason why);

private:
  bool hand_over(session& to, std::vector<agent_event> events);
  void keep(const std::vector<agent_event>& events);

  std::map<session_key, session> all_;
  std::list<agent_event> ring_;   ///< a list: empty in most agents, and then it is small
  std::uint64_t ring_after_ = 0;  ///< the ring has every event of the agent with a greater position
  bool ring_valid_ = false;
  std::uint64_t newest_ = 0;  ///< cursor of the last event that was pushed; 0: none was
};

}  // namespace signalbox
