#include "transport/http_api/body_reader.hpp"
#include "transport/http_api/openapi.hpp"
#include "transport/http_api/reference_page.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox::resources {

namespace {

constexpr std::size_t directory_bytes_max = 4000;  ///< what Linux takes as a path, and some to append

}  // namespace

void make_backup(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"directory"});
  auto directory = members.text("directory", directory_bytes_max).value_or("/");
  if (!directory.starts_with('/')) members.fault("directory", "must be absolute: it is on the server's machine");
  if (directory.find('\0') != std::string::npos) members.fault("directory", "must not have a NUL in it");
  if (const auto no = body.faults()) return of->refuse(*no);
  of->behind.back_up(of->by, std::move(directory), answer_with<backup_taken>(of, [](call&, backup_taken& taken) {
                       std::string out = R"({"directory":)";
                       append_json_string(out, taken.directory);
                       out += R"(,"commit":)";
                       append_number(out, taken.commit);
                       out += R"(,"bytes":)";
                       append_number(out, taken.bytes);
                       out += R"(,"taken_at":)";
                       append_json_time(out, taken.taken_at);
                       out += '}';
                       return json_answer(201, std::move(out));
                     }));
}

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
