/// Messages on their way in, as views into the frame that brought them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ids.hpp"
#include "rules/refusal.hpp"

namespace signalbox {

/// One message of a connector. All views point into `inbound_frame::text` or its arena; valid as long as the frame is.
struct inbound_message {
  channel_id channel;
  std::string_view external_id;  ///< the connector's id of the message, unescaped; 1–256 bytes
  std::string_view thread;       ///< the connector's name of the conversation, unescaped; 1–256 bytes
  std::string_view from_id;      ///< the channel's own id of the sender; 1–256 bytes
  std::string_view from_name, from_email, from_phone, from_cookie;  ///< empty: not given
  std::string_view subject;                                         ///< empty: none
  std::optional<time_point> sent_at;                                ///< `at`, the connector's word
  /// Members of the history entry's JSON object without braces, valid JSON, ready to be stored and shown:
  /// `"from":{…},"text":"…"[,"newest":…][,"html":…][,"attachments":[…]]`; `newest`: A47.
  std::string_view body;
};

enum class publish_status : std::uint8_t { pending, accepted, duplicate, dropped, rejected };

struct publish_result {
  publish_status status = publish_status::pending;
  std::optional<message_id> message;  ///< accepted; for a duplicate the first one's, when it is known
  std::optional<conversation_id> conversation;
  refusal_code code = refusal_code::invalid;  ///< rejected
};

/// Why the edge rejected a message, for whoever has to mend it.
struct message_fault {
  std::uint32_t message = 0;  ///< its index in the frame
  std::string pointer;        ///< RFC 6901, into the message
  std::string detail;
};

/// One `publish` of a connector (or one POST), possibly for several channels. Made by the edge, then shared: each CHANNEL
/// writes the results of its own messages only, so no lock is needed; the last one to finish answers.
struct inbound_frame {
  std::string text;                       ///< the bytes that came
  std::string arena;                      ///< bytes that had to be rewritten; reserved before views are taken
  std::vector<inbound_message> messages;  ///< syntactically valid ones and rejected ones (results say which)
  std::vector<publish_result> results;    ///< one for each message, by index
  std::vector<message_fault> faults;      ///< of what the edge rejected, ascending; nobody else writes here
  std::string offset;                     ///< the connector's; kept with the batch
  bool has_offset = false;
  std::uint64_t seq = 0;
  account_id account;
  std::optional<token_id> connector;         ///< whose offset it is
  time_point received_at{};                  ///< wall clock, for people
  std::uint64_t received_ns = 0;             ///< monotonic, for histograms
  std::atomic<std::uint32_t> parts_left{0};  ///< channels that have not answered
  /// Called once, on the thread of the last CHANNEL to finish, when everything in the frame is durable.
  std::function<void(inbound_frame&)> answered;
};
using frame_pointer = std::shared_ptr<inbound_frame>;

inline constexpr std::size_t external_id_bytes_max = 256;
inline constexpr std::size_t text_bytes_max = 256 * 1024;
inline constexpr std::size_t publish_messages_max = 512;  ///< `max_batch` of welcome
inline constexpr std::uint32_t credit_default = 4096;
inline constexpr std::size_t frame_bytes_max = 1 << 20;  ///< `max_frame` of welcome

}  // namespace signalbox
