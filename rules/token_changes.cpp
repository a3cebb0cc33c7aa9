#include "rules/change_draft.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

/// A user's logins: who logs in once more loses the oldest.
constexpr std::size_t sessions_max = 100;

/// After one more session: expired ones go, and the oldest beyond the limit.
void drop_stale_sessions(change_draft& draft, user_id of) {
  std::vector<token_id> live;
  std::vector<token_id> stale;
  draft.next.tokens.for_each([&](const token& held) {
    if (held.kind != token_kind::session || held.user != of) return;
    const bool expired = held.expires_at && *held.expires_at <= draft.context.now;
    (expired ? stale : live).push_back(held.id);
  });
  std::sort(live.begin(), live.end());
  if (live.size() > sessions_max) stale.insert(stale.end(), live.begin(), live.end() - sessions_max);
  std::sort(stale.begin(), stale.end());
  for (const auto id : stale) draft.erase(id);
}

/// Whose session or API token it will be: one's own, or whom the server's operator names.
outcome<user_id> owner_of(const change_draft& draft, const create_token& wanted) {
  if (!draft.caller() && !wanted.user) return invalid_field("/user", "is required");
  const auto id = wanted.user ? *wanted.user : draft.caller()->id;
  if (draft.caller() && id != draft.caller()->id)
    return refuse(refusal_code::access_denied, "tokens of other users can't be made");
  const auto* owner = draft.next.users.find(id);
  if (!owner) return refuse_unknown("user");
  if (!owner->active) return refuse(refusal_code::conflict, "this user is deactivated");
  return id;
}

}  // namespace

change_verdict make(change_draft& draft, const create_token& wanted) {
  token created;
  if (wanted.kind == token_kind::connector) {
    if (!draft.may_administer()) return refuse_unprivileged();
    created.channels = draft.checked_list(wanted.channels, draft.next.channels, "/channels", "there is no such channel");
    if (wanted.channels.empty()) draft.fault("/channels", "must name the channels that the connector serves");
  } else {
    auto owner = owner_of(draft, wanted);
    if (auto* no = std::get_if<refusal>(&owner)) return std::move(*no);
    created.user = std::get<user_id>(owner);
  }
  if (wanted.kind == token_kind::session)
    created.name = trimmed(wanted.name);  // made by logging in: nobody named it
  else
    created.name = draft.checked_name(wanted.name, "/name");
  if (wanted.expires_at && *wanted.expires_at <= draft.context.now) draft.fault("/expires_at", "is over already");
  if (auto no = draft.verdict()) return no;

  created.id = draft.make_id<token_id>();
  created.kind = wanted.kind;
  created.secret_hash = wanted.secret_hash;
  created.expires_at = wanted.expires_at;
  created.created_at = draft.context.now;
  const auto session_of = wanted.kind == token_kind::session ? created.user : std::nullopt;
  draft.put(std::move(created));
  if (session_of) drop_stale_sessions(draft, *session_of);
  return std::nullopt;
}

change_verdict make(change_draft& draft, const revoke_token& wanted) {
  const auto* held = draft.next.tokens.find(wanted.token);
  const bool own = held && held->user && draft.caller() && *held->user == draft.caller()->id;
  if (!own && !draft.may_administer()) return refuse_unprivileged();
  if (!held) return refuse_unknown("token");
  draft.erase(wanted.token);
  return std::nullopt;
}

}  // namespace signalbox
