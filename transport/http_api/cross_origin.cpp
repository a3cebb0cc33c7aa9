#include "transport/http_api/cross_origin.hpp"

#include <algorithm>

namespace signalbox {

namespace {

constexpr auto request_headers = "Authorization, Content-Type, Idempotency-Key, If-Match, X-Request-Id";
constexpr auto answer_headers =
    "ETag, Location, Retry-After, X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy";
constexpr auto remembered_seconds = "600";

}  // namespace

cross_origin::cross_origin(std::vector<std::string> origins)
    : origins_(std::move(origins)), anyone_(std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) {}

bool cross_origin::is_preflight(const http_request_view& request) {
  return request.method == "OPTIONS" && request.header("origin") && request.header("access-control-request-method");
}

http_answer cross_origin::preflight_answer(std::string methods) const {
  http_answer answer{204, {}, {}, {}};
  answer.headers.emplace_back("Access-Control-Allow-Methods", std::move(methods));
  answer.headers.emplace_back("Access-Control-Allow-Headers", request_headers);
  answer.headers.emplace_back("Access-Control-Max-Age", remembered_seconds);
  return answer;
}

void cross_origin::permit(std::optional<std::string_view> origin, http_answer& answer) const {
  if (!any()) return;
  if (!anyone_) answer.headers.emplace_back("Vary", "Origin");  // also without one: a cache must not give this to a page
  if (!origin) return;
  if (!anyone_ && std::find(origins_.begin(), origins_.end(), *origin) == origins_.end()) return;
  answer.headers.emplace_back("Access-Control-Allow-Origin", anyone_ ? "*" : std::string{*origin});
  answer.headers.emplace_back("Access-Control-Expose-Headers", answer_headers);
}

}  // namespace signalbox
