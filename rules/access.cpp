#include "rules/access.hpp"

#include <algorithm>

#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<exclusion, exclusion_count> exclusions{{"not_found", "inactive", "free_seat", "no_access", "away", "at_capacity",
                                                        "refused_offer", "declined", "business_hours", "lapsed"}};

bool names(const access_list& list, const user& who) {
  if (std::find(list.users.begin(), list.users.end(), who.id) != list.users.end()) return true;
  return std::any_of(who.teams.begin(), who.teams.end(), [&list](const team_membership& membership) {
    return std::find(list.teams.begin(), list.teams.end(), membership.team) != list.teams.end();
  });
}

}  // namespace

access access_of(const user& who, const access_list& list) {
  if (!who.active) return access::none;
  if (list.mode == access_mode::everyone || names(list, who)) return access::act;
  return who.permissions.administers() ? access::view : access::none;
}

std::optional<refusal> refuse_unless_may_act(const user& who, const inbox& in) {
  switch (access_of(who, in.access)) {
    case access::act:
      return std::nullopt;
    case access::view:
      return refuse(refusal_code::view_only, "you may view this inbox's conversations, but you are not among those who work it");
    case access::none:
      break;
  }
  return refuse(refusal_code::access_denied, "you have no access to this inbox");
}

std::vector<user_id> who_lost_access(const account_config& before, const account_config& after, std::optional<inbox_id> only) {
  std::vector<std::pair<const inbox*, const inbox*>> all;  // before and after
  std::vector<std::pair<const inbox*, const inbox*>> changed;
  before.inboxes.for_each([&](const inbox& then) {
    const auto* now = after.inboxes.find(then.id);
    if (!now || (only && then.id != *only)) return;
    all.emplace_back(&then, now);
    if (now != &then) changed.emplace_back(&then, now);
  });
  std::vector<user_id> lost;
  if (changed.empty() && after.users.is_unchanged_copy_of(before.users)) return lost;
  before.users.for_each([&](const user& then) {
    const auto* now = after.users.find(then.id);
    if (!now || !now->active) return;
    const auto& looked_at = now == &then ? changed : all;
    if (std::any_of(looked_at.begin(), looked_at.end(), [&](const auto& in) {
          return access_of(then, in.first->access) == access::act && access_of(*now, in.second->access) != access::act;
        }))
      lost.push_back(then.id);
  });
  std::sort(lost.begin(), lost.end());
  return lost;
}

std::string_view to_text(exclusion why) { return exclusions.of(why); }

std::string_view rule_of(exclusion why) {
  switch (why) {
    case exclusion::not_found:
      return "S62";
    case exclusion::inactive:
      return "S62";
    case exclusion::free_seat:
      return "S18";
    case exclusion::no_access:
      return "A17";
    case exclusion::away:
      return "S57";
    case exclusion::at_capacity:
      return "A33";
    case exclusion::refused_offer:
      return "A33";
    case exclusion::declined:
    case exclusion::lapsed:
      return "A26";  // who lets an assignment lapse is away
    case exclusion::business_hours:
      return "A25";
  }
  return {};
}

std::optional<exclusion> excluded_from_automatic(const user* who, const inbox& in) {
  if (!who) return exclusion::not_found;
  if (!who->active) return exclusion::inactive;
  if (who->seat != seat::paid) return exclusion::free_seat;
  if (access_of(*who, in.access) != access::act) return exclusion::no_access;
  return std::nullopt;
}

std::vector<user_id> members_of(const account_config& config, const people& named) {
  std::vector<user_id> all = named.users;
  if (!named.teams.empty()) {
    std::vector<team_id> teams = named.teams;
    std::sort(teams.begin(), teams.end());
    config.users.for_each([&](const user& who) {
      const auto meant = [&teams](const team_membership& membership) {
        return membership.main && std::binary_search(teams.begin(), teams.end(), membership.team);
      };
      if (std::any_of(who.teams.begin(), who.teams.end(), meant)) all.push_back(who.id);
    });
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<skipped_user> skipped_by(const account_config& config, const inbox& in, const assignment_rule& rule) {
  auto named = rule.candidates;
  named.users.insert(named.users.end(), rule.fallback.users.begin(), rule.fallback.users.end());
  named.teams.insert(named.teams.end(), rule.fallback.teams.begin(), rule.fallback.teams.end());
  std::vector<skipped_user> skipped;
  for (const auto id : members_of(config, named))
    if (const auto why = excluded_from_automatic(config.users.find(id), in)) skipped.push_back({id, *why});
  return skipped;
}

}  // namespace signalbox
