/// A change of an account's configuration in the making: the next snapshot, what it touches, and the checks that all changes
/// share. Only what `apply` is made of includes this.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rules/account_changes.hpp"

namespace signalbox {

/// Thrown away whole when the change is refused, so that a change may write into it before its last check.
class change_draft {
public:
  change_draft(account_config before, const change_context& in) : next(std::move(before)), context(in) {
    if (context.by.user) caller_ = next.users.share(*context.by.user);
  }

  account_config next;
  const change_context& context;

  /// Who asks, as they were before the change; null for the server's operator.
  [[nodiscard]] const user* caller() const { return caller_.get(); }
  /// May change users, teams, inboxes, channels and connectors' tokens.
  [[nodiscard]] bool may_administer() const { return !caller_ || caller_->permissions.administers(); }
  /// May make and change other super_admins.
  [[nodiscard]] bool may_crown() const { return !caller_ || caller_->permissions.super_admin; }

  template <class Id>
  [[nodiscard]] Id make_id() {
    return Id{context.make_id()};
  }

  // Each puts a finished value into the next snapshot and notes it as touched. The first one is what the caller asked for.
  void put(user value) { put_into(next.users, std::move(value)); }
  void put(team value) { put_into(next.teams, std::move(value)); }
  void put(inbox value) { put_into(next.inboxes, std::move(value)); }
  void put(channel value) { put_into(next.channels, std::move(value)); }
  void put(token value) { put_into(next.tokens, std::move(value)); }
  void put(webhook value) { put_into(next.webhooks, std::move(value)); }
  void put(pipeline value) { put_into(next.pipelines, std::move(value)); }
  void put(account value) {
    touched_.emplace_back(value.id);
    next.account = std::move(value);
  }
  void erase(user_id id) { erase_from(next.users, id); }
  void erase(team_id id) { erase_from(next.teams, id); }
  void erase(inbox_id id) { erase_from(next.inboxes, id); }
  void erase(channel_id id) { erase_from(next.channels, id); }
  void erase(token_id id) { erase_from(next.tokens, id); }
  void erase(pipeline_id id) { erase_from(next.pipelines, id); }
  void erase(webhook_id id) { erase_from(next.webhooks, id); }

  /// To be sent when the change is durable.
  void post(outgoing_mail mail) { mails_.push_back(std::move(mail)); }

  /// Notes a wrong field; `verdict` refuses for all of them at once.
  /// Those beyond the first `faults_max` change nothing for the caller, and aren't kept.
  void fault(std::string pointer, std::string detail) {
    if (errors_.size() < faults_max) errors_.push_back({std::move(pointer), std::move(detail)});
  }
  static constexpr std::size_t faults_max = 100;
  [[nodiscard]] std::optional<refusal> verdict() {
    if (errors_.empty()) return std::nullopt;
    return refusal{refusal_code::invalid, "the request is not valid", std::move(errors_)};
  }
  /// The trimmed text of a name; a fault when it won't do.
  [[nodiscard]] std::string checked_name(const std::string& text, std::string pointer);
  /// The ids each once, in their order; a fault for each that `known` doesn't hold, and when there are too many.
  template <class Id, class Map>
  [[nodiscard]] std::vector<Id> checked_list(const std::vector<Id>& ids, const Map& known, const std::string& pointer,
                                             const char* unknown);

  /// A change that says what is so already is none: no version rises, nothing is written or told of it.
  [[nodiscard]] applied_change finish(const account_config& before) &&;

private:
  template <class Map, class T>
  void put_into(Map& into, T value) {
    const auto id = value.id;
    touched_.emplace_back(id);
    into.set(id, std::move(value));
  }
  template <class Map, class Id>
  void erase_from(Map& from, Id id) {
    touched_.emplace_back(id);
    from.erase(id);
  }

  std::shared_ptr<const user> caller_;
  std::vector<touched> touched_;
  std::vector<outgoing_mail> mails_;
  std::vector<field_error> errors_;
};

template <class Id, class Map>
std::vector<Id> change_draft::checked_list(const std::vector<Id>& ids, const Map& known, const std::string& pointer,
                                           const char* unknown) {
  if (ids.size() > access_list_max) {
    fault(pointer, "names more than " + std::to_string(access_list_max));
    return {};
  }
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!known.find(ids[i])) fault(pointer + "/" + std::to_string(i), unknown);
  std::vector<Id> seen = ids;
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) == seen.end()) return ids;
  std::vector<Id> once;
  std::vector<bool> taken(seen.size());
  for (const auto id : ids) {
    const auto place = static_cast<std::size_t>(std::lower_bound(seen.begin(), seen.end(), id) - seen.begin());
    if (!taken[place]) once.push_back(id);
    taken[place] = true;
  }
  return once;
}

