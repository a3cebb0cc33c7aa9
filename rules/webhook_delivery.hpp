/// Deliveries to webhooks as values, and when they are tried again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/account_event.hpp"

namespace signalbox {

/// Stored by their numbers.
enum class webhook_delivery_state : std::uint8_t {
  pending,  ///< will be tried, or waits behind an earlier one of its conversation
  dead,     ///< given up; a user may have it tried again
  delivered,
};
[[nodiscard]] std::string_view to_text(webhook_delivery_state of);
[[nodiscard]] std::optional<webhook_delivery_state> parse_webhook_delivery_state(std::string_view text);

/// One happening on its way to one webhook.
struct webhook_delivery {
  std::uint64_t place = 0;
  happening what{};
  conversation_id conversation;  ///< 0: of none
  std::uint64_t about = 0;       ///< of no conversation: the contact or resource that it tells of
  webhook_delivery_state state = webhook_delivery_state::pending;
  std::uint32_t attempts = 0;
  std::optional<time_point> first_at;  ///< attempts'
  std::optional<time_point> last_at;
  std::optional<time_point> next_at;  ///< pending: not before
  std::uint32_t http_status = 0;      ///< of the last attempt; 0: there was no answer
  std::string error;                  ///< of the last attempt; empty: none
  bool operator==(const webhook_delivery&) const = default;
  [[nodiscard]] account_event_id id() const { return {place}; }
  /// Those of one line go in order. Ids are never given out twice, whatever they name.
  [[nodiscard]] std::uint64_t line() const { return conversation.value != 0 ? conversation.value : about; }
};

inline constexpr std::size_t recent_deliveries_max = 50;

/// What a user wants sent again: one delivery, everything from a position of the log on, or, with neither, all that is dead.
struct redelivery {
  std::optional<account_event_id> one;
  std::optional<std::uint64_t> from;
};

/// How far one webhook is.
struct webhook_progress {
  std::uint64_t cursor = 0;  ///< what is at or before this place is delivered, or has a record of its own
  std::optional<time_point> failing_since;
  std::uint32_t dead_in_a_row = 0;
  std::vector<webhook_delivery> recent;  ///< delivered ones, the oldest first
  bool operator==(const webhook_progress&) const = default;
};

/// `[webhooks]` of the configuration. A time of 0 switches off what it is the time of.
struct webhook_limits {
  milliseconds give_up_after = std::chrono::hours{24};  ///< one delivery, from its first attempt
  milliseconds pause_after = std::chrono::days{3};      ///< a webhook whose every attempt failed for that long
  std::uint32_t dead_in_a_row_max = 1'000;              ///< and one of which so many were given up with none delivered
};

/// How long to wait after so many attempts failed: 2 s, doubled each time up to an hour, a fifth more or less by `chance`.
[[nodiscard]] milliseconds back_off(std::uint32_t attempts, std::uint64_t chance);
/// When to try again what failed just now; nothing: give it up.
[[nodiscard]] std::optional<time_point> next_attempt(std::uint32_t attempts, time_point first_at, time_point now,
                                                     milliseconds give_up_after, std::uint64_t chance);
/// Why a webhook must pause, in a sentence; nothing: it goes on.
[[nodiscard]] std::optional<std::string> pause_reason(const webhook_progress& of, const webhook_limits& within, time_point now);

/// One attempt, for whoever can speak HTTP.
struct webhook_post {
  webhook_id webhook;
  std::string url;
  std::vector<std::string> secrets;  ///< it is signed with each
  std::string id;                    ///< the delivery's, the same in every attempt
  std::string body;
  time_point at{};  ///< signed with it
};
/// What became of it.
struct webhook_answer {
  std::uint32_t http_status = 0;  ///< 0: no answer
  std::string error;              ///< one sentence when there was none
  bool cancelled = false;         ///< given up by this side: says nothing of the receiver
  [[nodiscard]] bool good() const { return http_status >= 200 && http_status < 300; }
};

}  // namespace signalbox
