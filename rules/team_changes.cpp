#include <map>

#include "rules/change_draft.hpp"

namespace signalbox {
namespace {

/// The members by id, a fault for each that there isn't or that comes twice.
std::map<user_id, bool> checked_members(change_draft& draft, const std::vector<team_member>& members) {
  std::map<user_id, bool> main_by_user;
  if (members.size() > access_list_max) {
    draft.fault("/members", "names more than " + std::to_string(access_list_max));
    return main_by_user;
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto pointer = "/members/" + std::to_string(i) + "/user";
    if (!draft.next.users.find(members[i].user)) draft.fault(pointer, "there is no such user");
    if (!main_by_user.emplace(members[i].user, members[i].main).second) draft.fault(pointer, "is named twice");
  }
  return main_by_user;
}

/// Makes `team` have these members and no others; only users for whom that is a change are touched.
void set_members(change_draft& draft, team_id team, const std::map<user_id, bool>& main_by_user) {
  for (const auto& before : draft.next.users.ordered()) {
    const auto wanted = main_by_user.find(before->id);
    const auto is = std::find_if(before->teams.begin(), before->teams.end(), [team](const auto& m) { return m.team == team; });
    const bool was_member = is != before->teams.end();
    const bool will_be_member = wanted != main_by_user.end();
    if (was_member == will_be_member && (!was_member || is->main == wanted->second)) continue;
    user after = *before;
    std::erase_if(after.teams, [team](const auto& m) { return m.team == team; });
    if (will_be_member) after.teams.push_back({team, wanted->second});
    ++after.version;
    draft.put(std::move(after));
  }
}

}  // namespace

change_verdict make(change_draft& draft, const create_team& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  team created;
  created.name = draft.checked_name(wanted.name, "/name");
  const auto members = checked_members(draft, wanted.members);
  if (auto no = draft.verdict()) return no;
  created.id = draft.make_id<team_id>();
  created.created_at = draft.context.now;
  const auto id = created.id;
  draft.put(std::move(created));
  if (!members.empty()) set_members(draft, id, members);
  return std::nullopt;
}

change_verdict make(change_draft& draft, const update_team& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.teams.find(wanted.team);
  if (!before) return refuse_unknown("team");
  if (auto no = refuse_unless_current(wanted.if_match, before->version)) return no;
  team after = *before;
  if (wanted.name) after.name = draft.checked_name(*wanted.name, "/name");
  std::map<user_id, bool> members;
  if (wanted.members) members = checked_members(draft, *wanted.members);
  if (auto no = draft.verdict()) return no;
  ++after.version;
  draft.put(std::move(after));
  if (wanted.members) set_members(draft, wanted.team, members);
  return std::nullopt;
}

change_verdict make(change_draft& draft, const delete_team& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  if (!draft.next.teams.find(wanted.team)) return refuse_unknown("team");
  draft.erase(wanted.team);
  set_members(draft, wanted.team, {});
  forget_people(draft, {{}, {wanted.team}});
  return std::nullopt;
}

}  // namespace signalbox
