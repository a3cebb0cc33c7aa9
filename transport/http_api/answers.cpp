#include "transport/http_api/answers.hpp"

#include <algorithm>
#include <cstdint>

#include "transport/wire/json_out.hpp"

namespace signalbox {

namespace {

http_answer plain_problem(int status, std::string_view code, std::string_view title, std::string_view detail,
                          std::string_view request_id) {
  http_answer answer;
  answer.status = status;
  answer.content_type = "application/problem+json";
  append_problem(answer.body, status, code, title, detail, request_id);
  return answer;
}

}  // namespace

http_answer json_answer(int status, std::string body) {
  http_answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

http_answer resource_answer(int status, version_number version, std::string body) {
  auto answer = json_answer(status, std::move(body));
  answer.headers.emplace_back("ETag", '"' + std::to_string(version) + '"');
  return answer;
}

http_answer created_answer(version_number version, std::string body, std::string location) {
  auto answer = resource_answer(201, version, std::move(body));
  answer.headers.emplace_back("Location", std::move(location));
  return answer;
}

http_answer empty_answer() {
  http_answer answer;
  answer.status = 204;
  answer.content_type.clear();
  return answer;
}

http_answer text_answer(std::string content_type, std::string body) {
  http_answer answer;
  answer.content_type = std::move(content_type);
  answer.body = std::move(body);
  return answer;
}

http_answer problem_answer(const refusal& why, std::string_view request_id) {
  http_answer answer;
  answer.status = http_status(why.code);
  answer.content_type = "application/problem+json";
  append_problem(answer.body, why, request_id);
  if (answer.status == 401) answer.headers.emplace_back("WWW-Authenticate", R"(Bearer realm="signalbox")");
  if (answer.status == 429 || answer.status == 503) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

void set_retry_after(http_answer& in, std::chrono::microseconds after) {
  std::erase_if(in.headers, [](const auto& each) { return same_header(each.first, "Retry-After"); });
  const auto seconds = std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(after).count(), 1);
  in.headers.emplace_back("Retry-After", std::to_string(seconds));
}

http_answer method_not_allowed(std::string allow, std::string_view request_id) {
  auto answer = plain_problem(405, "method_not_allowed", "Method not allowed", "this resource answers to " + allow, request_id);
  answer.headers.emplace_back("Allow", std::move(allow));
  return answer;
}

http_answer unsupported_media_type(std::string_view request_id) {
  return plain_problem(415, "unsupported_media_type", "Unsupported media type", "the body must be application/json", request_id);
}

}  // namespace signalbox
