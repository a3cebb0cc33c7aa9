#include "rules/account.hpp"

#include <algorithm>

#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<plan, 4> plans{{"free", "starter", "professional", "enterprise"}};
constexpr words<seat, 2> seats{{"free", "paid"}};
constexpr words<access_mode, 2> access_modes{{"everyone", "specific"}};
constexpr words<channel_type, 6> channel_types{{"custom", "email", "chat", "form", "messenger", "whatsapp"}};
constexpr words<assign_to, 2> assign_tos{{"specific", "contact_owner"}};
constexpr words<strategy, 3> strategies{{"balanced", "round_robin", "random"}};
constexpr words<priority, 4> priorities{{"low", "normal", "high", "urgent"}};
constexpr words<token_kind, 3> token_kinds{{"session", "user", "connector"}};
constexpr words<ticket_owner, 4> ticket_owners{{"conversation_owner", "none", "contact_owner", "user"}};

}  // namespace

void channel_map::set(channel_id key, channel value) {
  const auto* before = find(key);
  if (!before || before->inbox != value.inbox) {
    if (before) leave(before->inbox, key);
    const auto there = of(value.inbox);
    std::vector<channel_id> now(there.begin(), there.end());
    now.insert(std::lower_bound(now.begin(), now.end(), key), key);
    of_inbox_.set(value.inbox, std::move(now));
  }
  all::set(key, std::move(value));
}

void channel_map::erase(channel_id key) {
  if (const auto* before = find(key)) leave(before->inbox, key);
  all::erase(key);
}

void channel_map::leave(inbox_id inbox, channel_id key) {
  const auto there = of(inbox);
  std::vector<channel_id> now(there.begin(), there.end());
  std::erase(now, key);
  if (now.empty())
    of_inbox_.erase(inbox);
  else
    of_inbox_.set(inbox, std::move(now));
}

std::span<const channel_id> channel_map::of(inbox_id inbox) const {
  const auto* those = of_inbox_.find(inbox);
  return those ? std::span<const channel_id>{*those} : std::span<const channel_id>{};
}

std::string_view to_text(plan of) { return plans.of(of); }
std::string_view to_text(seat of) { return seats.of(of); }
std::string_view to_text(access_mode of) { return access_modes.of(of); }
std::string_view to_text(channel_type of) { return channel_types.of(of); }
std::string_view to_text(assign_to of) { return assign_tos.of(of); }
std::string_view to_text(strategy of) { return strategies.of(of); }
std::string_view to_text(priority of) { return priorities.of(of); }
std::string_view to_text(token_kind of) { return token_kinds.of(of); }
std::string_view to_text(ticket_owner of) { return ticket_owners.of(of); }

std::optional<plan> parse_plan(std::string_view text) { return plans.parse(text); }
std::optional<seat> parse_seat(std::string_view text) { return seats.parse(text); }
std::optional<access_mode> parse_access_mode(std::string_view text) { return access_modes.parse(text); }
std::optional<channel_type> parse_channel_type(std::string_view text) { return channel_types.parse(text); }
std::optional<assign_to> parse_assign_to(std::string_view text) { return assign_tos.parse(text); }
std::optional<strategy> parse_strategy(std::string_view text) { return strategies.parse(text); }
std::optional<priority> parse_priority(std::string_view text) { return priorities.parse(text); }

std::optional<ticket_owner> parse_ticket_owner(std::string_view text) {
  const auto parsed = ticket_owners.parse(text);
  return parsed == ticket_owner::user ? std::nullopt : parsed;
}

}  // namespace signalbox
