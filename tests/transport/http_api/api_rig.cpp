#include "tests/transport/http_api/api_rig.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <fstream>

namespace signalbox {

namespace {

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  for (;;) {
    const auto end = text.find(by);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// For the validator that holds every answer against docs/openapi.yaml (tests/project/answers): one file a process, for tests run
/// beside each other.
void record(std::string_view method, std::string_view target, const http_answer& answer) {
  static std::ofstream file = [] {
    const char* const folder = std::getenv("SIGNALBOX_EXCHANGES");
    return folder ? std::ofstream{folder + ("/edge-" + std::to_string(getpid()) + ".jsonl"), std::ios::app} : std::ofstream{};
  }();
  const bool packed = std::ranges::any_of(answer.headers, [](const auto& each) { return each.first == "Content-Encoding"; });
  if (!file.is_open() || packed) return;
  const auto type = std::string_view{answer.content_type}.substr(0, answer.content_type.find(';'));
  file << json::serialize(json::object{
              {"method", method}, {"path", target}, {"status", answer.status}, {"content_type", type}, {"body", answer.body}})
       << '\n'
       << std::flush;
}

}  // namespace

std::string told::header(std::string_view name) const {
  for (const auto& [key, value] : answer.headers)
    if (same_header(key, name)) return value;
  return "absent";
}

json::value told::body() const {
  json::error_code failed;
  auto value = json::parse(answer.body, failed);
  EXPECT_FALSE(failed) << answer.body;
  return value;
}

std::string told::at(std::string_view pointer) const {
  json::error_code failed;
  const auto value = body();
  const auto* found = value.find_pointer({pointer.data(), pointer.size()}, failed);
  if (found == nullptr) return "absent";
  if (const auto* text = found->if_string()) return {text->data(), text->size()};
  return json::serialize(*found);
}

std::vector<std::string> told::pointers() const {
  std::vector<std::string> all;
  const auto value = body();
  for (const auto& error : value.at("errors").as_array()) {
    EXPECT_FALSE(error.at("detail").as_string().empty());
    all.emplace_back(error.at("pointer").as_string().c_str());
  }
  return all;
}

api_rig::api_rig(first_answers::bounds kept, http_policy policy)
    : acme(edge.add_company()),
      api(
          edge, [this] { return now; }, kept, std::move(policy)) {
  edge.on_change = [this](const principal& by, const account_change& what, const std::optional<std::string>& password) {
    passwords.push_back(password);
    changes.push_back(what);
    return apply_change(by, what);
  };
}

outcome<changed> api_rig::apply_change(const principal& by, const account_change& what) {
  auto& current = edge.configurations.at(acme.account);
  change_context context{by, now, [this] { return next_id++; }, [](const std::string&) { return false; }};
  context.zones = known_zones;
  auto done = apply(*current, what, context);
  if (auto* no = std::get_if<refusal>(&done)) return std::move(*no);
  auto& applied = std::get<applied_change>(done);
  current = std::make_shared<const account_config>(std::move(applied.config));
  return changed{current, applied.first};
}

void api_rig::change(const account_change& what) {
  const auto done = apply_change({acme.account, acme.ada, std::nullopt, {}}, what);
  ASSERT_TRUE(std::holds_alternative<changed>(done)) << std::get<refusal>(done).detail;
}

user_id api_rig::add_user(std::string first_name, seat of, std::vector<team_membership> teams) {
  user_fields fields;
  fields.email = first_name + "@acme.example";
  fields.first_name = std::move(first_name);
  fields.last_name = "Doe";
  fields.seat = of;
  fields.teams = std::move(teams);
  change(create_user{std::move(fields)});
  return user_id{next_id - 1};
}

told api_rig::ask(std::string_view token, std::string method, std::string_view target, std::string body, headers more) {
  http_request_view request;
  request.method = method;
  request.target = target;
  const auto question = target.find('?');
  request.path = split(target.substr(1, question == target.npos ? target.npos : question - 1), '/');
  if (question != target.npos)
    for (const auto& pair : split(target.substr(question + 1), '&')) {
      const auto equals = pair.find('=');
      request.query.emplace_back(pair.substr(0, equals), equals == pair.npos ? "" : pair.substr(equals + 1));
    }
  request.headers = std::move(more);
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + std::string{token});
  if (!body.empty() && !request.header("content-type")) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.request_id = "req-1";

  auto result = std::make_shared<told>();  // outlives a call that is answered after the test gave up on it
  api.handle(std::move(request), [result](http_answer answer) {
    EXPECT_FALSE(result->answered) << "answered twice";
    result->answered = true;
    result->answer = std::move(answer);
  });
  EXPECT_TRUE(result->answered) << "not answered";
  if (result->answered) record(method, target, result->answer);
  if (result->answer.content_type == "application/problem+json") {
    EXPECT_EQ(result->at("/status"), std::to_string(result->status()));
    EXPECT_NE(result->at("/title"), "absent");
    EXPECT_NE(result->at("/type"), "absent");
    EXPECT_NE(result->at("/detail"), "absent");
    EXPECT_EQ(result->at("/request_id"), "req-1");
  } else {
    EXPECT_LT(result->status(), 400) << result->answer.body;
  }
  return *result;
}

}  // namespace signalbox
