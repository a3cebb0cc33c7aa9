#include "transport/wire/json_out.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace signalbox {
namespace {

/// For each byte: 0 as it stands, 'u' as \u00XX, else the letter after the backslash.
constexpr auto escape_letters = [] {
  std::array<char, 256> out{};
  for (std::size_t c = 0; c < 0x20; ++c) out[c] = 'u';
  out['\b'] = 'b';
  out['\f'] = 'f';
  out['\n'] = 'n';
  out['\r'] = 'r';
  out['\t'] = 't';
  out['"'] = '"';
  out['\\'] = '\\';
  return out;
}();

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const char letter = escape_letters[byte];
    if (letter == 0) continue;
    out.append(text, done, at - done);
    done = at + 1;
    out += '\\';
    out += letter;
    if (letter == 'u') out.append("00").append({hex[byte >> 4], hex[byte & 15]});
  }
  out.append(text, done);
}

/// The length of the well-formed sequence at the front, 0 when there is none.
std::size_t sequence_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : 4;
  return size <= text.size() && simdjson::validate_utf8(text.data(), size) ? size : 0;
}

void append_repaired(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto size = sequence_size(text);
    if (size == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      append_escaped(out, text.substr(0, size));
      text.remove_prefix(size);
    }
  }
}

/// `,"key":` and a quoted string, left out when it is empty.
void append_member_unless_empty(std::string& out, std::string_view key_with_comma, std::string_view value) {
  if (value.empty()) return;
  out += key_with_comma;
  append_json_string(out, value);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (simdjson::validate_utf8(text.data(), text.size())) {
    append_escaped(out, text);
  } else {
    append_repaired(out, text);
  }
  out += '"';
}

void append_json_string_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_bool(std::string& out, bool value) { out += value ? "true" : "false"; }

void append_json_time(std::string& out, time_point at) {
  // An event says the same time three times, and its neighbours often the same again.
  thread_local time_point known_at = time_point::min();
  thread_local std::string known;
  if (at != known_at) {
    known.assign(1, '"');
    append_time(known, at);
    known += '"';
    known_at = at;
  }
  out += known;
}

void append_json_time(std::string& out, const std::optional<time_point>& at) {
  if (at) {
    append_json_time(out, *at);
  } else {
    out += "null";
  }
}

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

std::string_view to_text(publish_status of) {
  switch (of) {
    case publish_status::pending:
      return "pending";
    case publish_status::accepted:
      return "accepted";
    case publish_status::duplicate:
      return "duplicate";
    case publish_status::dropped:
      return "dropped";
    case publish_status::rejected:
      return "rejected";
  }
  return "rejected";
}

namespace {

void append_rejection(std::string& out, const inbound_frame& frame, std::size_t message) {
  const auto code = frame.results[message].code;
  append_word(out, ",\"code\":", code);
  const auto known = std::lower_bound(frame.faults.begin(), frame.faults.end(), message,
                                      [](const message_fault& each, std::size_t index) { return each.message < index; });
  if (known != frame.faults.end() && known->message == message) {
    append_json_string(out.append(",\"pointer\":"), known->pointer);
    append_json_string(out.append(",\"detail\":"), known->detail);
  } else if (code == refusal_code::not_found) {  // its channel was deleted since
    append_json_string(out.append(R"(,"pointer":"/channel","detail":)"), unknown_channel);
  } else {
    append_json_string(out.append(",\"detail\":"), "was not taken: send it again");
  }
}

}  // namespace

void append_publish_result(std::string& out, const inbound_frame& frame, std::size_t message, bool with_conversation) {
  const auto& of = frame.results[message];
  out += "{\"id\":";
  append_json_string(out, frame.messages[message].external_id);
  append_word(out, ",\"status\":", of.status);
  if (of.message) {
    out += ",\"message\":";
    append_json_id(out, *of.message);
  }
  if (with_conversation && of.conversation) {
    out += ",\"conversation\":";
    append_json_id(out, *of.conversation);
  }
  if (of.status == publish_status::rejected) append_rejection(out, frame, message);
  out += '}';
}

