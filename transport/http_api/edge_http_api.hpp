/// The HTTP API over an `edge`: routes, tokens, bodies and answers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "transport/edge.hpp"
#include "transport/http_api/cross_origin.hpp"
#include "transport/http_api/first_answers.hpp"
#include "transport/http_api/login_limits.hpp"
#include "transport/http_api/rate_limits.hpp"
#include "transport/http_exchange.hpp"

namespace signalbox {

class call;

/// What the operator decides about calls.
struct http_policy {
  std::vector<std::string> cors_origins;  ///< whose pages may call; `*`: any
  allowance_rule calls;                   ///< of one token
  login_rule logins;                      ///< of passwords that are wrong
  std::uint64_t login_chance = 0;         ///< a secret random number, see `allowance_table`
  bool private_webhooks = false;          ///< webhooks may name addresses of no public network
  /// One line for the log about a call that something broken answered, with its request id. Any thread.
  std::function<void(const std::string& line)> on_failure = [](const std::string&) {};
};

/// Thread-safe. It and `to` outlive every call that is under way.
class edge_http_api final : public http_api {
public:
  edge_http_api(edge& to, std::function<time_point()> clock, first_answers::bounds kept = {}, http_policy policy = {});

  /// In this order: 404 and 405 by the route table, 401 by `edge::authenticate`, 429 by the token's allowance, 403 by the
  /// route's audience, 415, then the first answer to the same Idempotency-Key, then what the resource says.
  void handle(http_request_view request, std::function<void(http_answer)> then) override;

private:
  using answer_to = std::function<void(http_answer)>;

  /// `then` behind what every answer to `request` goes through: CORS, gzip, the log of failures.
  [[nodiscard]] answer_to dressed(const http_request_view& request, answer_to then) const;
  /// Counts a call of a token that was found good; false: it is one too many, and refused.
  [[nodiscard]] bool within_allowance(call& of);

  edge& to_;
  std::function<time_point()> clock_;
  first_answers first_answers_;
  cross_origin cross_origin_;
  rate_limits rate_limits_;
  login_limits login_limits_;
  bool private_webhooks_;
  std::function<void(const std::string&)> on_failure_;
};

}  // namespace signalbox
