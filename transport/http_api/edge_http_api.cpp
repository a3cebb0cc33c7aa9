#include "transport/http_api/edge_http_api.hpp"

#include <utility>

#include "rules/text.hpp"
#include "transport/http_api/gzip.hpp"
#include "transport/http_api/routes.hpp"

namespace signalbox {

namespace {

constexpr std::size_t key_bytes_max = 255;

std::optional<refusal> refuse_caller(const call& of, audience whose) {
  const auto denied = [](std::string why) { return refuse(refusal_code::access_denied, std::move(why)); };
  switch (whose) {
    case audience::operators:
      if (!of.by.is_operator()) return denied("this is for the server's operator");
      return std::nullopt;
    case audience::users:
      if (of.by.is_connector()) return denied("a connector's token can't be used here");
      [[fallthrough]];
    case audience::users_and_connectors:
      if (of.by.is_operator()) return denied("this needs a user of an account, which the operator's token isn't");
      return std::nullopt;
    case audience::anybody:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Sets whose token it is, or says why not.
std::optional<refusal> identify(call& of) {
  const auto bearer = of.request.bearer();
  if (bearer.empty()) return refuse(refusal_code::unauthorized, "this needs a token: Authorization: Bearer …");
  auto known = of.behind.authenticate(bearer);
  if (auto* no = std::get_if<refusal>(&known)) return std::move(*no);
  of.by = std::get<principal>(std::move(known));
  return std::nullopt;
}

/// Sets the caller's account and user, or says why they may not call this.
std::optional<refusal> admit(call& of, audience whose) {
  if (auto no = refuse_caller(of, whose)) return no;
  if (of.by.is_operator()) return std::nullopt;
  of.config = of.behind.configuration(*of.by.account);
  if (of.config && of.by.user) of.who = of.config->users.share(*of.by.user);
  if (!of.config || (of.by.user && !of.who)) return refuse(refusal_code::unauthorized, "this token's account or user is gone");
  return std::nullopt;
}

/// Without a content type a body is taken for what it must be.
bool is_json(const http_request_view& request) {
  const auto given = request.header("content-type");
  if (!given) return true;
  const auto type = trimmed(given->substr(0, given->find(';')));
  return same_header(type, "application/json") || same_header(type, "application/merge-patch+json");
}

/// Whose keys they are: a user's, whichever of their tokens they use.
std::string caller_of(const principal& by) {
  if (by.user) return to_text(*by.user);
  if (by.token) return to_text(*by.token);
  return "operator";
}

}  // namespace

edge_http_api::edge_http_api(edge& to, std::function<time_point()> clock, first_answers::bounds kept, http_policy policy)
    : to_(to),
      clock_(std::move(clock)),
      first_answers_(kept),
      cross_origin_(std::move(policy.cors_origins)),
      rate_limits_(policy.calls),
      login_limits_(policy.logins, policy.login_chance),
      private_webhooks_(policy.private_webhooks),
      on_failure_(std::move(policy.on_failure)) {}

edge_http_api::answer_to edge_http_api::dressed(const http_request_view& request, answer_to then) const {
  const auto origin = request.header("origin");
  return [this, then = std::move(then), wants_gzip = accepts_gzip(request.header("accept-encoding")),
          origin = origin ? std::optional<std::string>{*origin} : std::nullopt,
          asked = request.method + ' ' + request.target.substr(0, request.target.find('?')),
          id = request.request_id](http_answer answer) {
    if (answer.status == 500 || !answer.failure.empty())
      on_failure_("request " + id + ": " + asked + " answered " + std::to_string(answer.status) +
                  (answer.failure.empty() ? "" : ": " + answer.failure));
    cross_origin_.permit(origin, answer);
    pack(answer, wants_gzip);
    then(std::move(answer));
  };
}

bool edge_http_api::within_allowance(call& of) {
  if (!rate_limits_.any()) return true;
  const auto given = rate_limits_.take(of.request.bearer(), of.now);
  of.answer_to([this, given, then = of.take_answer_to()](http_answer answer) {
    rate_limits_.tell(answer, given);
    then(std::move(answer));
  });
  if (!given.granted) of.refuse(refusal_code::rate_limited, "this token made too many calls; Retry-After says when to go on");
  return given.granted;
}

void edge_http_api::handle(http_request_view request, std::function<void(http_answer)> then) {
  then = dressed(request, std::move(then));
  auto match = find_route(request.method, request.path);
  if (match.found == nullptr) {
    if (!match.allow.empty() && cross_origin_.any() && cross_origin::is_preflight(request))
      return then(cross_origin_.preflight_answer(std::move(match.allow)));
    if (!match.allow.empty()) return then(method_not_allowed(std::move(match.allow), request.request_id));
    return then(problem_answer(refuse(refusal_code::not_found, "there is nothing at this path"), request.request_id));
  }
  const auto& found = *match.found;
  auto of = std::make_shared<call>(to_, login_limits_, std::move(request), clock_(), std::move(then));
  of->path_ids = std::move(match.path_ids);
  of->private_webhooks = private_webhooks_;
  if (found.whose != audience::anybody) {
    if (const auto no = identify(*of)) return of->refuse(*no);
    if (!within_allowance(*of)) return;
    if (const auto no = admit(*of, found.whose)) return of->refuse(*no);
  }
  if (found.body == body_kind::json && !is_json(of->request)) return of->answer(unsupported_media_type(of->request.request_id));

  if (const auto key = of->request.header("idempotency-key"); key && found.method == "POST" && found.whose != audience::anybody) {
    if (key->empty() || key->size() > key_bytes_max)
      return of->refuse(
          invalid_field("", "the header Idempotency-Key must have 1 to " + std::to_string(key_bytes_max) + " bytes"));
    of->key = std::string{*key};
    auto first = first_answers_.begin(caller_of(of->by), of->request.target + '\n' + *of->key, of->now, of->take_answer_to());
    if (!first) return;
    of->answer_to(std::move(*first));
  }
  try {
    found.handle(of);
  } catch (const std::exception& broken) {
    of->fail(broken);
  }
}

}  // namespace signalbox
