/// Sockets, as actors see them; the edge implements them. An actor shares them with the edge and lets go of one that was closed.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/account_changes.hpp"
#include "rules/delivery.hpp"
#include "rules/event.hpp"
#include "rules/view.hpp"

namespace signalbox {

using session_key = std::uint64_t;  ///< a socket, as long as the server lives

/// A connector's socket, as CHANNEL sees it. Called on scheduler threads; must not block.
class connector_port {
public:
  virtual ~connector_port() = default;
  virtual void deliver(std::vector<delivery> all) = 0;
  virtual void channel_changed(const channel& now) = 0;
  virtual void channel_gone(channel_id which) = 0;
  virtual void close(close_reason why) = 0;
};

/// An agent's socket, as AGENT sees it. Called on scheduler threads; must not block. `push` says false when the socket takes no
/// more: AGENT forgets it, and the client resumes from its cursor.
class agent_port {
public:
  virtual ~agent_port() = default;
  virtual void greet(agent_greeting hello) = 0;
  virtual bool push(std::vector<agent_event> events) = 0;
  virtual void close(close_reason why) = 0;
};

/// An agent's socket, as VIEWS sees it. Called on scheduler threads; must not block.
class view_port {
public:
  virtual ~view_port() = default;
  /// Takes the place of a picture that the client wasn't sent yet.
  virtual void show(std::uint32_t watch, view_pointer now) = 0;
  virtual void end(std::uint32_t watch, refusal why) = 0;
};

}  // namespace signalbox
