#include "rules/account_changes.hpp"

#include "rules/change_draft.hpp"
#include "rules/mail_addresses.hpp"
#include "rules/pipeline.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

constexpr const char* default_inbox_name = "Conversations";

change_verdict refuse_caller(const account_config& config, const principal& by) {
  if (by.is_operator()) return std::nullopt;
  if (*by.account != config.account.id) return refuse_unknown("account");
  if (by.is_connector()) return refuse(refusal_code::access_denied, "a connector's token can't change the configuration");
  const auto* caller = config.users.find(*by.user);
  if (caller && caller->active) return std::nullopt;
  return refuse(refusal_code::unauthorized, "this user is no longer active");
}

// Versions are put aside to compare what they count.
template <class T>
void take_version(T& into, const T& from) {
  into.version = from.version;
}
void take_version(inbox& into, const inbox& from) {
  into.version = from.version;
  into.access.version = from.access.version;
  into.fallback.version = from.fallback.version;
  into.filters.version = from.filters.version;
}
void take_version(channel& into, const channel& from) {
  into.version = from.version;
  into.assignment.version = from.assignment.version;
  into.tickets.version = from.tickets.version;
}
void take_version(token&, const token&) {}

template <class T>
bool is_same(const T* before, const T* after) {
  if (!before || !after) return !before && !after;
  if (before == after) return true;
  T now = *after;
  take_version(now, *before);
  return now == *before;
}

bool is_same(const account_config& before, const account_config& after, const touched& what) {
  if (const auto* id = std::get_if<user_id>(&what)) return is_same(before.users.find(*id), after.users.find(*id));
  if (const auto* id = std::get_if<team_id>(&what)) return is_same(before.teams.find(*id), after.teams.find(*id));
  if (const auto* id = std::get_if<inbox_id>(&what)) return is_same(before.inboxes.find(*id), after.inboxes.find(*id));
  if (const auto* id = std::get_if<channel_id>(&what)) return is_same(before.channels.find(*id), after.channels.find(*id));
  if (const auto* id = std::get_if<token_id>(&what)) return is_same(before.tokens.find(*id), after.tokens.find(*id));
  if (const auto* id = std::get_if<webhook_id>(&what)) return is_same(before.webhooks.find(*id), after.webhooks.find(*id));
  if (const auto* id = std::get_if<pipeline_id>(&what)) return is_same(before.pipelines.find(*id), after.pipelines.find(*id));
  return is_same(&before.account, &after.account);
}

}  // namespace

std::string change_draft::checked_name(const std::string& text, std::string pointer) {
  std::string name{trimmed(text)};
  if (auto wrong = name_fault(name, name_bytes_max)) fault(std::move(pointer), std::move(*wrong));
  return name;
}

applied_change change_draft::finish(const account_config& before) && {
  auto first = touched_.front();
  const auto same = [&](const touched& one) { return is_same(before, next, one); };
  if (mails_.empty() && std::all_of(touched_.begin(), touched_.end(), same)) return {before, first, {}, {}};
  ++next.revision;
  return {std::move(next), first, std::move(touched_), std::move(mails_)};
}

change_verdict make(change_draft& draft, const rename_account& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  account renamed = draft.next.account;
  if (auto no = refuse_unless_current(wanted.if_match, renamed.version)) return no;
  if (wanted.name) renamed.name = draft.checked_name(*wanted.name, "/name");
  if (wanted.plan) renamed.plan = *wanted.plan;
  if (auto no = draft.verdict()) return no;
  ++renamed.version;
  draft.put(std::move(renamed));
  return std::nullopt;
}

outcome<applied_change> apply(const account_config& config, const account_change& change, const change_context& context) {
  if (auto no = refuse_caller(config, context.by)) return std::move(*no);
  change_draft draft{config, context};
  const auto no = std::visit([&draft](const auto& wanted) { return make(draft, wanted); }, change);
  if (no) return *no;
  return std::move(draft).finish(config);
}

outcome<applied_change> found_account(const new_account& wanted, const change_context& context) {
  if (!context.by.is_operator()) return refuse(refusal_code::access_denied, "only the server's operator makes accounts");
  change_draft draft{account_config{}, context};

  account founded;
  founded.name = draft.checked_name(wanted.name, "/name");
  founded.subdomain = wanted.subdomain;
  founded.plan = wanted.plan;
  founded.created_at = context.now;
  if (!is_subdomain(wanted.subdomain)) draft.fault("/subdomain", "must be 1 to 63 of a-z, 0-9 and -, with - at neither end");

  user first;
  auto fields = wanted.admin;
  fields.seat = seat::paid;
  fields.active = true;
  fields.permissions = permissions{.super_admin = true, .account_access = true, .availability_management = true};
  require_user_fields(draft, fields, "/admin");
  write_user_fields(draft, first, fields, "/admin");
  first.created_at = context.now;

  if (auto no = draft.verdict()) return std::move(*no);
  if (context.email_in_use(fold_case(first.email)))
    return refuse(refusal_code::address_taken, "another user of this server has this e-mail address");

  inbox everyones;
  everyones.name = default_inbox_name;
  everyones.is_default = true;
  everyones.created_at = context.now;

  founded.id = draft.make_id<account_id>();
  everyones.id = draft.make_id<inbox_id>();
  first.id = draft.make_id<user_id>();
  draft.next.domains = context.domains;
  auto way = default_pipeline(founded.id, context.now);
  draft.put(std::move(founded));
  provision(draft.next, everyones);
  draft.put(std::move(everyones));
  draft.put(std::move(first));
  draft.put(std::move(way));
  return std::move(draft).finish(account_config{});
}

}  // namespace signalbox
