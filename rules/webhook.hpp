/// Webhooks as values: what an account's programs are told of over HTTP, and where to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace signalbox {

/// What happens in an account, in the words of its webhooks. Stored by their numbers: they may be added at the end.
enum class happening : std::uint8_t {
  conversation_created,
  message_created,
  comment_created,
  message_status,
  assignment_created,
  assignment_withdrawn,
  conversation_waiting,
  conversation_updated,
  availability_changed,
  configuration_changed,
  contact_created,
  contact_updated,
  contact_deleted,
  contact_merged,
  ticket_created,
  ticket_updated,
  ticket_deleted,
};
inline constexpr std::size_t happenings_known = 17;

[[nodiscard]] std::string_view to_text(happening of);  ///< `message.created`, …
[[nodiscard]] std::optional<happening> parse_happening(std::string_view text);

struct webhook {
  webhook_id id;
  std::string name;  ///< may be empty
  std::string url;
  std::vector<happening> events;  ///< empty: all of them, those of later versions too
  bool on = true;                 ///< off: nothing is sent; switched on again it goes on where it stopped
  std::string secret;             ///< what deliveries are signed with; shown once
  std::string retired_secret;     ///< the one before it, which signs too for a while; empty: it was never rotated
  std::optional<time_point> retired_until;
  std::uint64_t after_position = 0;        ///< of the log, when it was made: what came later is told
  std::optional<time_point> paused_since;  ///< by the server, after long failure; a user resumes it
  std::string paused_reason;
  time_point created_at;
  std::uint64_t version = 1;
  bool operator==(const webhook&) const = default;
  [[nodiscard]] bool runs() const { return on && !paused_since; }
  [[nodiscard]] bool wants(happening what) const;
  [[nodiscard]] std::vector<std::string> secrets_at(time_point at) const;  ///< the newest first
};

inline constexpr std::chrono::hours retired_secret_signs_for{24};

inline constexpr std::size_t webhooks_max = 50;  ///< of one account
inline constexpr std::size_t webhook_url_bytes_max = 2'000;

/// What is wrong with a webhook's URL, in words for its author; nothing: it will do. `http` or `https`, a host, visible ASCII,
/// neither user name nor fragment. Which addresses may be connected to is seen at each attempt, not here.
[[nodiscard]] std::optional<std::string> url_fault(std::string_view url);

}  // namespace signalbox
