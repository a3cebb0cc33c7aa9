/// Replies on their way out, and what sockets are greeted with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/availability.hpp"
#include "rules/conversation.hpp"

namespace signalbox {

/// A reply for a connector to carry out.
struct delivery {
  message_id message;
  channel_id channel;
  std::string thread;
  std::string to_id, to_name, to_email, to_phone;  ///< the contact; empty: not known
  std::string body;                                ///< members of a JSON object, without braces
  std::uint32_t attempt = 1;
};

/// What became of one, in the connector's word.
struct delivery_status {
  message_id message;
  message_status status{};
  std::string error;
};

struct agent_greeting {
  user who;
  std::uint64_t cursor = 0;  ///< events follow from here
  bool resumed = false;
  bool cursor_too_old = false;  ///< why not resumed, when a cursor was given
  signalbox::availability availability;
  std::vector<conversation> open;  ///< the agent's open conversations, oldest assignment first
};

enum class close_reason { going_away, restarting, unauthorised, forbidden, replaced, too_slow };

}  // namespace signalbox
