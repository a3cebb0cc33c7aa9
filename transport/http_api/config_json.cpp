#include "transport/http_api/config_json.hpp"

#include <algorithm>
#include <string_view>

#include "rules/access.hpp"
#include "transport/safe_html.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox {

namespace {

template <class Id>
void append_ids(std::string& out, const std::vector<Id>& all) {
  out += '[';
  for (const auto& one : all) {
    if (out.back() != '[') out += ',';
    append_json_id(out, one);
  }
  out += ']';
}

void append_people(std::string& out, std::string_view before, const std::vector<user_id>& users,
                   const std::vector<team_id>& teams) {
  out += before;
  out += R"("users":)";
  append_ids(out, users);
  out += R"(,"teams":)";
  append_ids(out, teams);
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
  out.append(",\"").append(key).append("\":");
  append_json_string(out, value);
}

void append_version(std::string& out, version_number of) {
  out += R"(,"version":)";
  append_number(out, of);
}

void append_skipped(std::string& out, const account_config& config, const channel& of) {
  const auto* in = config.inboxes.find(of.inbox);
  out += '[';
  if (in != nullptr) {
    for (const auto& [who, why] : skipped_by(config, *in, of.assignment)) {
      out += out.back() == '[' ? R"({"user":)" : R"(,{"user":)";
      append_json_id(out, who);
      append_text(out, "reason", to_text(why));
      append_text(out, "rule", rule_of(why));
      out += '}';
    }
  }
  out += ']';
}

void append_business_hours(std::string& out, const std::optional<timetable>& of) {
  if (!of) {
    out += "null";
    return;
  }
  out += R"({"time_zone":)";
  append_json_string(out, of->time_zone);
  out += R"(,"hours":)";
  append_working_spans(out, of->hours);
  out += R"(,"holidays":[)";
  for (const auto day : of->holidays) {
    if (out.back() != '[') out += ',';
    append_json_string(out, to_text(time_point{day}).substr(0, 10));
  }
  out += "]}";
}

}  // namespace

void append_account(std::string& out, const account& of) {
  out += R"({"id":)";
  append_json_id(out, of.id);
  append_text(out, "name", of.name);
  append_text(out, "subdomain", of.subdomain);
  append_text(out, "plan", to_text(of.plan));
  out += R"(,"created_at":)";
  append_json_time(out, of.created_at);
  append_version(out, of.version);
  out += '}';
}

void append_access(std::string& out, const access_list& of) {
  out += R"({"mode":)";
  append_json_string(out, to_text(of.mode));
  append_people(out, ",", of.users, of.teams);
  append_version(out, of.version);
  out += '}';
}

void append_inbox(std::string& out, const inbox& of) {
  out += R"({"id":)";
  append_json_id(out, of.id);
  append_text(out, "name", of.name);
  out += R"(,"default":)";
  append_bool(out, of.is_default);
  out += R"(,"access":)";
  append_access(out, of.access);
  out += R"(,"created_at":)";
  append_json_time(out, of.created_at);
  append_version(out, of.version);
  out += '}';
}

void append_fallback_settings(std::string& out, const fallback_email& of) {
  out += R"("send":)";
  append_bool(out, of.send);
  out += R"(,"from_name":{"mode":)";
  append_json_string(out, to_text(of.name_mode));
  append_text(out, "company", of.company);
  out += R"(},"from_address":{"mode":)";
  append_json_string(out, to_text(of.address_mode));
  out += R"(,"custom":)";
  append_json_string_or_null(out, of.custom.value_or(""));
  out += R"(,"verified":)";
  append_bool(out, of.custom.has_value());
  // Sanitised once more: what is in the store may be older than the list of what is allowed (S41).
  out += R"(},"signature":{"html":)";
  append_json_string(out, safe_html(of.signature_html).value_or(""));
  out += R"(,"on":)";
  append_bool(out, of.signature_on);
  out += R"(},"original_sender":)";
  append_bool(out, of.original_sender);
  append_version(out, of.version);
}

void append_filters(std::string& out, const mail_filters& of) {
  const auto append_entries = [&out](const std::vector<std::string>& all) {
    out += '[';
    for (const auto& one : all) {
      if (out.back() != '[') out += ',';
      append_json_string(out, one);
    }
    out += ']';
  };
  out += R"({"allow":)";
  append_entries(of.allow);
  out += R"(,"deny":)";
  append_entries(of.deny);
  out += R"(,"automated_responses":)";
  append_bool(out, of.automated_responses);
  out += R"(,"own_addresses":)";
  append_bool(out, of.own_addresses);
  append_version(out, of.version);
  out += '}';
}

