// Events, as history, decisions and the agent socket show them.
#include "transport/wire/json_out.hpp"

namespace signalbox {
namespace {

/// `"id":…,"seq":…,"at":…`, the same for every entry.
void begin_entry(std::string& out, const event& of) {
  out += "{\"id\":";
  append_json_id(out, of.message);
  out += ",\"seq\":";
  append_number(out, of.seq);
  out += ",\"at\":";
  append_json_time(out, of.at);
}

void append_conversation_of(std::string& out, const agent_event& of) {
  out += "\"conversation\":";
  if (of.conversation) {
    append_conversation(out, *of.conversation);
  } else {
    out += "{\"id\":";
    append_json_id(out, of.what.conversation);
    out += '}';
  }
}

void append_assignment_data(std::string& out, const agent_event& of) {
  append_conversation_of(out, of);
  if (!of.withdrawn) {
    out += ",\"message\":";
    if (of.newest_message) {
      append_message(out, *of.newest_message);
    } else {
      out += "null";
    }
  }
  append_word(out, ",\"reason\":", of.what.reason);
  if (of.withdrawn) {
    out += ",\"to\":";
    append_assignee(out, of.what.to);
  } else {
    out += ",\"received_at\":";
    append_json_time(out, of.newest_message ? of.newest_message->at : of.what.at);
  }
}

void append_status_data(std::string& out, const event& of) {
  out += "\"conversation\":";
  append_json_id(out, of.conversation);
  out += ",\"message\":";
  append_json_id(out, of.message);
  append_word(out, ",\"status\":", of.status);
  if (of.error.empty()) return;
  out += ",\"error\":";
  append_json_string(out, of.error);
}

void append_availability_data(std::string& out, const event& of) {
  out += "\"user\":";
  append_json_id(out, of.user);
  append_word(out, ",\"status\":", of.availability_now.status);
  append_word(out, ",\"reason\":", of.availability_now.reason);
  out += ",\"until\":";
  append_json_time(out, of.availability_now.until);
}

}  // namespace

void append_by(std::string& out, const event& of, std::string_view otherwise) {
  out += ",\"by\":";
  if (of.by) {
    append_json_id(out, *of.by);
  } else {
    out.append("\"").append(otherwise) += '"';
  }
}

void append_event_data(std::string& out, const agent_event& of) {
  switch (of.what.kind) {
    case event_kind::message:
    case event_kind::comment:
      out += "\"conversation\":";
      append_json_id(out, of.what.conversation);
      out += ",\"message\":";
      append_message(out, of.what);
      out += ",\"received_at\":";
      append_json_time(out, of.what.at);
      return;
    case event_kind::assignment:
      append_assignment_data(out, of);
      return;
    case event_kind::message_status:
      append_status_data(out, of.what);
      return;
    case event_kind::availability:
      append_availability_data(out, of.what);
      return;
    case event_kind::waiting:
      append_conversation_of(out, of);
      if (of.what.place) append_waiting_place(out.append(","), *of.what.place);
      return;
    case event_kind::status:
    case event_kind::move:
    case event_kind::update:
    case event_kind::purged:
      append_conversation_of(out, of);
      return;
    case event_kind::configuration:
    case event_kind::contact:
    case event_kind::ticket:
      return;  // in no feed
  }
}

void append_waiting_place(std::string& out, const waiting_place& of) {
  out += "\"position\":";
  append_number(out, of.ahead + 1);
  out += ",\"estimated_wait_ms\":";
  if (of.estimate) {
    append_number(out, static_cast<std::uint64_t>(of.estimate->count()));
  } else {
    out += "null";
  }
}

void append_message(std::string& out, const event& of) {
  begin_entry(out, of);
  if (of.kind == event_kind::comment) {
    out += ",\"type\":\"comment\"";
  } else {
    append_word(out, ",\"type\":\"message\",\"direction\":", of.direction);
    append_word(out, ",\"status\":", of.status);
    if (!of.error.empty()) {
      out += ",\"error\":";
      append_json_string(out, of.error);
    }
  }
  if (of.sent_at) {
    out += ",\"sent_at\":";
    append_json_time(out, *of.sent_at);
  }
  if (of.by) {  // the contact's own `from` stands in the body
    out += ",\"from\":{\"user\":";
    append_json_id(out, *of.by);
    out += '}';
  }
  if (!of.body.empty()) out.append(",").append(of.body);
  out += '}';
}

void append_history_entry(std::string& out, const event& of) {
  if (of.kind == event_kind::message || of.kind == event_kind::comment) return append_message(out, of);
  begin_entry(out, of);
  switch (of.kind) {
    case event_kind::assignment:
      out += ",\"type\":\"assignment\",\"from\":";
      append_assignee(out, of.from);
      out += ",\"to\":";
      append_assignee(out, of.to);
      append_by(out, of, "rule");
      append_word(out, ",\"reason\":", of.reason);
      break;
    case event_kind::move:
      out += ",\"type\":\"move\",\"from\":";
      append_json_id(out, of.from_inbox);
      out += ",\"to\":";
      append_json_id(out, of.inbox);
      append_by(out, of, "rule");
      break;
    default:
      append_word(out, ",\"type\":\"status\",\"status\":", of.conversation_status_now);
      append_by(out, of, "contact");
      break;
  }
  out += '}';
}

std::string_view event_type(const agent_event& of) {
  if (of.cursor == 0) return "typing";
  switch (of.what.kind) {
    case event_kind::message:
    case event_kind::comment:
      return "message.created";
    case event_kind::assignment:
      return of.withdrawn ? "assignment.withdrawn" : "assignment.created";
    case event_kind::message_status:
      return "message.status";
    case event_kind::waiting:
      return "conversation.waiting";
    case event_kind::availability:
      return "availability.changed";
    case event_kind::status:
    case event_kind::move:
    case event_kind::update:
    case event_kind::purged:
    case event_kind::configuration:
    case event_kind::contact:
    case event_kind::ticket:
      return "conversation.updated";
  }
  return "conversation.updated";
}

void append_agent_event(std::string& out, const agent_event& of) {
  const bool typing = of.cursor == 0;
  out += '{';
  if (!typing) {
    out += "\"cursor\":";
    append_cursor(out, of.cursor);
    out += ",\"prev\":";
    append_cursor(out, of.prev);
    out += ',';
  }
  out.append("\"type\":\"").append(event_type(of)).append("\",\"at\":");
  append_json_time(out, of.what.at);
  out += ",\"data\":{";
  if (typing) {
    out += "\"conversation\":";
    append_json_id(out, of.what.conversation);
    out += ",\"user\":";
    append_json_id(out, of.what.by);
  } else {
    append_event_data(out, of);
  }
  out += "}}";
}

void append_decision(std::string& out, const decision_entry& of) {
  const auto& why = of.why;
  out += "{\"conversation\":";
  append_json_id(out, of.conversation);
  out += ",\"at\":";
  append_json_time(out, of.at);
  append_word(out, ",\"reason\":", of.reason);
  append_word(out, ",\"result\":", why.result);
  out += ",\"chosen\":";
  append_json_id(out, why.chosen);
  out += ",\"channel\":";
  append_json_id(out, why.channel);
  append_word(out, ",\"strategy\":", why.strategy);
  append_word(out, ",\"tie_break\":", why.tie);
  out += ",\"chance\":";
  if (why.strategy == strategy::random) {
    out += '"';  // 64 bits: as a number JavaScript would round it
    append_number(out, why.chance);
    out += '"';
  } else {
    out += "null";
  }
  out += ",\"attempt\":";
  append_number(out, why.attempt);
  out += ",\"config_revision\":";
  append_number(out, why.config_revision);
  out += ",\"candidates\":";
  append_number(out, why.candidates);
  out += ",\"excluded\":[";
  bool first = true;
  for (const auto& [rule, count] : why.excluded) {
    if (!std::exchange(first, false)) out += ',';
    append_word(out, "{\"why\":", rule);
    out.append(",\"rule\":\"").append(rule_of(rule)).append("\",\"count\":");
    append_number(out, count);
    out += '}';
  }
  out += "],\"owner\":";
  if (why.owner_step) {
    out += "{\"user\":";
    append_json_id(out, why.owner);
    append_word(out, ",\"step\":", *why.owner_step);
    out.append(",\"rule\":\"").append(rule_of(*why.owner_step)).append("\"}");
  } else {
    out += "null";
  }
  out += ",\"seen\":[";
  for (const auto& one : why.seen) {
    if (&one != &why.seen.front()) out += ',';
    out += "{\"user\":";
    append_json_id(out, one.user);
    out += ",\"open\":";
    append_number(out, one.open);
    if (one.excluded) {
      append_word(out, ",\"excluded\":", *one.excluded);
      out.append(",\"rule\":\"").append(rule_of(*one.excluded)) += '"';
    }
    out += '}';
  }
  out += "]}";
}

}  // namespace signalbox
