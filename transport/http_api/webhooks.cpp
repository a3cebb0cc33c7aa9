#include "rules/text.hpp"
#include "rules/webhook_address.hpp"
#include "transport/http_api/body_reader.hpp"
#include "transport/http_api/changing.hpp"
#include "transport/http_api/config_json.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

/// A webhook is told everything of the account: only who may see everything may know of it.
bool refused_to(call& of) {
  if (of.who->permissions.super_admin) return false;
  of.refuse(refusal_code::access_denied, "webhooks need the permission super_admin");
  return true;
}

/// The webhook that the path names; null after a refusal.
const webhook* named_webhook(call& of) {
  if (refused_to(of)) return nullptr;
  const auto id = of.path_id<webhook_id>();
  const auto* found = id ? of.config->webhooks.find(*id) : nullptr;
  if (found == nullptr) of.refuse(refusal_code::not_found, "there is no such webhook");
  return found;
}

std::optional<std::vector<happening>> read_events(const object_reader& members) {
  if (members.is_null("events")) return std::vector<happening>{};
  const auto given = members.texts("events", happenings_known * 2);
  if (!given) return std::nullopt;
  std::vector<happening> all;
  for (std::size_t i = 0; i < given->size(); ++i) {
    if (!(*given)[i]) continue;
    if (const auto known = parse_happening(*(*given)[i])) {
      all.push_back(*known);
    } else {
      members.fault("events/" + std::to_string(i), "must be a type of event, such as message.created");
    }
  }
  return all;
}

webhook_fields read_fields(const call& of, const object_reader& members) {
  webhook_fields fields;
  fields.url = members.text("url", webhook_url_bytes_max);
  if (fields.url && !of.private_webhooks && names_private_address(trimmed(*fields.url)))
    members.fault("url", "must name an address of the public Internet, unless the operator allows others");
  fields.name = members.text("name", name_bytes_max);
  fields.events = read_events(members);
  fields.on = members.flag("on");
  return fields;
}

/// As the one who made or rotated its secret is shown it: this once.
std::string with_secret(const webhook& of) {
  std::string out;
  append_webhook(out, of);
  out.pop_back();
  out += R"(,"secret":)";
  append_json_string(out, of.secret);
  out += '}';
  return out;
}

void append_delivery_record(std::string& out, const webhook_delivery& of) {
  out += R"({"delivery":)";
  append_json_id(out, of.id());
  out.append(R"(,"type":")").append(to_text(of.what)).append(R"(","conversation":)");
  append_json_id(out, of.conversation.value == 0 ? std::nullopt : std::optional{of.conversation});
  out += R"(,"position":)";
  append_number(out, position_of_place(of.place));
  out.append(R"(,"status":")").append(to_text(of.state)).append(R"(","attempts":)");
  append_number(out, of.attempts);
  out += R"(,"first_attempt_at":)";
  append_json_time(out, of.first_at);
  out += R"(,"last_attempt_at":)";
  append_json_time(out, of.last_at);
  out += R"(,"next_attempt_at":)";
  append_json_time(out, of.next_at);
  out += R"(,"http_status":)";
  if (of.http_status != 0) {
    append_number(out, of.http_status);
  } else {
    out += "null";
  }
  out += R"(,"error":)";
  append_json_string_or_null(out, of.error);
  out += '}';
}

}  // namespace

void list_webhooks(const call_pointer& of) {
  if (refused_to(*of)) return;
  answer_page(
      *of, of->config->webhooks, [](const webhook&) { return true; }, append_webhook);
}

void create_webhook(const call_pointer& of) {
  if (refused_to(*of)) return;
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"url"});
  auto fields = read_fields(*of, members);
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<webhook>(of, signalbox::create_webhook{std::move(fields), {}}, &account_config::webhooks,
                           [](const account_config&, const webhook& made) {
                             return created_answer(made.version, with_secret(made), "/v1/webhooks/" + to_text(made.id));
                           });
}

