// Resources as JSON.
#include "transport/wire/json_out.hpp"

namespace signalbox {

void append_assignee(std::string& out, const assignee& of) {
  if (const auto* user = std::get_if<user_id>(&of)) {
    out += "{\"user\":";
    append_json_id(out, *user);
    out += '}';
  } else if (const auto* team = std::get_if<team_id>(&of)) {
    out += "{\"team\":";
    append_json_id(out, *team);
    out += '}';
  } else {
    out += "null";
  }
}

void append_cursor(std::string& out, std::uint64_t position) {
  out += '"';
  append_id_digits(out, position);
  out += '"';
}

std::optional<std::uint64_t> parse_cursor(std::string_view text) { return parse_id_digits(text); }

void append_conversation(std::string& out, const conversation& of) {
  out += "{\"id\":";
  append_json_id(out, of.id);
  out += ",\"inbox\":";
  append_json_id(out, of.inbox);
  out += ",\"channel\":";
  append_json_id(out, of.channel);
  out += ",\"contact\":";
  append_json_id(out, of.contact);
  out += ",\"thread\":";
  append_json_string(out, of.thread);
  out += ",\"subject\":";
  append_json_string_or_null(out, of.subject);
  append_word(out, ",\"status\":", of.status);
  out += ",\"assignee\":";
  append_assignee(out, of.assignee);
  out += ",\"assigned_at\":";
  append_json_time(out, of.assigned_at);
  out += ",\"created_at\":";
  append_json_time(out, of.created_at);
  out += ",\"closed_at\":";
  append_json_time(out, of.closed_at);
  out += ",\"deleted_at\":";
  append_json_time(out, of.deleted_at);
  out += ",\"last_message_at\":";
  append_json_time(out, of.last_message_at);
  out += ",\"waiting_since\":";
  append_json_time(out, of.waiting_since);
  append_word(out, ",\"priority\":", of.priority);
  out += ",\"accept_by\":";
  append_json_time(out, of.accept_by);
  out += ",\"ticket\":";
  append_json_id(out, of.ticket);
  out += ",\"spam\":";
  append_bool(out, of.spam);
  out += ",\"version\":";
  append_number(out, of.version);
  out += '}';
}

void append_working_spans(std::string& out, const std::vector<working_span>& all) {
  constexpr std::array<std::string_view, 7> days{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const auto clock = [&](std::uint16_t minute) {
    const auto two = [&](unsigned n) { out.append({static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)}); };
    two(minute / 60u);
    out += ':';
    two(minute % 60u);
  };
  out += '[';
  for (const auto& span : all) {
    if (out.back() != '[') out += ',';
    out.append("{\"day\":\"").append(days[span.weekday % days.size()]).append("\",\"from\":\"");
    clock(span.from_minute);
    out += "\",\"to\":\"";
    clock(span.to_minute);
    out += "\"}";
  }
  out += ']';
}

void append_user(std::string& out, const user& of) {
  out += "{\"id\":";
  append_json_id(out, of.id);
  out += ",\"first_name\":";
  append_json_string(out, of.first_name);
  out += ",\"last_name\":";
  append_json_string(out, of.last_name);
  out += ",\"email\":";
  append_json_string(out, of.email);
  append_word(out, ",\"seat\":", of.seat);
  out += ",\"permissions\":[";
  const auto begin = out.size();
  const auto permit = [&](bool has, std::string_view word) {
    if (!has) return;
    if (out.size() != begin) out += ',';
    out += word;
  };
  permit(of.permissions.super_admin, "\"super_admin\"");
  permit(of.permissions.account_access, "\"account_access\"");
  permit(of.permissions.availability_management, "\"availability_management\"");
  out += "],\"teams\":[";
  for (const auto& membership : of.teams) {
    if (&membership != &of.teams.front()) out += ',';
    out += "{\"team\":";
    append_json_id(out, membership.team);
    out += ",\"main\":";
    append_bool(out, membership.main);
    out += '}';
  }
  out += "],\"capacity\":";
  if (of.capacity) {
    append_number(out, *of.capacity);
  } else {
    out += "null";
  }
  out += ",\"capacity_by_type\":{";
  for (std::size_t i = 0; i < channel_types_known; ++i) {
    if (!of.capacity_by_type[i]) continue;
    if (out.back() != '{') out += ',';
    out.append("\"").append(to_text(static_cast<channel_type>(i))).append("\":");
    append_number(out, *of.capacity_by_type[i]);
  }
  out += "},\"time_zone\":";
  append_json_string(out, of.time_zone);
  out += ",\"working_hours\":";
  append_working_spans(out, of.working_hours);
  out += ",\"out_of_office\":[";
  for (const auto& span : of.out_of_office) {
    out += out.back() == '[' ? "{\"from\":" : ",{\"from\":";
    append_json_time(out, span.from);
    out += ",\"to\":";
    append_json_time(out, span.to);
    out += ",\"note\":";
    append_json_string_or_null(out, span.note.value_or(""));
    out += '}';
  }
  out += "],\"active\":";
  append_bool(out, of.active);
  out += ",\"created_at\":";
  append_json_time(out, of.created_at);
  out += ",\"version\":";
  append_number(out, of.version);
  out += '}';
}

void append_availability(std::string& out, const availability& of) {
  append_word(out, "{\"status\":", of.status);
  append_word(out, ",\"reason\":", of.reason);
  out += ",\"until\":";
  append_json_time(out, of.until);
  out += '}';
}

void append_contact(std::string& out, const contact& of) {
  out += "{\"id\":";
  append_json_id(out, of.id);
  out += ",\"name\":";
  append_json_string_or_null(out, of.name);
  out += ",\"email\":";
  append_json_string_or_null(out, of.email);
  out += ",\"phone\":";
  append_json_string_or_null(out, of.phone);
  out += ",\"cookie\":";
  append_json_string_or_null(out, of.cookie);
  out += ",\"owner\":";
  append_json_id(out, of.owner);
  out += ",\"created_at\":";
  append_json_time(out, of.created_at);
  out += ",\"version\":";
  append_number(out, of.version);
  out += '}';
}

void append_ticket(std::string& out, const ticket& of, ticket_status status) {
  out += R"({"id":)";
  append_json_id(out, of.id);
  out += R"(,"inbox":)";
  append_json_id(out, of.inbox);
  out += R"(,"conversation":)";
  append_json_id(out, of.conversation);
  out += R"(,"contact":)";
  append_json_id(out, of.contact);
  out += R"(,"subject":)";
  append_json_string_or_null(out, of.subject);
  out += R"(,"pipeline":)";
  append_json_id(out, of.pipeline);
  out += R"(,"stage":)";
  append_json_id(out, of.stage);
  out += R"(,"status":)";
  append_json_string(out, to_text(status));
  out += R"(,"owner":)";
  append_json_id(out, of.owner);
  out += R"(,"created_at":)";
  append_json_time(out, of.created_at);
  out += R"(,"updated_at":)";
  append_json_time(out, of.updated_at);
  out += R"(,"version":)";
  append_number(out, of.version);
  out += '}';
}

void append_notice(std::string& out, const notice& of) {
  out += "{\"to\":";
  append_json_id(out, of.to);
  out += ",\"conversation\":";
  append_json_id(out, of.conversation);
  out += ",\"channel\":";
  append_json_id(out, of.channel);
  out += ",\"message\":";
  append_json_id(out, of.message);
  out += ",\"reason\":\"owner_offline\",\"at\":";
  append_json_time(out, of.at);
  out += '}';
}

}  // namespace signalbox
