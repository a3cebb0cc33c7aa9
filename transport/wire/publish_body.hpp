/// Messages on their way in: JSON read once, straight into an `inbound_frame`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/contact.hpp"
#include "rules/message.hpp"
#include "rules/refusal.hpp"

namespace signalbox {

inline constexpr std::size_t subject_bytes_max = 1000;
inline constexpr std::size_t attachments_max = 32;
inline constexpr std::size_t attachment_name_bytes_max = 255;
inline constexpr std::size_t attachment_url_bytes_max = 2048;

/// Where the sender may publish.
struct publish_scope {
  std::span<const channel_id> channels;   ///< ascending; a message for any other is rejected as `not_found`
  std::optional<channel_id> when_absent;  ///< the channel of a message that names none; absent: such a one is `invalid`
  std::span<const channel_id> mail{};     ///< those of them that carry e-mail, ascending: its newest part is marked (A47)
};

/// Reads the body of `POST /v1/channels/{id}/messages`: `{"messages":[…]}`. `messages` and `results` of the frame are set: what
/// the edge rejects has `rejected`, its code and its fault, everything else is `pending`. A refusal when nothing of it can be used: not
/// JSON, not an object, no array of messages, more than `publish_messages_max` (`too_large`), a message without a usable id.
[[nodiscard]] outcome<frame_pointer> read_publish_body(std::string body, const publish_scope& scope);

}  // namespace signalbox
