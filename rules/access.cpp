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
  using both = std::vector<std::pair<const inbox*, const inbox*>>;  // before and after
  both changed;
  const auto note = [](both& in, const inbox* then, const inbox* now) {
    if (then && now) in.emplace_back(then, now);
  };
  if (only) {
    const auto *then = before.inboxes.find(*only), *now = after.inboxes.find(*only);
    if (then != now) note(changed, then, now);
  } else {
    after.inboxes.for_each_difference(before.inboxes,
                                      [&](inbox_id, const inbox* now, const inbox* then) { note(changed, then, now); });
  }

  std::vector<user_id> lost;
  const auto look = [&](const user& then, const user& now, const both& in) {
    if (!now.active) return;
    if (std::any_of(in.begin(), in.end(), [&](const auto& one) {
          return access_of(then, one.first->access) == access::act && access_of(now, one.second->access) != access::act;
        }))
      lost.push_back(then.id);
  };
  // Who is another than before may have lost any inbox, who is the same only one that is another.
  both all;
  if (!after.users.is_unchanged_copy_of(before.users)) {
    if (only)
      note(all, before.inboxes.find(*only), after.inboxes.find(*only));
    else
      before.inboxes.for_each([&](const inbox& then) { note(all, &then, after.inboxes.find(then.id)); });
    after.users.for_each_difference(before.users, [&](user_id, const user* now, const user* then) {
      if (now && then) look(*then, *now, all);
    });
  }
  if (!changed.empty())
    before.users.for_each([&](const user& then) {
      if (after.users.find(then.id) == &then) look(then, then, changed);
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
