#include "transport/http_api/changing.hpp"
#include "transport/http_api/config_json.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/user_body.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

constexpr std::size_t token_channels_max = 1'000;

/// A session is a token too, but nobody can make one here.
std::optional<token_kind> parse_made_kind(std::string_view text) {
  if (text == "connector") return token_kind::connector;
  if (text == "user") return token_kind::user;
  return std::nullopt;
}

/// Everybody sees their own; who administers the account sees all.
bool sees(const user& who, const token& one) {
  return one.kind != token_kind::session && (one.user == who.id || who.permissions.administers());
}

http_answer show_session(call&, const session_opened& opened) {
  std::string out = R"({"token":)";
  append_json_string(out, opened.token);
  out += R"(,"user":)";
  append_user(out, opened.who);
  out += R"(,"expires_at":)";
  append_json_time(out, opened.expires_at);
  out += '}';
  return json_answer(201, std::move(out));
}

}  // namespace

void list_tokens(const call_pointer& of) {
  answer_page(
      *of, of->config->tokens, [&](const token& one) { return sees(*of->who, one); }, append_token);
}

void create_token(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"kind", "name"});
  signalbox::create_token wanted;
  wanted.kind = members.word("kind", parse_made_kind, "connector or user").value_or(token_kind::user);
  wanted.name = members.text("name", name_bytes_max).value_or("");
  wanted.channels = members.ids<channel_id>("channels", token_channels_max).value_or(std::vector<channel_id>{});
  if (wanted.kind == token_kind::connector) {
    members.require({"channels"});
  } else {
    if (!wanted.channels.empty()) members.fault("channels", "only a connector's token names channels");
    wanted.user = of->who->id;
  }
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.make_token(of->by, std::move(wanted), key_of_call(*of), answer_with<token_made>(of, [](call&, token_made& made) {
                          std::string out = R"({"id":)";
                          append_json_id(out, made.id);
                          out += R"(,"token":)";
                          append_json_string(out, made.secret);
                          out += '}';
                          return json_answer(201, std::move(out));
                        }));
}

void delete_token(const call_pointer& of) {
  const auto id = of->path_id<token_id>();
  const auto* found = id ? of->config->tokens.find(*id) : nullptr;
  if (found == nullptr || !sees(*of->who, *found)) return of->refuse(refusal_code::not_found, "there is no such token");
  delete_resource(of, revoke_token{*id});
}

void open_session(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"email", "password"});
  auto email = members.text("email", email_bytes_max);
  auto password = members.text("password", password_bytes_max);
  if (const auto no = body.faults()) return of->refuse(*no);
  if (const auto attempt = of->logins.begin(*email, of->request.peer, of->now); !attempt.granted) {
    auto answer = problem_answer(
        signalbox::refuse(refusal_code::rate_limited, "too many passwords were wrong; Retry-After says when to try again"),
        of->request.request_id);
    set_retry_after(answer, attempt.next);
    return of->answer(std::move(answer));
  }
  auto answer = answer_with<session_opened>(of, show_session);
  of->behind.open_session(*email, std::move(*password),
                          [of, email = *email, answer = std::move(answer)](outcome<session_opened> what) {
                            const auto* no = std::get_if<refusal>(&what);
                            if (no == nullptr || no->code != refusal_code::unauthorized)
                              of->logins.give_back(email, of->request.peer);
                            answer(std::move(what));
                          });
}

void close_session(const call_pointer& of) {
  const auto* used = of->by.token ? of->config->tokens.find(*of->by.token) : nullptr;
  if (used == nullptr || used->kind != token_kind::session)
    return of->refuse(refusal_code::conflict, "this call was not made with a session's token");
  delete_resource(of, revoke_token{*of->by.token});
}

}  // namespace signalbox::resources
