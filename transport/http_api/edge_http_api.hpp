/// The HTTP API over an `edge`: routes, tokens, bodies and answers.
#pragma once

#include <functional>

#include "transport/edge.hpp"
#include "transport/http_api/first_answers.hpp"
#include "transport/http_exchange.hpp"

namespace signalbox {

/// Thread-safe. It and `to` outlive every call that is under way.
class edge_http_api final : public http_api {
public:
  edge_http_api(edge& to, std::function<time_point()> clock, first_answers::bounds kept = {});

  /// In this order: 404 and 405 by the route table, 401 by `edge::authenticate`, 403 by the route's audience, 415, then the
  /// first answer to the same Idempotency-Key, then what the resource says.
  void handle(http_request_view request, std::function<void(http_answer)> then) override;

private:
  edge& to_;
  std::function<time_point()> clock_;
  first_answers first_answers_;
};

}  // namespace signalbox
