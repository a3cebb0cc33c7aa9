#include "rules/change_draft.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

/// A webhook is told everything of the account, whichever inbox it is in: only who may see everything decides where it goes.
bool may_tell_all(const change_draft& draft) { return !draft.caller() || draft.caller()->permissions.super_admin; }
refusal refuse_webhooks() { return refuse(refusal_code::access_denied, "webhooks need the permission super_admin"); }

void write_fields(change_draft& draft, webhook& into, const webhook_fields& fields) {
  if (fields.url) {
    into.url = trimmed(*fields.url);
    if (auto wrong = url_fault(into.url)) draft.fault("/url", std::move(*wrong));
  }
  if (fields.name) {
    into.name = trimmed(*fields.name);
    if (!into.name.empty()) into.name = draft.checked_name(into.name, "/name");
  }
  if (fields.events) {
    into.events = *fields.events;
    std::sort(into.events.begin(), into.events.end());
    into.events.erase(std::unique(into.events.begin(), into.events.end()), into.events.end());
  }
  if (fields.on) into.on = *fields.on;
}

}  // namespace

change_verdict make(change_draft& draft, const create_webhook& wanted) {
  if (!may_tell_all(draft)) return refuse_webhooks();
  webhook created;
  if (!wanted.fields.url) draft.fault("/url", "is required");
  write_fields(draft, created, wanted.fields);
  if (auto no = draft.verdict()) return no;
  if (draft.next.webhooks.size() >= webhooks_max)
    return refuse(refusal_code::conflict, "an account has at most " + std::to_string(webhooks_max) + " webhooks");
  created.id = draft.make_id<webhook_id>();
  created.secret = wanted.secret;
  created.after_position = draft.context.log_head ? draft.context.log_head() : 0;
  created.created_at = draft.context.now;
  draft.put(std::move(created));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const update_webhook& wanted) {
  if (!may_tell_all(draft)) return refuse_webhooks();
  const auto* held = draft.next.webhooks.find(wanted.webhook);
  if (!held) return refuse_unknown("webhook");
  webhook changed = *held;
  if (auto no = refuse_unless_current(wanted.if_match, changed.version)) return no;
  write_fields(draft, changed, wanted.fields);
  if (auto no = draft.verdict()) return no;
  // Switching it on is also how it is resumed.
  if (wanted.resume || wanted.fields.on == true) {
    changed.paused_since.reset();
    changed.paused_reason.clear();
  }
  ++changed.version;
  draft.put(std::move(changed));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const pause_webhook& wanted) {
  if (draft.caller()) return refuse(refusal_code::access_denied, "only the server pauses webhooks; switch it off instead");
  const auto* held = draft.next.webhooks.find(wanted.webhook);
  if (!held) return refuse_unknown("webhook");
  if (held->paused_since) return refuse(refusal_code::conflict, "this webhook is paused already");
  webhook paused = *held;
  paused.paused_since = draft.context.now;
  paused.paused_reason = wanted.reason;
  ++paused.version;
  draft.put(std::move(paused));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const rotate_webhook_secret& wanted) {
  if (!may_tell_all(draft)) return refuse_webhooks();
  const auto* held = draft.next.webhooks.find(wanted.webhook);
  if (!held) return refuse_unknown("webhook");
  webhook rotated = *held;
  if (auto no = refuse_unless_current(wanted.if_match, rotated.version)) return no;
  rotated.retired_secret = std::exchange(rotated.secret, wanted.secret);
  rotated.retired_until = draft.context.now + retired_secret_signs_for;
  ++rotated.version;
  draft.put(std::move(rotated));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const delete_webhook& wanted) {
  if (!may_tell_all(draft)) return refuse_webhooks();
  if (!draft.next.webhooks.find(wanted.webhook)) return refuse_unknown("webhook");
  draft.erase(wanted.webhook);
  return std::nullopt;
}

}  // namespace signalbox
