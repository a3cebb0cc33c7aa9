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
  } else {
    append_event_data(out, of.of);
    append_who(out, of);
  }
  out += "}}";
}

}  // namespace signalbox
