/// What a user writes: a reply or a comment, from the agent socket and from HTTP.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/conversation.hpp"
#include "rules/refusal.hpp"

namespace signalbox {

struct written_body {
  std::string body;               ///< `"text":"…"[,"html":"…"][,"attachments":[…]]`, valid JSON members without braces
  std::vector<user_id> mentions;  ///< of a comment
};

/// Reads `{"text","html"?,"attachments"?,"mentions"?,…}`; unknown members are ignored, so that a whole frame of the agent
/// socket can be passed. Refused as `invalid` with pointers, or `too_large`; something must be said in one of the three.
[[nodiscard]] outcome<written_body> read_written_body(std::string_view json_object);

}  // namespace signalbox
