#include "rules/audit.hpp"

#include <utility>

namespace signalbox {

namespace {

std::optional<audited_resource> found(const account_config& in, const touched& what) {
  const auto of = [](const auto* one) { return one ? std::optional<audited_resource>{*one} : std::nullopt; };
  if (const auto* id = std::get_if<user_id>(&what)) return of(in.users.find(*id));
  if (const auto* id = std::get_if<team_id>(&what)) return of(in.teams.find(*id));
  if (const auto* id = std::get_if<inbox_id>(&what)) return of(in.inboxes.find(*id));
  if (const auto* id = std::get_if<channel_id>(&what)) return of(in.channels.find(*id));
  if (const auto* id = std::get_if<token_id>(&what)) return of(in.tokens.find(*id));
  if (const auto* id = std::get_if<webhook_id>(&what)) return of(in.webhooks.find(*id));
  if (const auto* id = std::get_if<pipeline_id>(&what)) return of(in.pipelines.find(*id));
  return in.account.id == account_id{} ? std::nullopt : std::optional<audited_resource>{in.account};
}

bool is_session(const std::optional<audited_resource>& what) {
  const auto* one = what ? std::get_if<token>(&*what) : nullptr;
  return one && one->kind == token_kind::session;
}

std::string taken_password(std::optional<audited_resource>& from) {
  auto* one = from ? std::get_if<user>(&*from) : nullptr;
  return one ? std::exchange(one->password_hash, {}) : std::string{};
}

void hide_secret(std::optional<audited_resource>& in) {
  if (auto* one = in ? std::get_if<token>(&*in) : nullptr) one->secret_hash.clear();
  if (auto* one = in ? std::get_if<webhook>(&*in) : nullptr) {
    one->secret.clear();
    one->retired_secret.clear();
  }
  if (auto* one = in ? std::get_if<inbox>(&*in) : nullptr; one && one->fallback.pending) one->fallback.pending->code_hash.clear();
}

void leave_no_person(std::optional<audited_resource>& in) {
  auto* one = in ? std::get_if<contact>(&*in) : nullptr;
  if (!one) return;
  contact left;
  left.id = one->id;
  left.owner = one->owner;
  left.created_at = one->created_at;
  left.version = one->version;
  left.merged_into = one->merged_into;
  *one = std::move(left);
}

}  // namespace

void forget_person(audit_entry& in) {
  leave_no_person(in.before);
  leave_no_person(in.after);
}

std::vector<audit_entry> audit_of(const account_config& before, const account_config& after, const std::vector<touched>& all,
                                  const change_context& context) {
  std::vector<audit_entry> entries;
  for (const auto& one : all) {
    if (entries.size() == audited_at_once_max) break;
    audit_entry entry;
    entry.before = found(before, one);
    entry.after = found(after, one);
    if (is_session(entry.before) || is_session(entry.after)) continue;
    const auto old_password = taken_password(entry.before);
    const auto password = taken_password(entry.after);
    entry.password_changed = entry.after && password != old_password;
    hide_secret(entry.before);
    hide_secret(entry.after);
    entry.order = context.make_id();
    entry.at = context.now;
    entry.user = context.by.user;
    entry.token = context.by.token;
    entry.what = std::visit([](const auto id) -> audited_id { return id; }, one);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<audit_entry> audit_of(const contact_edit& edit, const principal& by, const contact_context& context) {
  std::vector<audit_entry> entries;
  const auto add = [&](const contact_id which, std::optional<contact> before, std::optional<contact> after) {
    if (entries.size() == audited_at_once_max || (before && before->merged_into)) return;
    audit_entry entry;
    entry.order = context.make_id();
    entry.at = context.now;
    entry.user = by.user;
    entry.token = by.token;
    entry.what = which;
    if (before) entry.before = std::move(*before);
    if (after) entry.after = std::move(*after);
    if (!entry.after) forget_person(entry);
    entries.push_back(std::move(entry));
  };
  const auto put = [&](const contact_edit::kept& one) { add(one.now.id, context.find(one.now.id), one.now); };
  for (const auto& one : edit.put)
    if (one.now.id == edit.first) put(one);
  for (const auto& one : edit.erased)
    if (one.id == edit.first) add(one.id, one, std::nullopt);
  for (const auto& one : edit.put)
    if (one.now.id != edit.first) put(one);
  for (const auto& one : edit.erased)
    if (one.id != edit.first) add(one.id, one, std::nullopt);
  return entries;
}

}  // namespace signalbox
