/// The parts of a message that connectors and users write alike, and the array of messages of a publish. Internal to transport/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/message.hpp"
#include "rules/refusal.hpp"
#include "transport/wire/json_in.hpp"
#include "transport/wire/publish_body.hpp"

namespace signalbox {

/// Nothing of the frame can be used.
struct frame_fault {
  refusal_code code = refusal_code::invalid;
  std::string reason;
  std::string pointer{};  ///< RFC 6901, into the frame; empty: all of it
};

/// `attachments`: each `{"name","type","size","url"|"data"}`.
struct attachments_read {
  std::string_view fault;  ///< empty: none
  std::string pointer;     ///< of the fault, behind `/attachments`
  std::string json;        ///< rewritten with what we know of them only; empty: there are none
};
[[nodiscard]] attachments_read read_attachments(json_in::value& from);

/// Reads every element of `from` into `into.messages` and `into.results`. @pre the document is `into.text`. Throws frame_fault
/// and json_in::not_json.
void read_messages(json_in::document& document, json_in::array& from, const publish_scope& scope, inbound_frame& into);

}  // namespace signalbox
