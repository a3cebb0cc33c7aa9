#include "transport/http_api/body_reader.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/wire/json_out.hpp"
#include "transport/wire/written_body.hpp"

namespace signalbox::resources {

namespace {

http_answer show_conversation(call&, const conversation& of) {
  std::string out;
  append_conversation(out, of);
  return resource_answer(200, of.version, std::move(out));
}

template <class Make>
void command(const call_pointer& of, conversation_command what, Make make) {
  const auto which = of->path_id<conversation_id>();
  if (!which) return of->refuse(refusal_code::not_found, "there is no such conversation");
  of->behind.command(of->by, *which, std::move(what), of->key, answer_with<conversation>(of, std::move(make)));
}

/// What was written, as history will show it, without the place in the history that it got.
http_answer show_written(const call& of, const conversation& in, int status, event_kind kind, message_id id,
                         std::string_view body) {
  event entry;
  entry.kind = kind;
  entry.account = of.config->account.id;
  entry.inbox = in.inbox;
  entry.channel = in.channel;
  entry.conversation = in.id;
  entry.at = of.now;
  entry.message = id;
  entry.direction = message_direction::out;
  entry.status = message_status::accepted;
  entry.body = body;
  entry.by = of.by.user;
  std::string out;
  append_message(out, entry);
  return json_answer(status, std::move(out));
}

}  // namespace

void change_conversation(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"status"});
  const auto status = members.word("status", parse_conversation_status, "open or closed");
  if (const auto no = body.faults()) return of->refuse(*no);
  command(of, set_status{*status}, show_conversation);
}

void delete_conversation(const call_pointer& of) {
  command(of, remove_conversation{}, [](call&, conversation&) { return empty_answer(); });
}

void restore_conversation(const call_pointer& of) { command(of, signalbox::restore_conversation{}, show_conversation); }

void reply_to_contact(const call_pointer& of) {
  auto read = read_written_body(of->request.body);
  if (const auto* no = std::get_if<refusal>(&read)) return of->refuse(*no);
  auto& written = std::get<written_body>(read);
  const auto id = of->behind.next_message_id();
  signalbox::reply_to_contact wanted{id, written.body};
  command(of, std::move(wanted), [id, body = std::move(written.body)](call& asked, conversation& now) {
    return show_written(asked, now, 202, event_kind::message, id, body);
  });
}

void add_comment(const call_pointer& of) {
  auto read = read_written_body(of->request.body);
  if (const auto* no = std::get_if<refusal>(&read)) return of->refuse(*no);
  auto& written = std::get<written_body>(read);
  const auto id = of->behind.next_message_id();
  signalbox::add_comment wanted{id, written.body, std::move(written.mentions)};
  command(of, std::move(wanted), [id, body = std::move(written.body)](call& asked, conversation& now) {
    return show_written(asked, now, 201, event_kind::comment, id, body);
  });
}

void assign_conversation(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  const auto user = members.id<user_id>("user");
  const auto team = members.id<team_id>("team");
  if (members.has("user") == members.has("team")) members.fault("", "must name either a user or a team");
  if (const auto no = body.faults()) return of->refuse(*no);
  command(of, user ? assign{*user} : assign{*team}, show_conversation);
}

void unassign_conversation(const call_pointer& of) { command(of, unassign{}, show_conversation); }

}  // namespace signalbox::resources
