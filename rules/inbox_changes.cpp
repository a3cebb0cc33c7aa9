#include "rules/change_draft.hpp"
#include "rules/inbox_names.hpp"
#include "rules/mail_addresses.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

access_list checked_access(change_draft& draft, access_list wanted, const std::string& prefix) {
  wanted.users = draft.checked_list(wanted.users, draft.next.users, prefix + "/users", "there is no such user");
  wanted.teams = draft.checked_list(wanted.teams, draft.next.teams, prefix + "/teams", "there is no such team");
  return wanted;
}

people checked_people(change_draft& draft, const people& wanted, const std::string& prefix) {
  return {draft.checked_list(wanted.users, draft.next.users, prefix + "/users", "there is no such user"),
          draft.checked_list(wanted.teams, draft.next.teams, prefix + "/teams", "there is no such team")};
}

/// S60, S61: everybody named has a paid seat, every team at least one main member with one.
change_verdict refuse_unseated(const account_config& config, const people& named) {
  for (const auto id : named.users)
    if (config.users.find(id)->seat != seat::paid)
      return refuse(refusal_code::seat_required, to_text(id) + " has a free seat: only paid seats are assigned automatically");
  if (named.teams.empty()) return std::nullopt;
  std::vector<team_id> seated;
  config.users.for_each([&seated](const user& who) {
    if (!who.active || who.seat != seat::paid) return;
    for (const auto& membership : who.teams)
      if (membership.main) seated.push_back(membership.team);
  });
  std::sort(seated.begin(), seated.end());
  for (const auto id : named.teams)
    if (!std::binary_search(seated.begin(), seated.end(), id))
      return refuse(refusal_code::seat_required, to_text(id) + " has no main member with a paid seat");
  return std::nullopt;
}

/// Holidays ordered and each once.
timetable checked_timetable(change_draft& draft, timetable wanted, const std::string& prefix) {
  wanted.time_zone = checked_time_zone(draft, wanted.time_zone, prefix + "/time_zone");
  check_hours(draft, wanted.hours, prefix + "/hours");
  if (wanted.holidays.size() > holidays_max) draft.fault(prefix + "/holidays", "has more than " + std::to_string(holidays_max));
  std::sort(wanted.holidays.begin(), wanted.holidays.end());
  wanted.holidays.erase(std::unique(wanted.holidays.begin(), wanted.holidays.end()), wanted.holidays.end());
  return wanted;
}

/// A4. What isn't e-mail has no address; e-mail that a connector brings needn't name one.
change_verdict write_channel_address(change_draft& draft, channel& into, const maybe<std::string>& wanted) {
  const bool mail = into.type == channel_type::email;
  if (!wanted) return draft.verdict();
  if (!mail) draft.fault("/address", "is for e-mail channels only");
  if (auto no = draft.verdict()) return no;
  into.address = std::string{trimmed(*wanted)};
  const auto folded = fold_case(*into.address);
  if (!is_email(folded)) return invalid_field("/address", "is not an e-mail address");
  if (home_of(draft.next, folded) != address_home::elsewhere)
    return invalid_field("/address", "its domain is this server's; such an address can't be connected");
  bool taken = taken_within_account(draft.next, folded, inbox_id{});
  draft.next.channels.for_each([&](const channel& one) { taken = taken || (one.address && fold_case(*one.address) == folded); });
  if (taken || (draft.context.address_in_use && draft.context.address_in_use(folded)))
    return refuse(refusal_code::address_taken, "another inbox or channel of this server has this address");
  return std::nullopt;
}

}  // namespace

void forget_channels(change_draft& draft, const std::vector<channel_id>& gone) {
  const auto is_gone = [&gone](channel_id id) { return std::find(gone.begin(), gone.end(), id) != gone.end(); };
  for (const auto& held : draft.next.tokens.ordered()) {
    if (std::none_of(held->channels.begin(), held->channels.end(), is_gone)) continue;
    token after = *held;
    std::erase_if(after.channels, is_gone);
    if (after.channels.empty())
      draft.erase(after.id);
    else
      draft.put(std::move(after));
  }
}

void forget_people(change_draft& draft, const people& gone) {
  const auto forget_in = [&gone](std::vector<user_id>& users, std::vector<team_id>& teams) {
    const auto among = [](const auto& all) {
      return [&all](const auto id) { return std::find(all.begin(), all.end(), id) != all.end(); };
    };
    return std::erase_if(users, among(gone.users)) + std::erase_if(teams, among(gone.teams)) > 0;
  };
  for (const auto& before : draft.next.inboxes.ordered()) {
    inbox after = *before;
    if (!forget_in(after.access.users, after.access.teams)) continue;
    ++after.access.version;
    draft.put(std::move(after));
  }
  for (const auto& before : draft.next.channels.ordered()) {
    channel after = *before;
    auto& rule = after.assignment;
    const bool was_candidate = forget_in(rule.candidates.users, rule.candidates.teams);
    const bool was_fallback = forget_in(rule.fallback.users, rule.fallback.teams);
    if (was_candidate || was_fallback) ++rule.version;
    const auto owner = after.tickets.owner.user;
    const bool was_owner = owner && std::find(gone.users.begin(), gone.users.end(), *owner) != gone.users.end();
    if (was_owner) {
      after.tickets.owner = {};
      ++after.tickets.version;
    }
    if (was_candidate || was_fallback || was_owner) draft.put(std::move(after));
  }
}