void read_webhook(const call_pointer& of) {
  const auto* found = named_webhook(*of);
  if (found == nullptr) return;
  std::string out;
  append_webhook(out, *found);
  of->answer(resource_answer(200, found->version, std::move(out)));
}

void change_webhook(const call_pointer& of) {
  const auto* found = named_webhook(*of);
  if (found == nullptr) return;
  request_body body{of->request.body};
  const auto members = body.members();
  signalbox::update_webhook wanted;
  wanted.webhook = found->id;
  wanted.fields = read_fields(*of, members);
  if (const auto paused = members.flag("paused")) {
    if (*paused) members.fault("paused", "is the server's to say; switch it off with on");
    wanted.resume = !*paused;
  }
  if (const auto no = body.faults()) return of->refuse(*no);
  auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  wanted.if_match = std::get<maybe<version_number>>(if_match);
  change_resource<webhook>(of, std::move(wanted), &account_config::webhooks, [](const account_config&, const webhook& changed) {
    std::string out;
    append_webhook(out, changed);
    return resource_answer(200, changed.version, std::move(out));
  });
}

void delete_webhook(const call_pointer& of) {
  const auto* found = named_webhook(*of);
  if (found == nullptr || refused_as_stale(*of, found->version)) return;
  delete_resource(of, signalbox::delete_webhook{found->id});
}

void rotate_webhook_secret(const call_pointer& of) {
  const auto* found = named_webhook(*of);
  if (found == nullptr) return;
  auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  change_resource<webhook>(
      of, signalbox::rotate_webhook_secret{found->id, {}, std::get<maybe<version_number>>(if_match)}, &account_config::webhooks,
      [](const account_config&, const webhook& now) { return resource_answer(200, now.version, with_secret(now)); });
}

void list_webhook_deliveries(const call_pointer& of) {
  const auto* found = named_webhook(*of);
  if (found == nullptr) return;
  query_reader query{*of};
  webhook_deliveries_query wanted;
  wanted.limit = query.limit();
  wanted.state = query.word("status", parse_webhook_delivery_state, "pending, dead or delivered");
  wanted.before = query.after<account_event_id>();
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.list_webhook_deliveries(of->by, found->id, wanted,
                                     answer_with<page<webhook_delivery>>(of, [](call&, page<webhook_delivery>& listed) {
                                       std::string out = R"({"items":[)";
                                       for (const auto& one : listed.items) {
                                         if (out.back() != '[') out += ',';
                                         append_delivery_record(out, one);
                                       }
                                       append_next(out, listed.next);
                                       return json_answer(200, std::move(out));
                                     }));
}

void redeliver(const call_pointer& of) {
  const auto* found = named_webhook(*of);
  if (found == nullptr) return;
  request_body body{of->request.body};
  const auto members = body.members();
  redelivery wanted;
  wanted.one = members.id<account_event_id>("delivery");
  wanted.from = members.number("from", 0, 1ull << 62);
  const auto all = members.word<std::string>(
      "status", [](std::string_view text) { return text == "dead" ? std::optional{std::string{text}} : std::nullopt; }, "dead");
  if (members.has("delivery") + members.has("from") + members.has("status") > 1)
    members.fault("", "names more than one of delivery, from and status");
  if (!members.has("delivery") && !members.has("from") && !members.has("status"))
    members.fault("", "must name a delivery, a position from which to send again, or the status dead");
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.redeliver(of->by, found->id, wanted, key_of_call(*of),
                       answer_with<std::optional<std::size_t>>(of, [](call&, std::optional<std::size_t>& sent) {
                         std::string out = R"({"deliveries":)";
                         if (sent) {
                           append_number(out, *sent);
                         } else {
                           out += "null";
                         }
                         out += '}';
                         return json_answer(202, std::move(out));
                       }));
}

}  // namespace signalbox::resources