using change_verdict = std::optional<refusal>;

[[nodiscard]] inline change_verdict refuse_unless_current(const maybe<version_number>& if_match, version_number now) {
  if (!if_match || *if_match == now) return std::nullopt;
  return refuse(refusal_code::version_conflict,
                "it was changed since: version " + std::to_string(now) + ", not " + std::to_string(*if_match));
}
[[nodiscard]] inline refusal refuse_unprivileged() {
  return refuse(refusal_code::access_denied, "this needs the permission super_admin or account_access");
}
[[nodiscard]] inline refusal refuse_unknown(const std::string& what) {
  return refuse(refusal_code::not_found, "there is no such " + what);
}

/// Writes the fields that are given into `into`, trimmed, and notes a fault for each that won't do; `prefix` comes before
/// each field's name in its pointer. Who may change what, and whether the e-mail is taken, is for the caller to check.
void write_user_fields(change_draft& draft, user& into, const user_fields& fields, const std::string& prefix);
/// Notes a fault for each field that a user can't be made without and isn't given.
void require_user_fields(change_draft& draft, const user_fields& fields, const std::string& prefix);

/// The trimmed name of a time zone, and spans of a week; a fault when they won't do.
[[nodiscard]] std::string checked_time_zone(change_draft& draft, const std::string& text, const std::string& pointer);
void check_hours(change_draft& draft, const std::vector<working_span>& spans, const std::string& pointer);

/// Takes who is gone from access lists, assignment rules and ticket rules. A rule that is left without anybody stays as it is, and
/// assigns nobody; tickets of an owner who is gone are the conversation's owner's again.
void forget_people(change_draft& draft, const people& gone);

/// Takes channels that are gone from connectors' tokens; a token that is left without any is revoked.
void forget_channels(change_draft& draft, const std::vector<channel_id>& gone);

/// One kind of change each: writes it into the draft, or says why not.
change_verdict make(change_draft& draft, const rename_account& wanted);
change_verdict make(change_draft& draft, const create_user& wanted);
change_verdict make(change_draft& draft, const update_user& wanted);
change_verdict make(change_draft& draft, const delete_user& wanted);
change_verdict make(change_draft& draft, const create_team& wanted);
change_verdict make(change_draft& draft, const update_team& wanted);
change_verdict make(change_draft& draft, const delete_team& wanted);
change_verdict make(change_draft& draft, const create_inbox& wanted);
change_verdict make(change_draft& draft, const rename_inbox& wanted);
change_verdict make(change_draft& draft, const set_access& wanted);
change_verdict make(change_draft& draft, const delete_inbox& wanted);
change_verdict make(change_draft& draft, const connect_channel& wanted);
change_verdict make(change_draft& draft, const update_channel& wanted);
change_verdict make(change_draft& draft, const set_assignment& wanted);
change_verdict make(change_draft& draft, const set_tickets& wanted);
change_verdict make(change_draft& draft, const delete_channel& wanted);
change_verdict make(change_draft& draft, const create_pipeline& wanted);
change_verdict make(change_draft& draft, const update_pipeline& wanted);
change_verdict make(change_draft& draft, const delete_pipeline& wanted);
change_verdict make(change_draft& draft, const create_token& wanted);
change_verdict make(change_draft& draft, const revoke_token& wanted);
change_verdict make(change_draft& draft, const create_webhook& wanted);
change_verdict make(change_draft& draft, const update_webhook& wanted);
change_verdict make(change_draft& draft, const pause_webhook& wanted);
change_verdict make(change_draft& draft, const delete_webhook& wanted);
change_verdict make(change_draft& draft, const rotate_webhook_secret& wanted);
change_verdict make(change_draft& draft, const set_fallback_email& wanted);
change_verdict make(change_draft& draft, const verify_address& wanted);
change_verdict make(change_draft& draft, const set_mail_filters& wanted);

}  // namespace signalbox
