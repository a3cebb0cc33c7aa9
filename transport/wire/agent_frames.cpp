#include "transport/wire/agent_frames.hpp"

#include "transport/wire/json_in.hpp"
#include "transport/wire/json_out.hpp"
#include "transport/wire/written_body.hpp"

namespace signalbox {
namespace {

/// A member that should be a string.
struct word {
  bool given = false;
  std::optional<std::string> text;  ///< nothing: given, and no string

  void read(json_in::value& from) {
    given = !json_in::is_null(from);
    text.reset();
    if (given) text = json_in::read_string(from);
  }
};

/// The members that any op uses. The body of a reply or comment is read apart.
struct frame_members {
  word op, ref, token, cursor, conversation, user, team, status, inbox, view, watch;
};

frame_members read_members(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() + simdjson::SIMDJSON_PADDING);
  text.assign(bytes);
  auto document = json_in::parse(text);
  json_in::object members;
  if (document.get_object().get(members) != simdjson::SUCCESS) throw json_in::not_json{};
  frame_members out;
  json_in::for_each_member(members, [&](const json_in::key& name, json_in::value& each) {
    if (name == "op") return out.op.read(each);
    if (name == "ref") return out.ref.read(each);
    if (name == "token") return out.token.read(each);
    if (name == "cursor") return out.cursor.read(each);
    if (name == "conversation") return out.conversation.read(each);
    if (name == "user") return out.user.read(each);
    if (name == "team") return out.team.read(each);
    if (name == "status") return out.status.read(each);
    if (name == "inbox") return out.inbox.read(each);
    if (name == "view") return out.view.read(each);
    if (name == "watch") return out.watch.read(each);
    json_in::check_value(each);
  });
  json_in::expect_end(document);
  return out;
}

outcome<conversation_command> read_assign(const frame_members& from) {
  if (from.user.given == from.team.given) return invalid_field("/user", "either a user or a team is required");
  if (from.user.given) {
    const auto user = from.user.text ? parse_id<user_id>(*from.user.text) : std::nullopt;
    if (!user) return invalid_field("/user", "is not a user's id");
    return assign{*user};
  }
  const auto team = from.team.text ? parse_id<team_id>(*from.team.text) : std::nullopt;
  if (!team) return invalid_field("/team", "is not a team's id");
  return assign{*team};
}

outcome<conversation_command> read_written(std::string_view op, std::string_view bytes,
                                           const std::function<message_id()>& make_id) {
  auto body = read_written_body(bytes);
  if (auto* no = std::get_if<refusal>(&body)) return std::move(*no);
  auto& written = std::get<written_body>(body);
  if (op == "reply") return reply_to_contact{make_id(), std::move(written.body)};
  return add_comment{make_id(), std::move(written.body), std::move(written.mentions)};
}

/// Nothing for an op that is no command.
std::optional<outcome<conversation_command>> read_command(std::string_view op, const frame_members& from, std::string_view bytes,
                                                          const std::function<message_id()>& make_id) {
  if (op == "reply" || op == "comment") return read_written(op, bytes, make_id);
  if (op == "assign") return read_assign(from);
  if (op == "unassign") return unassign{};
  if (op == "close") return set_status{conversation_status::closed};
  if (op == "reopen") return set_status{conversation_status::open};
  if (op == "accept") return accept_offer{};
  if (op == "decline") return decline_offer{};
  if (op == "typing") return report_typing{};
  return std::nullopt;
}

outcome<agent_request::command> complete(const frame_members& from, outcome<conversation_command> what) {
  const auto conversation = from.conversation.text ? parse_id<conversation_id>(*from.conversation.text) : std::nullopt;
  if (!conversation) return invalid_field("/conversation", "is not a conversation's id");
  if (auto* no = std::get_if<refusal>(&what)) return std::move(*no);
  agent_request::command asked;
  asked.conversation = *conversation;
  asked.what = std::move(std::get<conversation_command>(what));
  return asked;
}

bool usable_ref(const word& ref) { return ref.text && !ref.text->empty() && ref.text->size() <= ref_bytes_max; }

agent_frame read_hello(frame_members& from) {
  if (!from.token.text) return bad_frame{"token is not a string"};
  if (from.cursor.given && !from.cursor.text) return bad_frame{"cursor is not a string"};
  return agent_hello{std::move(*from.token.text), std::move(from.cursor.text)};
}

agent_frame read_availability(frame_members& from) {
  const auto status = from.status.text ? parse_presence(*from.status.text) : std::nullopt;
  if (!status && !from.ref.given) return bad_frame{"status is neither available nor away"};
  if (!status) return agent_availability{std::move(from.ref.text), invalid_field("/status", "is neither available nor away")};
  return agent_availability{std::move(from.ref.text), *status};
}

outcome<watched_view> read_view(const frame_members& from) {
  const auto inbox = from.inbox.text ? parse_id<inbox_id>(*from.inbox.text) : std::nullopt;
  if (!inbox) return invalid_field("/inbox", "is not an inbox's id");
  watched_view out{*inbox, view::all, std::nullopt};
  if (from.view.given) {
    const auto named = from.view.text ? parse_view(*from.view.text) : std::nullopt;
    if (!named) return invalid_field("/view", "is none of all, mine, unassigned, waiting, spam and deleted");
    out.view = *named;
  }
  if (from.status.given) {
    out.status = from.status.text ? parse_conversation_status(*from.status.text) : std::nullopt;
    if (!out.status) return invalid_field("/status", "is neither open nor closed");
  }
  return out;
}

agent_frame read_unwatch(frame_members& from) {
  if (!from.watch.text) return agent_unwatch{std::move(*from.ref.text), invalid_field("/watch", "is not a watch's name")};
  return agent_unwatch{std::move(*from.ref.text), std::move(*from.watch.text)};
}

}  // namespace

agent_frame read_agent_frame(std::string_view bytes, const std::function<message_id()>& make_id) {
  try {
    auto members = read_members(bytes);
    if (!members.op.text) return bad_frame{"op is missing"};
    const std::string_view op = *members.op.text;
    if (op == "hello") return read_hello(members);
    if (op == "ack") {
      const auto cursor = members.cursor.text ? parse_cursor(*members.cursor.text) : std::nullopt;
      if (!cursor) return bad_frame{"cursor is not one of ours"};
      return agent_ack{*cursor};
    }
    if (members.ref.given && !usable_ref(members.ref)) return bad_frame{"ref is not a string of 1 to 128 bytes"};
    if (op == "availability") return read_availability(members);
    if (op == "watch" || op == "unwatch") {
      if (!members.ref.given) return bad_frame{"ref is missing"};
      if (op == "unwatch") return read_unwatch(members);
      auto what = read_view(members);
      return agent_watch{std::move(*members.ref.text), std::move(what)};
    }
    auto command = read_command(op, members, bytes, make_id);
    if (!command) return bad_frame{"unknown op"};
    if (!members.ref.given && op != "typing") return bad_frame{"ref is missing"};
    auto asked = complete(members, std::move(*command));
    return agent_request{std::move(members.ref.text), std::move(asked)};
  } catch (const json_in::not_json&) {
    return bad_frame{"not a JSON object"};
  }
}

}  // namespace signalbox
