#include "rules/change_draft.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

constexpr std::uint32_t capacity_max = 100'000;
constexpr std::size_t note_bytes_max = 500;
constexpr std::size_t time_zone_bytes_max = 64;
constexpr std::uint16_t minutes_of_day = 24 * 60;

refusal refuse_taken_email() {
  return refuse(refusal_code::address_taken, "another user of this server has this e-mail address");
}

bool leads(const user& who) { return who.active && who.permissions.super_admin; }

bool is_only_leader(const change_draft& draft, const user& who) {
  if (!leads(who)) return false;
  bool alone = true;
  draft.next.users.for_each([&](const user& other) { alone = alone && (other.id == who.id || !leads(other)); });
  return alone;
}

refusal refuse_headless() {
  return refuse(refusal_code::conflict, "the account's last active super_admin can't be deleted, deactivated or demoted");
}
refusal refuse_crowning() { return refuse(refusal_code::access_denied, "only a super_admin makes or changes a super_admin"); }

/// What a user may change of themself without any permission.
bool only_own_fields(const user_fields& fields) {
  return !fields.email && !fields.seat && !fields.permissions && !fields.teams && !fields.capacity && !fields.capacity_by_type &&
         !fields.active;
}

/// Ordered by begin, notes trimmed and never empty.
std::vector<out_of_office_span> checked_absences(change_draft& draft, std::vector<out_of_office_span> spans,
                                                 const std::string& pointer) {
  if (spans.size() > out_of_office_max) {
    draft.fault(pointer, "has more than " + std::to_string(out_of_office_max));
    return {};
  }
  for (std::size_t i = 0; i < spans.size(); ++i) {
    auto& span = spans[i];
    const auto here = pointer + "/" + std::to_string(i);
    if (span.from >= span.to) draft.fault(here + "/to", "must be later than from");
    if (span.note) span.note = trimmed(*span.note);
    if (span.note && span.note->empty()) span.note.reset();
    if (!span.note) continue;
    if (auto wrong = name_fault(*span.note, note_bytes_max)) draft.fault(here + "/note", *wrong);
  }
  std::stable_sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  return spans;
}

void check_memberships(change_draft& draft, const std::vector<team_membership>& teams, const std::string& pointer) {
  std::vector<team_id> named;
  named.reserve(teams.size());
  for (const auto& membership : teams) named.push_back(membership.team);
  if (draft.checked_list(named, draft.next.teams, pointer, "there is no such team").size() < named.size())
    draft.fault(pointer, "names a team twice, or too many");
}

}  // namespace

std::string checked_time_zone(change_draft& draft, const std::string& text, const std::string& pointer) {
  std::string zone{trimmed(text)};
  if (auto wrong = name_fault(zone, time_zone_bytes_max))
    draft.fault(pointer, *wrong);
  else if (draft.context.zones && !draft.context.zones->find(zone, draft.context.now))
    draft.fault(pointer, "is no time zone that this server knows, such as Europe/Berlin");
  return zone;
}

void check_hours(change_draft& draft, const std::vector<working_span>& spans, const std::string& pointer) {
  if (spans.size() > working_spans_max) return draft.fault(pointer, "has more than " + std::to_string(working_spans_max));
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const auto& span = spans[i];
    if (span.weekday > 6 || span.from_minute == span.to_minute || span.from_minute >= minutes_of_day ||
        span.to_minute > minutes_of_day)
      draft.fault(pointer + "/" + std::to_string(i), "must be a weekday and two different times of day, up to 24:00");
  }
}

void require_user_fields(change_draft& draft, const user_fields& fields, const std::string& prefix) {
  const auto require = [&](bool given, const char* field) {
    if (!given) draft.fault(prefix + field, "is required");
  };
  require(fields.first_name.has_value(), "/first_name");
  require(fields.last_name.has_value(), "/last_name");
  require(fields.email.has_value(), "/email");
  require(fields.seat.has_value(), "/seat");
}

