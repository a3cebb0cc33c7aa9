/// What a user is told by e-mail (S55): kept with the change that gave the reason, until it is sent.
#pragma once

#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace signalbox {

enum class notice_reason { owner_offline };

/// At most one a conversation is kept: a newer one takes its place.
struct notice {
  user_id to;
  conversation_id conversation;
  channel_id channel;
  message_id message;  ///< the newest one then
  notice_reason reason = notice_reason::owner_offline;
  time_point at{};
  bool operator==(const notice&) const = default;
};

}  // namespace signalbox
