#include "transport/http_api/openapi.hpp"
#include "transport/http_api/reference_page.hpp"
#include "transport/http_api/resources.hpp"

namespace signalbox::resources {

void show_metrics(const call_pointer& of) {
  of->answer(text_answer("text/plain; version=0.0.4; charset=utf-8", of->behind.metrics_text()));
}

void show_health(const call_pointer& of) { of->answer(json_answer(200, R"({"status":"ok"})")); }

void show_readiness(const call_pointer& of) {
  if (!of->behind.ready()) return of->refuse(refusal_code::unavailable, "the server is starting or going down");
  of->answer(json_answer(200, R"({"status":"ready"})"));
}

void show_openapi(const call_pointer& of) { of->answer(text_answer("application/yaml", std::string{openapi_text()})); }

void show_docs(const call_pointer& of) {
  auto answer = text_answer("text/html; charset=utf-8", std::string{reference_page()});
  answer.headers.emplace_back("Content-Security-Policy", reference_page_policy());
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  of->answer(std::move(answer));
}

}  // namespace signalbox::resources
