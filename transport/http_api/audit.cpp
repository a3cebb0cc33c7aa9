#include <charconv>

#include "transport/http_api/config_json.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/ticket_json.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

std::optional<std::uint64_t> parse_order(std::string_view text) {
  std::uint64_t order = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), order);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return order;
}

template <class Id>
std::optional<audited_id> parse_as(std::string_view text) {
  const auto id = parse_id<Id>(text);
  return id ? std::optional<audited_id>{*id} : std::nullopt;
}

std::optional<audited_id> parse_resource(std::string_view text) {
  for (const auto parse : {parse_as<user_id>, parse_as<team_id>, parse_as<inbox_id>, parse_as<channel_id>, parse_as<token_id>,
                           parse_as<webhook_id>, parse_as<pipeline_id>, parse_as<account_id>, parse_as<contact_id>})
    if (auto what = parse(text)) return what;
  return std::nullopt;
}

std::string_view word_of(const audited_id& what) {
  if (std::holds_alternative<user_id>(what)) return "user";
  if (std::holds_alternative<team_id>(what)) return "team";
  if (std::holds_alternative<inbox_id>(what)) return "inbox";
  if (std::holds_alternative<channel_id>(what)) return "channel";
  if (std::holds_alternative<token_id>(what)) return "token";
  if (std::holds_alternative<webhook_id>(what)) return "webhook";
  if (std::holds_alternative<pipeline_id>(what)) return "pipeline";
  if (std::holds_alternative<contact_id>(what)) return "contact";
  return "account";
}

/// A webhook is for who may see everything alone.
void append_resource(std::string& out, const std::optional<audited_resource>& what, const user& who) {
  if (!what || (std::holds_alternative<webhook>(*what) && !who.permissions.super_admin)) {
    out += "null";
    return;
  }
  if (const auto* one = std::get_if<account>(&*what)) append_account(out, *one);
  if (const auto* one = std::get_if<user>(&*what)) append_user(out, *one);
  if (const auto* one = std::get_if<team>(&*what)) append_team(out, *one);
  if (const auto* one = std::get_if<inbox>(&*what)) {
    append_inbox(out, *one);
    out.back() = ',';
    out += R"("fallback_email":{)";
    append_fallback_settings(out, one->fallback);
    out += R"(},"filters":)";
    append_filters(out, one->filters);
    out += '}';
  }
  if (const auto* one = std::get_if<token>(&*what)) append_token(out, *one);
  if (const auto* one = std::get_if<webhook>(&*what)) append_webhook(out, *one);
  if (const auto* one = std::get_if<pipeline>(&*what)) append_pipeline(out, *one);
  if (const auto* one = std::get_if<contact>(&*what)) {
    append_contact(out, *one);
    if (one->merged_into) {
      out.back() = ',';
      out += R"("merged_into":)";
      append_json_id(out, *one->merged_into);
      out += '}';
    }
  }
  if (const auto* one = std::get_if<channel>(&*what)) {
    append_channel(out, *one);
    out.back() = ',';
    out += R"("assignment":)";
    append_assignment_rule(out, one->assignment);
    out += R"(,"tickets":)";
    append_ticket_rule(out, one->tickets, one->tickets.pipeline, one->tickets.stage);
    out += '}';
  }
}

std::string_view action_of(const audit_entry& of) {
  if (!of.before) return "created";
  if (!of.after) return "deleted";
  const auto* one = std::get_if<contact>(&*of.after);
  return one != nullptr && one->merged_into ? "merged" : "changed";
}

void append_entry(std::string& out, const audit_entry& of, const user& who) {
  out += R"({"id":")";
  append_number(out, of.order);
  out += R"(","at":)";
  append_json_time(out, of.at);
  out += R"(,"by":)";
  if (of.user) {
    out += R"({"user":)";
    append_json_id(out, *of.user);
    out += R"(,"token":)";
    append_json_id(out, of.token);
    out += '}';
  } else {
    out += R"({"operator":true})";
  }
  out.append(R"(,"action":")").append(action_of(of));
  out.append(R"(","resource":{"type":")").append(word_of(of.what)).append(R"(","id":)");
  std::visit([&](const auto id) { append_json_id(out, id); }, of.what);
  out += R"(},"password_changed":)";
  append_bool(out, of.password_changed);
  out += R"(,"before":)";
  append_resource(out, of.before, who);
  out += R"(,"after":)";
  append_resource(out, of.after, who);
  out += '}';
}

}  // namespace

void list_audit(const call_pointer& of) {
  if (!of->who->permissions.administers())
    return of->refuse(refusal_code::access_denied, "the audit log is for those who administer the account");
  query_reader query{*of};
  audit_query wanted;
  wanted.limit = query.limit();
  wanted.before = query.word("after", parse_order, "the next of a page before");
  wanted.resource = query.word("resource", parse_resource,
                               "the id of a user, team, inbox, channel, token, webhook, pipeline, contact or the account");
  wanted.user = query.id<user_id>("user");
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.read_audit(of->by, wanted, answer_with<page<audit_entry>>(of, [](call& asked, page<audit_entry>& found) {
                          std::string out = R"({"items":[)";
                          for (const auto& one : found.items) {
                            if (out.back() != '[') out += ',';
                            append_entry(out, one, *asked.who);
                          }
                          append_next(out, found.next);
                          return json_answer(200, std::move(out));
                        }));
}

}  // namespace signalbox::resources