change_verdict make(change_draft& draft, const create_inbox& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  if (!may_have_more_inboxes(draft.next.account.plan))
    return refuse(refusal_code::plan_limit, "creating inboxes needs the professional or enterprise plan");
  inbox created;
  created.name = draft.checked_name(wanted.name, "/name");
  created.access = checked_access(draft, wanted.access, "/access");
  if (auto no = draft.verdict()) return no;
  created.access.version = 1;
  created.id = draft.make_id<inbox_id>();
  created.created_at = draft.context.now;
  if (auto* kept = draft.context.names)
    kept->give(draft.next, created);
  else
    provision(draft.next, created);
  draft.put(std::move(created));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const rename_inbox& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.inboxes.find(wanted.inbox);
  if (!before) return refuse_unknown("inbox");
  if (auto no = refuse_unless_current(wanted.if_match, before->version)) return no;
  inbox after = *before;
  after.name = draft.checked_name(wanted.name, "/name");
  if (auto no = draft.verdict()) return no;
  ++after.version;
  draft.put(std::move(after));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const set_access& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.inboxes.find(wanted.inbox);
  if (!before) return refuse_unknown("inbox");
  if (auto no = refuse_unless_current(wanted.if_match, before->access.version)) return no;
  inbox after = *before;
  after.access = checked_access(draft, wanted.access, "");
  if (auto no = draft.verdict()) return no;
  after.access.version = before->access.version + 1;
  draft.put(std::move(after));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const delete_inbox& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.inboxes.find(wanted.inbox);
  if (!before) return refuse_unknown("inbox");
  if (before->is_default) return refuse(refusal_code::conflict, "the account's default inbox can't be deleted");
  draft.erase(wanted.inbox);
  const auto here = draft.next.channels.of(wanted.inbox);
  const std::vector<channel_id> gone(here.begin(), here.end());
  for (const auto id : gone) draft.erase(id);
  forget_channels(draft, gone);
  return std::nullopt;
}

change_verdict make(change_draft& draft, const connect_channel& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  if (!draft.next.inboxes.find(wanted.inbox)) return refuse_unknown("inbox");
  channel connected;
  connected.type = wanted.type;
  connected.name = draft.checked_name(wanted.name, "/name");
  if (auto no = write_channel_address(draft, connected, wanted.address)) return no;
  connected.id = draft.make_id<channel_id>();
  connected.inbox = wanted.inbox;
  connected.created_at = draft.context.now;
  draft.put(std::move(connected));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const update_channel& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.channels.find(wanted.channel);
  if (!before) return refuse_unknown("channel");
  if (auto no = refuse_unless_current(wanted.if_match, before->version)) return no;
  channel after = *before;
  if (wanted.on) after.on = *wanted.on;
  if (wanted.authorized) after.authorized = *wanted.authorized;
  if (wanted.name) after.name = draft.checked_name(*wanted.name, "/name");
  if (wanted.business_hours) {
    after.business_hours = *wanted.business_hours;
    if (after.business_hours) after.business_hours = checked_timetable(draft, *after.business_hours, "/business_hours");
  }
  if (auto no = draft.verdict()) return no;
  ++after.version;
  draft.put(std::move(after));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const set_assignment& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  if (draft.caller() && draft.caller()->seat != seat::paid)
    return refuse(refusal_code::seat_required, "setting assignment rules needs a paid seat");
  const auto* before = draft.next.channels.find(wanted.channel);
  if (!before) return refuse_unknown("channel");
  if (auto no = refuse_unless_current(wanted.if_match, before->assignment.version)) return no;
  channel after = *before;
  after.assignment = wanted.rule;
  after.assignment.candidates = checked_people(draft, wanted.rule.candidates, "");
  after.assignment.fallback = checked_people(draft, wanted.rule.fallback, "/fallback");
  if (const auto within = wanted.rule.accept_within; within && (*within < accept_within_min || *within > accept_within_max))
    draft.fault("/accept_within_seconds", "must be from 1 to 86400");
  if (auto no = draft.verdict()) return no;
  if (auto no = refuse_unseated(draft.next, after.assignment.candidates)) return no;
  if (auto no = refuse_unseated(draft.next, after.assignment.fallback)) return no;
  after.assignment.version = before->assignment.version + 1;
  draft.put(std::move(after));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const delete_channel& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  if (!draft.next.channels.find(wanted.channel)) return refuse_unknown("channel");
  draft.erase(wanted.channel);
  forget_channels(draft, {wanted.channel});
  return std::nullopt;
}

}  // namespace signalbox
