// What became of messages in, and replies to deliver.
#include <algorithm>

#include "transport/wire/json_out.hpp"

namespace signalbox {

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

/// `,"key":` and a quoted string, left out when it is empty.
void append_member_unless_empty(std::string& out, std::string_view key_with_comma, std::string_view value) {
  if (value.empty()) return;
  out += key_with_comma;
  append_json_string(out, value);
}

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

}  // namespace signalbox
