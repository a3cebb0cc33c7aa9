#include "rules/webhook_delivery.hpp"

#include <algorithm>

#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<webhook_delivery_state, 3> states{{"pending", "dead", "delivered"}};
constexpr std::int64_t first_wait_ms = 2'000;
constexpr std::int64_t longest_wait_ms = 3'600'000;

}  // namespace

std::string_view to_text(webhook_delivery_state of) { return states.of(of); }
std::optional<webhook_delivery_state> parse_webhook_delivery_state(std::string_view text) { return states.parse(text); }

milliseconds back_off(std::uint32_t attempts, std::uint64_t chance) {
  const auto doublings = std::min(std::max(attempts, 1u) - 1, 11u);
  const auto wait = std::min(first_wait_ms << doublings, longest_wait_ms);
  // From 4/5 to 6/5 of it, so that those that failed together don't come back together.
  const auto spread = wait * 2 / 5;
  return milliseconds{wait - spread / 2 + static_cast<std::int64_t>(chance % static_cast<std::uint64_t>(spread + 1))};
}

std::optional<time_point> next_attempt(std::uint32_t attempts, time_point first_at, time_point now, milliseconds give_up_after,
                                       std::uint64_t chance) {
  const auto next = now + back_off(attempts, chance);
  if (give_up_after.count() > 0 && next - first_at > give_up_after) return std::nullopt;
  return next;
}

std::optional<std::string> pause_reason(const webhook_progress& of, const webhook_limits& within, time_point now) {
  if (within.pause_after.count() > 0 && of.failing_since && now - *of.failing_since >= within.pause_after)
    return "every attempt failed since " + to_text(*of.failing_since);
  if (of.dead_in_a_row >= within.dead_in_a_row_max)
    return std::to_string(of.dead_in_a_row) + " deliveries in a row were given up";
  return std::nullopt;
}

}  // namespace signalbox
