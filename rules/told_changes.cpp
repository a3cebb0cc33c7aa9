#include "rules/told_changes.hpp"

#include <iterator>

namespace signalbox {
namespace {

bool holds(const account_config& in, const touched& what) {
  if (const auto* id = std::get_if<user_id>(&what)) return in.users.find(*id) != nullptr;
  if (const auto* id = std::get_if<team_id>(&what)) return in.teams.find(*id) != nullptr;
  if (const auto* id = std::get_if<inbox_id>(&what)) return in.inboxes.find(*id) != nullptr;
  if (const auto* id = std::get_if<channel_id>(&what)) return in.channels.find(*id) != nullptr;
  if (const auto* id = std::get_if<token_id>(&what)) return in.tokens.find(*id) != nullptr;
  if (const auto* id = std::get_if<webhook_id>(&what)) return in.webhooks.find(*id) != nullptr;
  if (const auto* id = std::get_if<pipeline_id>(&what)) return in.pipelines.find(*id) != nullptr;
  return in.account.id != account_id{};
}

bool is_session(const account_config& in, const touched& what) {
  const auto* id = std::get_if<token_id>(&what);
  const auto* one = id ? in.tokens.find(*id) : nullptr;
  return one && one->kind == token_kind::session;
}

resource_kind kind_of(const touched& what) {
  using kind = resource_kind;
  constexpr kind kinds[] = {kind::account, kind::user,  kind::team,    kind::inbox,
                            kind::channel, kind::token, kind::webhook, kind::pipeline};
  static_assert(std::variant_size_v<touched> == std::size(kinds));
  return kinds[what.index()];
}

}  // namespace

std::vector<resource_change> told_changes(const account_config& before, const account_config& after,
                                          const std::vector<touched>& all) {
  std::vector<resource_change> told;
  told.reserve(all.size());
  for (const auto& one : all) {
    const bool was = holds(before, one);
    const bool is = holds(after, one);
    if ((!was && !is) || is_session(before, one) || is_session(after, one)) continue;
    const auto change = !was ? change_kind::created : is ? change_kind::changed : change_kind::deleted;
    told.push_back({kind_of(one), change, std::visit([](const auto id) { return id.value; }, one), {}});
  }
  return told;
}

std::vector<resource_change> told_changes(const contact_edit& edit) {
  std::vector<resource_change> told;
  for (const auto& one : edit.put) {
    if (!one.told) continue;
    if (*one.told == change_kind::merged && one.now.merged_into)
      told.push_back({resource_kind::contact, change_kind::merged, one.now.merged_into->value, one.now.id});
    else
      told.push_back({resource_kind::contact, *one.told, one.now.id.value, {}});
  }
  for (const auto& one : edit.erased)
    if (!one.merged_into) told.push_back({resource_kind::contact, change_kind::deleted, one.id.value, {}});
  return told;
}

}  // namespace signalbox
