/// One HTTP call on its way: the request, who asks, and the one answer that it gets.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/account.hpp"
#include "transport/edge.hpp"
#include "transport/http_api/answers.hpp"
#include "transport/http_api/login_limits.hpp"
#include "transport/http_exchange.hpp"

namespace signalbox {

/// Shared by whoever may still answer it; everything but the answer is set before the handler runs and constant after.
class call {
public:
  call(edge& to, login_limits& limits, http_request_view asked, time_point when, std::function<void(http_answer)> answer_to)
      : behind(to), logins(limits), request(std::move(asked)), now(when), then_(std::move(answer_to)) {}

  call(const call&) = delete;
  call& operator=(const call&) = delete;
  /// Nobody is left who could answer: better a problem than a client that waits for ever.
  ~call() {
    if (!then_ || answered_) return;
    auto problem = problem_answer(signalbox::refuse(refusal_code::unavailable, "what would have answered is gone; try again"),
                                  request.request_id);
    problem.failure = "nobody was left to answer";
    answer(std::move(problem));
  }

  edge& behind;
  login_limits& logins;
  http_request_view request;
  time_point now;
  std::vector<std::string> path_ids;  ///< the path's segments that stand for `{id}`
  principal by;                       ///< of an operator where nobody was asked for a token
  config_snapshot config;             ///< the caller's account; null for the operator
  std::shared_ptr<const user> who;    ///< the calling user; null for operators and connectors
  std::optional<std::string> key;     ///< Idempotency-Key
  bool private_webhooks = false;      ///< webhooks may name addresses of no public network

  /// The first answer counts; a later one is dropped.
  void answer(http_answer what) {
    if (!answered_.exchange(true)) then_(std::move(what));
  }
  void refuse(const refusal& why) { answer(problem_answer(why, request.request_id)); }
  void refuse(refusal_code code, std::string detail) { refuse(signalbox::refuse(code, std::move(detail))); }

  /// Who is answered, to be put behind something else. @pre nobody else holds this call yet
  [[nodiscard]] std::function<void(http_answer)> take_answer_to() { return std::exchange(then_, nullptr); }
  void answer_to(std::function<void(http_answer)> then) { then_ = std::move(then); }

  /// The path's `index`th id; nothing when it is no id of this kind, which to the caller is the same as an unknown one.
  template <class Id>
  [[nodiscard]] std::optional<Id> path_id(std::size_t index = 0) const {
    return parse_id<Id>(path_ids.at(index));
  }

  /// Runs `make`, which gives the answer.
  template <class Make>
  void answer_by(Make&& make) {
    try {
      answer(make());
    } catch (const std::exception& broken) {
      fail(broken);
    }
  }
  /// Something broken is answered as `internal`; what() goes to the log and never reaches a client.
  void fail(const std::exception& broken) {
    auto problem =
        problem_answer(signalbox::refuse(refusal_code::internal, "something went wrong on our side"), request.request_id);
    problem.failure = broken.what();
    answer(std::move(problem));
  }

private:
  std::function<void(http_answer)> then_;
  std::atomic<bool> answered_ = false;
};
using call_pointer = std::shared_ptr<call>;

/// What an `edge` function is given as `then`: a refusal becomes a problem, a value what `make(call&, T&)` makes of it.
template <class T, class Make>
[[nodiscard]] reply<T> answer_with(call_pointer of, Make make) {
  return [of = std::move(of), make = std::move(make)](outcome<T> what) {
    of->answer_by([&]() -> http_answer {
      if (const auto* no = std::get_if<refusal>(&what)) return problem_answer(*no, of->request.request_id);
      return make(*of, std::get<T>(what));
    });
  };
}

}  // namespace signalbox
