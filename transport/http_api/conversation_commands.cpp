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

/// The edge knows a user's keys by their text alone, of both sockets and all paths.
std::optional<std::string> key_of_command(const call& of, conversation_id which) {
  if (!of.key) return std::nullopt;
  return "http " + of.request.path.back() + ' ' + to_text(which) + ' ' + *of.key;
}

template <class Make>
void command(const call_pointer& of, conversation_command&& what, Make make) {
  const auto which = of->path_id<conversation_id>();
  if (!which) return of->refuse(refusal_code::not_found, "there is no such conversation");
  of->behind.command(of->by, *which, std::move(what), key_of_command(*of, *which),
                     answer_with<carried_out>(
                         of, [make = std::move(make)](call& asked, carried_out& done_now) { return make(asked, done_now.now); }));
}

/// A reply or a comment on its way.
struct written {
  event_kind kind{};
  int status = 0;
  message_id id;
  std::string body;
};

http_answer show_entry(const event& of, int status) {
  std::string out;
  append_message(out, of);
  return json_answer(status, std::move(out));
}

/// What was just written, as history will show it: the last entry of the conversation as it was right after.
http_answer show_written(const call& of, const conversation& after, const written& what) {
  event entry;
  entry.kind = what.kind;
  entry.conversation = after.id;
  entry.seq = after.next_seq - 1;
  entry.at = of.now;
  entry.message = what.id;
  entry.direction = message_direction::out;
  entry.status = message_status::accepted;
  entry.body = what.body;
  entry.by = of.by.user;
  return show_entry(entry, what.status);
}

/// With a key that was used before this process began nothing was changed, and the first answer is forgotten.
http_answer show_first_written(const call& of, const page<history_entry>& newest, message_id first, int status) {
  for (const auto& one : newest.items)
    if (one.what.message == first) return show_entry(one.what, status);
  return problem_answer(refuse(refusal_code::conflict, "this Idempotency-Key was used before; nothing was changed"),
                        of.request.request_id);
}

constexpr std::size_t entries_looked_at = 200;

void write(const call_pointer& of, written what, conversation_command wanted) {
  const auto which = of->path_id<conversation_id>();
  if (!which) return of->refuse(refusal_code::not_found, "there is no such conversation");
  if (!of->key) {
    of->behind.command(of->by, *which, std::move(wanted), std::nullopt,
                       answer_with<carried_out>(of, [what = std::move(what)](call& asked, carried_out& after) {
                         return show_written(asked, after.now, what);
                       }));
    return;
  }
  of->behind.command(
      of->by, *which, std::move(wanted), key_of_command(*of, *which), [of, what = std::move(what)](outcome<carried_out> then) {
        if (const auto* no = std::get_if<refusal>(&then)) return of->refuse(*no);
        const auto& [after, message] = std::get<carried_out>(then);
        const auto first = message.value_or(what.id);
        const auto seen = after.next_seq > entries_looked_at + 1 ? after.next_seq - 1 - entries_looked_at : 0;
        of->behind.read_history(
            of->by, after.id, entries_looked_at, seen,
            answer_with<page<history_entry>>(of, [first, status = what.status](call& asked, page<history_entry>& newest) {
              return show_first_written(asked, newest, first, status);
            }));
      });
}

}  // namespace

void change_conversation(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  const auto status = members.word("status", parse_conversation_status, "open or closed");
  const auto priority = members.word("priority", parse_priority, "low, normal, high or urgent");
  const auto spam = members.flag("spam");
  const auto named = (members.has("status") ? 1 : 0) + (members.has("priority") ? 1 : 0) + (members.has("spam") ? 1 : 0);
  if (named == 0) members.require({"status"});
  if (named > 1) members.fault("", "must name one of status, priority and spam");
  if (const auto no = body.faults()) return of->refuse(*no);
  if (status) return command(of, set_status{*status}, show_conversation);
  if (spam) return command(of, mark_spam{*spam}, show_conversation);
  command(of, set_priority{*priority}, show_conversation);
}

void accept_conversation(const call_pointer& of) { command(of, accept_offer{}, show_conversation); }

void decline_conversation(const call_pointer& of) { command(of, decline_offer{}, show_conversation); }

void read_waiting(const call_pointer& of) {
  const auto which = of->path_id<conversation_id>();
  if (!which) return of->refuse(refusal_code::not_found, "there is no such conversation");
  of->behind.read_waiting(of->by, *which, answer_with<waiting_place>(of, [](call&, const waiting_place& place) {
                            std::string out = R"({"waiting_since":)";
                            append_json_time(out, place.since);
                            out.append(R"(,"priority":")").append(to_text(place.priority)).append("\",");
                            append_waiting_place(out, place);
                            return json_answer(200, out + '}');
                          }));
}

void delete_conversation(const call_pointer& of) {
  command(of, remove_conversation{}, [](call&, conversation&) { return empty_answer(); });
}

void restore_conversation(const call_pointer& of) { command(of, signalbox::restore_conversation{}, show_conversation); }

void reply_to_contact(const call_pointer& of) {
  auto read = read_written_body(of->request.body);
  if (const auto* no = std::get_if<refusal>(&read)) return of->refuse(*no);
  auto& from = std::get<written_body>(read);
  const auto id = of->behind.next_message_id();
  write(of, {event_kind::message, 202, id, from.body}, signalbox::reply_to_contact{id, from.body, of->now});
}

void add_comment(const call_pointer& of) {
  auto read = read_written_body(of->request.body);
  if (const auto* no = std::get_if<refusal>(&read)) return of->refuse(*no);
  auto& from = std::get<written_body>(read);
  const auto id = of->behind.next_message_id();
  write(of, {event_kind::comment, 201, id, from.body}, signalbox::add_comment{id, from.body, std::move(from.mentions), of->now});
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

void move_conversation(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"inbox"});
  const auto to = members.id<inbox_id>("inbox");
  if (const auto no = body.faults()) return of->refuse(*no);
  command(of, signalbox::move_conversation{*to}, show_conversation);
}

void unassign_conversation(const call_pointer& of) { command(of, unassign{}, show_conversation); }

}  // namespace signalbox::resources
