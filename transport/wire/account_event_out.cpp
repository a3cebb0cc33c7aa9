// What happened in an account, as webhooks and the pull interface tell it.
#include "transport/wire/json_out.hpp"

namespace signalbox {
namespace {

/// Of one that was opened just now: what the log knows of it.
void append_opening(std::string& out, const event& of) {
  out += R"("conversation":{"id":)";
  append_json_id(out, of.conversation);
  out += R"(,"inbox":)";
  append_json_id(out, of.inbox);
  out += R"(,"channel":)";
  append_json_id(out, of.channel);
  out += R"(},"message":)";
  append_message(out, of);
  out += R"(,"received_at":)";
  append_json_time(out, of.at);
}

/// What an agent needn't be told, since it is about them.
void append_who(std::string& out, const account_event& of) {
  const auto& what = of.of.what;
  switch (of.what) {
    case happening::assignment_created:
      out += R"(,"to":)";
      append_assignee(out, what.to);
      [[fallthrough]];
    case happening::assignment_withdrawn:
      out += R"(,"from":)";
      append_assignee(out, what.from);
      append_by(out, what, "rule");
      return;
    case happening::conversation_updated:
      if (what.kind == event_kind::status) append_by(out, what, "contact");
      if (what.kind == event_kind::move || what.kind == event_kind::update) append_by(out, what, "rule");
      return;
    default:
      return;
  }
}

template <class Id>
void append_id_as(std::string& out, std::uint64_t value) {
  append_json_id(out, Id{value});
}

void append_resource_id(std::string& out, const resource_change& of) {
  switch (of.kind) {
    case resource_kind::account:
      return append_id_as<account_id>(out, of.id);
    case resource_kind::user:
      return append_id_as<user_id>(out, of.id);
    case resource_kind::team:
      return append_id_as<team_id>(out, of.id);
    case resource_kind::inbox:
      return append_id_as<inbox_id>(out, of.id);
    case resource_kind::channel:
      return append_id_as<channel_id>(out, of.id);
    case resource_kind::token:
      return append_id_as<token_id>(out, of.id);
    case resource_kind::webhook:
      return append_id_as<webhook_id>(out, of.id);
    case resource_kind::pipeline:
      return append_id_as<pipeline_id>(out, of.id);
    case resource_kind::contact:
      return append_id_as<contact_id>(out, of.id);
    case resource_kind::ticket:
      return append_id_as<ticket_id>(out, of.id);
  }
}

void append_configuration(std::string& out, const event& of) {
  out.append(R"("resource":")").append(to_text(of.changed->kind)).append(R"(","id":)");
  append_resource_id(out, *of.changed);
  out.append(R"(,"change":")").append(to_text(of.changed->change)).append(R"(","by":)");
  append_json_id(out, of.by);
}

void append_contact_event(std::string& out, const account_event& of) {
  const auto& change = *of.of.what.changed;
  out += R"("id":)";
  append_resource_id(out, change);
  if (change.change == change_kind::merged) {
    out += R"(,"merged":)";
    append_json_id(out, change.absorbed);
  }
  out += R"(,"contact":)";
  if (of.contact) {
    append_contact(out, *of.contact);
  } else {
    out += "null";
  }
  append_by(out, of.of.what, "contact");
}

bool is_deletion(const event& of) { return of.changed && of.changed->change == change_kind::deleted; }

void append_ticket_event(std::string& out, const account_event& of) {
  if (!of.ticket) {  // deleted: there is none any more
    out += R"("id":)";
    append_resource_id(out, *of.of.what.changed);
    return append_by(out, of.of.what, "rule");
  }
  out += R"("ticket":)";
  append_ticket(out, *of.ticket, of.of.what.ticket_status_now);
  append_by(out, of.of.what, "rule");
}

/// What agents are never told.
bool append_changed(std::string& out, const account_event& of) {
  const auto& what = of.of.what;
  if (what.kind == event_kind::configuration && what.changed) {
    append_configuration(out, what);
  } else if (what.kind == event_kind::contact && what.changed) {
    append_contact_event(out, of);
  } else if (what.kind == event_kind::ticket && (of.ticket || is_deletion(what))) {
    append_ticket_event(out, of);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void append_account_event(std::string& out, const account_event& of) {
  const auto& what = of.of.what;
  out += R"({"id":)";
  append_json_id(out, of.id());
  out.append(R"(,"type":")").append(to_text(of.what)).append(R"(","at":)");
  append_json_time(out, what.at);
  out += R"(,"account":)";
  append_json_id(out, what.account);
  out += R"(,"position":)";
  append_number(out, what.position);
  out += R"(,"data":{)";
  if (of.what == happening::conversation_created) {
    append_opening(out, what);
  } else if (!append_changed(out, of)) {
    append_event_data(out, of.of);
    append_who(out, of);
  }
  out += "}}";
}

}  // namespace signalbox