void append_delivery(std::string& out, const delivery& of) {
  out += "{\"id\":";
  append_json_id(out, of.message);
  out += ",\"channel\":";
  append_json_id(out, of.channel);
  out += ",\"thread\":";
  append_json_string(out, of.thread);
  out += ",\"to\":{\"id\":";
  append_json_string(out, of.to_id);
  append_member_unless_empty(out, ",\"name\":", of.to_name);
  append_member_unless_empty(out, ",\"email\":", of.to_email);
  append_member_unless_empty(out, ",\"phone\":", of.to_phone);
  out.append("},").append(of.body).append(",\"attempt\":");
  append_number(out, of.attempt);
  out += '}';
}

int http_status(refusal_code of) {
  switch (of) {
    case refusal_code::invalid:
      return 422;
    case refusal_code::unauthorized:
      return 401;
    case refusal_code::access_denied:
    case refusal_code::view_only:
    case refusal_code::plan_limit:
    case refusal_code::seat_required:
      return 403;
    case refusal_code::not_found:
      return 404;
    case refusal_code::channel_off:
    case refusal_code::from_name_taken:
    case refusal_code::address_unverified:
    case refusal_code::address_taken:
    case refusal_code::conflict:
      return 409;
    case refusal_code::version_conflict:
      return 412;
    case refusal_code::rate_limited:
      return 429;
    case refusal_code::too_large:
      return 413;
    case refusal_code::unavailable:
      return 503;
    case refusal_code::internal:
      return 500;
  }
  return 500;
}

std::string_view problem_title(refusal_code of) {
  switch (of) {
    case refusal_code::invalid:
      return "The request is not valid";
    case refusal_code::unauthorized:
      return "Not authenticated";
    case refusal_code::access_denied:
      return "Access denied";
    case refusal_code::view_only:
      return "May view, not act";
    case refusal_code::not_found:
      return "Not found";
    case refusal_code::plan_limit:
      return "Not included in the plan";
    case refusal_code::seat_required:
      return "A paid seat is required";
    case refusal_code::channel_off:
      return "The channel is switched off";
    case refusal_code::from_name_taken:
      return "The from name is taken";
    case refusal_code::address_unverified:
      return "The address is not verified";
    case refusal_code::address_taken:
      return "The address is taken";
    case refusal_code::version_conflict:
      return "Changed meanwhile";
    case refusal_code::conflict:
      return "Not possible in this state";
    case refusal_code::rate_limited:
      return "Too many requests";
    case refusal_code::too_large:
      return "Too large";
    case refusal_code::unavailable:
      return "Not available at the moment";
    case refusal_code::internal:
      return "A defect of the server";
  }
  return "A defect of the server";
}

namespace {

void begin_problem(std::string& out, int status, std::string_view code, std::string_view title, std::string_view detail) {
  out.append("{\"type\":\"urn:signalbox:problem:").append(code).append("\",\"title\":");
  append_json_string(out, title);
  out += ",\"status\":";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ",\"detail\":";
  append_json_string(out, detail);
  out.append(",\"code\":\"").append(code) += '"';
}

}  // namespace

void append_problem(std::string& out, const refusal& of, std::string_view request_id) {
  begin_problem(out, http_status(of.code), to_text(of.code), problem_title(of.code), of.detail);
  if (of.code == refusal_code::invalid) {
    out += ",\"errors\":[";
    for (const auto& error : of.errors) {
      if (&error != &of.errors.front()) out += ',';
      out += "{\"pointer\":";
      append_json_string(out, error.pointer);
      out += ",\"detail\":";
      append_json_string(out, error.detail);
      out += '}';
    }
    out += ']';
  }
  append_member_unless_empty(out, ",\"request_id\":", request_id);
  out += '}';
}

void append_problem(std::string& out, int status, std::string_view code, std::string_view title, std::string_view detail,
                    std::string_view request_id) {
  begin_problem(out, status, code, title, detail);
  append_member_unless_empty(out, ",\"request_id\":", request_id);
  out += '}';
}

}  // namespace signalbox
