#include "transport/http_api/changing.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/ticket_json.hpp"

namespace signalbox::resources {

namespace {

std::string shown(const call& of, const ticket& what) {
  std::string out;
  append_ticket(out, what, status_at(*of.config, {what.pipeline, what.stage}));
  return out;
}

http_answer show_ticket(const call& of, const ticket& what) { return resource_answer(200, what.version, shown(of, what)); }

ticket_fields read_ticket_fields(const object_reader& from) {
  ticket_fields fields;
  fields.subject = from.is_null("subject") ? std::optional{std::string{}} : from.text("subject", ticket_subject_bytes_max);
  fields.pipeline = from.id<pipeline_id>("pipeline");
  fields.stage = from.id<stage_id>("stage");
  fields.status = from.word("status", parse_ticket_status, "open or closed");
  fields.owner = read_ticket_owner(from);
  return fields;
}

/// The ticket that the path names; nothing after a refusal.
std::optional<ticket_id> named_ticket(call& of) {
  const auto id = of.path_id<ticket_id>();
  if (!id) of.refuse(refusal_code::not_found, "there is no such ticket");
  return id;
}

}  // namespace

void list_tickets(const call_pointer& of) {
  query_reader query{*of};
  ticket_query wanted;
  wanted.limit = query.limit();
  if (const auto after = query.after<ticket_id>()) wanted.after = to_text(*after);
  wanted.inbox = query.id<inbox_id>("inbox");
  wanted.owner = query.id<user_id>("owner");
  wanted.pipeline = query.id<pipeline_id>("pipeline");
  wanted.stage = query.id<stage_id>("stage");
  wanted.status = query.word("status", parse_ticket_status, "open or closed");
  if (const auto no = query.faults()) return of->refuse(*no);
  of->behind.list_tickets(of->by, std::move(wanted), answer_with<page<ticket>>(of, [](call& asked, page<ticket>& found) {
                            std::string out = R"({"items":[)";
                            for (const auto& one : found.items) {
                              if (out.back() != '[') out += ',';
                              append_ticket(out, one, status_at(*asked.config, {one.pipeline, one.stage}));
                            }
                            append_next(out, found.next);
                            return json_answer(200, std::move(out));
                          }));
}

void open_ticket(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"conversation"});
  const auto which = members.id<conversation_id>("conversation");
  auto fields = read_ticket_fields(members);
  if (const auto no = body.faults()) return of->refuse(*no);
  auto key = of->key;
  if (key) key->insert(0, "http " + of->request.target + ' ');
  of->behind.open_ticket(of->by, *which, std::move(fields), std::move(key),
                         answer_with<ticket>(of, [](call& asked, ticket& made) {
                           return created_answer(made.version, shown(asked, made), "/v1/tickets/" + to_text(made.id));
                         }));
}

void read_ticket(const call_pointer& of) {
  if (const auto which = named_ticket(*of)) of->behind.read_ticket(of->by, *which, answer_with<ticket>(of, show_ticket));
}

void change_ticket(const call_pointer& of) {
  const auto which = named_ticket(*of);
  if (!which) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  auto fields = read_ticket_fields(body.members());
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.change_ticket(of->by, *which, std::move(fields), std::get<maybe<version_number>>(if_match),
                           answer_with<ticket>(of, show_ticket));
}

}  // namespace signalbox::resources