void append_channel(std::string& out, const channel& of) {
  out += R"({"id":)";
  append_json_id(out, of.id);
  out += R"(,"inbox":)";
  append_json_id(out, of.inbox);
  append_text(out, "type", to_text(of.type));
  append_text(out, "name", of.name);
  out += R"(,"on":)";
  append_bool(out, of.on);
  out += R"(,"authorized":)";
  append_bool(out, of.authorized);
  if (of.address) append_text(out, "address", *of.address);
  out += R"(,"business_hours":)";
  append_business_hours(out, of.business_hours);
  append_version(out, of.version);
  out += '}';
}

void append_token(std::string& out, const token& of) {
  out += R"({"id":)";
  append_json_id(out, of.id);
  append_text(out, "kind", to_text(of.kind));
  append_text(out, "name", of.name);
  out += R"(,"user":)";
  append_json_id(out, of.user);
  out += R"(,"channels":)";
  append_ids(out, of.channels);
  out += R"(,"created_at":)";
  append_json_time(out, of.created_at);
  out += R"(,"expires_at":)";
  append_json_time(out, of.expires_at);
  out += '}';
}

void append_webhook(std::string& out, const webhook& of) {
  out += R"({"id":)";
  append_json_id(out, of.id);
  append_text(out, "name", of.name);
  append_text(out, "url", of.url);
  out += R"(,"events":[)";
  for (const auto one : of.events) {
    if (out.back() != '[') out += ',';
    append_json_string(out, to_text(one));
  }
  out += R"(],"on":)";
  append_bool(out, of.on);
  out += R"(,"paused_since":)";
  append_json_time(out, of.paused_since);
  out += R"(,"paused_reason":)";
  append_json_string_or_null(out, of.paused_reason);
  out += R"(,"previous_secret_until":)";
  append_json_time(out, of.retired_until);
  out += R"(,"created_at":)";
  append_json_time(out, of.created_at);
  append_version(out, of.version);
  out += '}';
}

std::vector<shown_member> shown_members(const account_config& config, team_id of) {
  std::vector<shown_member> members;
  config.users.for_each([&](const user& who) {
    for (const auto& membership : who.teams)
      if (membership.team == of) members.push_back({who.id, membership.main});
  });
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.user < b.user; });
  return members;
}

void append_team(std::string& out, const team& of) {
  out += R"({"id":)";
  append_json_id(out, of.id);
  append_text(out, "name", of.name);
  out += R"(,"created_at":)";
  append_json_time(out, of.created_at);
  append_version(out, of.version);
  out += '}';
}

void append_team(std::string& out, const team& of, const std::vector<shown_member>& members) {
  append_team(out, of);
  out.back() = ',';
  out += R"("members":[)";
  for (const auto& [who, main] : members) {
    out += out.back() == '[' ? R"({"user":)" : R"(,{"user":)";
    append_json_id(out, who);
    out += R"(,"main":)";
    append_bool(out, main);
    out += '}';
  }
  out += "]}";
}

void append_assignment_rule(std::string& out, const assignment_rule& rule) {
  out += R"({"enabled":)";
  append_bool(out, rule.enabled);
  append_text(out, "assign_to", to_text(rule.assign_to));
  append_people(out, ",", rule.candidates.users, rule.candidates.teams);
  out += R"(,"only_available":)";
  append_bool(out, rule.only_available);
  append_text(out, "strategy", to_text(rule.strategy));
  out += R"(,"queue":)";
  append_bool(out, rule.queue);
  append_people(out, R"(,"fallback":{)", rule.fallback.users, rule.fallback.teams);
  out += '}';
  append_text(out, "priority", to_text(rule.priority));
  out += R"(,"accept_within_seconds":)";
  if (rule.accept_within) {
    append_number(out, static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(*rule.accept_within).count()));
  } else {
    out += "null";
  }
  append_version(out, rule.version);
  out += '}';
}

void append_assignment_rule(std::string& out, const account_config& config, const channel& of) {
  append_assignment_rule(out, of.assignment);
  out.back() = ',';
  out += R"("skipped":)";
  append_skipped(out, config, of);
  out += '}';
}

}  // namespace signalbox