void write_user_fields(change_draft& draft, user& into, const user_fields& fields, const std::string& prefix) {
  if (fields.first_name) into.first_name = draft.checked_name(*fields.first_name, prefix + "/first_name");
  if (fields.last_name) into.last_name = draft.checked_name(*fields.last_name, prefix + "/last_name");
  if (fields.email) {
    into.email = trimmed(*fields.email);
    if (!is_email(into.email)) draft.fault(prefix + "/email", "is not an e-mail address");
  }
  if (fields.password_hash) into.password_hash = *fields.password_hash;
  if (fields.time_zone) into.time_zone = checked_time_zone(draft, *fields.time_zone, prefix + "/time_zone");
  if (fields.seat) into.seat = *fields.seat;
  if (fields.permissions) into.permissions = *fields.permissions;
  if (fields.teams) {
    check_memberships(draft, *fields.teams, prefix + "/teams");
    into.teams = *fields.teams;
  }
  if (fields.capacity) {
    into.capacity = *fields.capacity;
    if (into.capacity > capacity_max) draft.fault(prefix + "/capacity", "must be 0 to " + std::to_string(capacity_max));
  }
  if (fields.capacity_by_type) {
    into.capacity_by_type = *fields.capacity_by_type;
    for (std::size_t i = 0; i < channel_types_known; ++i)
      if (into.capacity_by_type[i] > capacity_max)
        draft.fault(prefix + "/capacity_by_type/" + std::string{to_text(static_cast<channel_type>(i))},
                    "must be 0 to " + std::to_string(capacity_max));
  }
  if (fields.working_hours) {
    check_hours(draft, *fields.working_hours, prefix + "/working_hours");
    into.working_hours = *fields.working_hours;
  }
  if (fields.out_of_office) into.out_of_office = checked_absences(draft, *fields.out_of_office, prefix + "/out_of_office");
  if (fields.active) into.active = *fields.active;
}

/// Of a user whose password is another now: whoever knows the old one alone is out. The session that changed it goes on, and so do
/// API tokens, which are revoked by themselves.
void end_sessions(change_draft& draft, user_id of) {
  for (const auto& held : draft.next.tokens.ordered())
    if (held->kind == token_kind::session && held->user == of && held->id != draft.context.by.token) draft.erase(held->id);
}

change_verdict make(change_draft& draft, const create_user& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  if (wanted.fields.permissions && wanted.fields.permissions->super_admin && !draft.may_crown()) return refuse_crowning();
  user created;
  require_user_fields(draft, wanted.fields, "");
  write_user_fields(draft, created, wanted.fields, "");
  if (auto no = draft.verdict()) return no;
  if (draft.context.email_in_use(fold_case(created.email))) return refuse_taken_email();
  created.id = draft.make_id<user_id>();
  created.created_at = draft.context.now;
  draft.put(std::move(created));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const update_user& wanted) {
  const bool own = draft.caller() && draft.caller()->id == wanted.user && only_own_fields(wanted.fields);
  if (!own && !draft.may_administer()) return refuse_unprivileged();
  const auto before = draft.next.users.share(wanted.user);
  if (!before) return refuse_unknown("user");
  const bool crowns = wanted.fields.permissions && wanted.fields.permissions->super_admin;
  // Whoever could change a super_admin's e-mail or password could become one.
  if (!own && (before->permissions.super_admin || crowns) && !draft.may_crown()) return refuse_crowning();
  if (auto no = refuse_unless_current(wanted.if_match, before->version)) return no;

  user after = *before;
  write_user_fields(draft, after, wanted.fields, "");
  if (auto no = draft.verdict()) return no;
  const auto folded = fold_case(after.email);
  if (folded != fold_case(before->email) && draft.context.email_in_use(folded)) return refuse_taken_email();
  if (!leads(after) && is_only_leader(draft, *before)) return refuse_headless();
  ++after.version;
  draft.put(std::move(after));
  if (wanted.fields.password_hash) end_sessions(draft, wanted.user);
  return std::nullopt;
}

/// Nothing names them any more but the words of the past. Who is only deactivated stays listed (S62).
change_verdict make(change_draft& draft, const delete_user& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto before = draft.next.users.share(wanted.user);
  if (!before) return refuse_unknown("user");
  if (before->permissions.super_admin && !draft.may_crown()) return refuse_crowning();
  if (is_only_leader(draft, *before)) return refuse_headless();
  draft.erase(wanted.user);
  forget_people(draft, {{wanted.user}, {}});
  for (const auto& held : draft.next.tokens.ordered())
    if (held->user == wanted.user) draft.erase(held->id);
  return std::nullopt;
}

}  // namespace signalbox
