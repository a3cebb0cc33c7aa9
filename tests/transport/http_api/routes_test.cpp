#include "transport/http_api/routes.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Routes : public api_rig {};

std::string some_path(std::string_view pattern) {
  std::string path{pattern};
  const auto id = path.find("{id}");
  if (id != path.npos) path.replace(id, 4, "usr_0000000000001");
  return path;
}

/// `METHOD /path` of everything that the page describes: paths stand two deep, their methods four.
std::set<std::string> described() {
  std::ifstream file{SIGNALBOX_OPENAPI_FILE};
  EXPECT_TRUE(file) << SIGNALBOX_OPENAPI_FILE;
  std::set<std::string> all;
  std::string path;
  bool in_paths = false;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != ' ') in_paths = line == "paths:";
    if (!in_paths || line.size() < 4 || line.back() != ':') continue;
    line.pop_back();
    if (line.starts_with("  /")) path = line.substr(2);
    for (const auto* method : {"get", "post", "put", "patch", "delete"})
      if (line == std::string{"    "} + method) {
        std::string upper = method;
        std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
        all.insert(upper + ' ' + path);
      }
  }
  return all;
}

TEST_F(Routes, TheDescriptionHoldsEveryRouteAndNoOther) {
  std::set<std::string> routes;
  for (const auto& one : all_routes()) routes.insert(std::string{one.method} + ' ' + std::string{one.pattern});
  EXPECT_EQ(routes.size(), all_routes().size()) << "a route stands in the table twice";
  EXPECT_EQ(routes, described());
}

TEST_F(Routes, TheServedDescriptionIsTheFile) {
  std::ifstream file{SIGNALBOX_OPENAPI_FILE};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto page = ask("", "GET", "/v1/openapi.yaml");
  EXPECT_EQ(page.status(), 200);
  EXPECT_FALSE(text.empty());
  EXPECT_TRUE(page.answer.body == text) << "built from another docs/openapi.yaml";
  EXPECT_EQ(page.answer.content_type, "application/yaml");
}

TEST_F(Routes, UnknownPathsAreNotFound) {
  for (const auto* path : {"/", "/v1", "/v1/", "/v1/nothing", "/v1/users/", "/v1/users/x/y", "/v1/users/x/availability/",
                           "//v1/users", "/v2/users", "/V1/users", "/v1/conversations/x/history/y"}) {
    const auto no = as_ada("GET", path);
    EXPECT_EQ(no.status(), 404) << path;
    EXPECT_EQ(no.code(), "not_found") << path;
  }
}

TEST_F(Routes, OtherMethodsAre405AndAllowSaysWhich) {
  const auto no = as_ada("DELETE", "/v1/users");
  EXPECT_EQ(no.status(), 405);
  EXPECT_EQ(no.code(), "method_not_allowed");
  EXPECT_EQ(no.header("allow"), "GET, HEAD, POST");
  EXPECT_EQ(as_ada("PUT", "/v1/users/usr_0000000000001").header("allow"), "GET, HEAD, PATCH, DELETE");
  EXPECT_EQ(as_ada("HEAD", "/v1/users").status(), 200);
  EXPECT_EQ(as_ada("HEAD", "/v1/nothing").status(), 404);
  for (const auto& one : all_routes()) EXPECT_EQ(as_ada("BREW", some_path(one.pattern)).status(), 405) << one.pattern;
}

TEST_F(Routes, WithoutATokenOrWithAWrongOneEverythingButTheOpenPathsIs401) {
  for (const auto& one : all_routes()) {
    if (one.whose == audience::anybody) continue;
    for (const auto* token : {"", "nonsense"}) {
      const auto no = ask(token, std::string{one.method}, some_path(one.pattern));
      EXPECT_EQ(no.status(), 401) << one.method << ' ' << one.pattern;
      EXPECT_EQ(no.code(), "unauthorized");
      EXPECT_TRUE(no.header("www-authenticate").starts_with("Bearer")) << one.pattern;
    }
  }
}

TEST_F(Routes, AConnectorsTokenOpensNothingButItsMessages) {
  for (const auto& one : all_routes()) {
    if (one.whose == audience::anybody || one.whose == audience::users_and_connectors) continue;
    const auto no = ask("connector-token", std::string{one.method}, some_path(one.pattern));
    EXPECT_EQ(no.status(), 403) << one.method << ' ' << one.pattern;
    EXPECT_EQ(no.code(), "access_denied");
  }
}

TEST_F(Routes, TheOperatorHasNoAccountAndUsersAreNoOperators) {
  for (const auto& one : all_routes()) {
    if (one.whose == audience::anybody) continue;
    const auto no = one.whose == audience::operators ? as_ada(std::string{one.method}, some_path(one.pattern))
                                                     : as_operator(std::string{one.method}, some_path(one.pattern));
    EXPECT_EQ(no.status(), 403) << one.method << ' ' << one.pattern;
    EXPECT_EQ(no.code(), "access_denied");
  }
}

TEST_F(Routes, ATokenWhoseUserIsGoneIs401) {
  edge.tokens["ghost-token"] = {acme.account, user_id{77}, std::nullopt, {}};
  edge.tokens["lost-token"] = {account_id{77}, acme.ada, std::nullopt, {}};
  EXPECT_EQ(ask("ghost-token", "GET", "/v1/account").status(), 401);
  EXPECT_EQ(ask("lost-token", "GET", "/v1/account").status(), 401);
}

TEST_F(Routes, BodiesOfAnotherTypeAre415) {
  for (const auto& one : all_routes()) {
    if (one.body == body_kind::none) continue;
    const auto* token = one.whose == audience::operators ? "operator-token" : "ada-token";
    const auto no = ask(token, std::string{one.method}, some_path(one.pattern), "name=x",
                        {{"Content-Type", "application/x-www-form-urlencoded"}});
    EXPECT_EQ(no.status(), 415) << one.method << ' ' << one.pattern;
    EXPECT_EQ(no.code(), "unsupported_media_type");
  }
  for (const auto* type :
       {"application/json", "Application/JSON; charset=utf-8", "application/json ;x", "application/merge-patch+json"})
    EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"name":"A"})", {{"content-type", type}}).status(), 200) << type;
  for (const auto* type : {"", "text/json", "application/jsonx", "json", "application/json+x"})
    EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"name":"A"})", {{"content-type", type}}).status(), 415) << type;
}

TEST_F(Routes, EveryBodyThatIsNoJsonObjectIsInvalid) {
  for (const auto& one : all_routes()) {
    if (one.body == body_kind::none) continue;
    const auto* token = one.whose == audience::operators ? "operator-token" : "ada-token";
    auto target = path("", acme.ada);  // something that exists, so that the body is looked at
    const std::string pattern{one.pattern};
    if (pattern.starts_with("/v1/inboxes")) target = path("", acme.inbox);
    if (pattern.starts_with("/v1/channels")) target = path("", acme.first);
    if (pattern.starts_with("/v1/conversations")) target = to_text(conversation_id{5});
    if (pattern.starts_with("/v1/teams/")) {
      if (config().teams.size() == 0) change(create_team{"Support", {}});
      target = to_text(config().teams.ordered().front()->id);
    }
    if (pattern.starts_with("/v1/contacts/")) target = to_text(contact_id{5});
    if (pattern.starts_with("/v1/tickets/")) target = to_text(ticket_id{5});
    if (pattern.starts_with("/v1/pipelines/")) {
      if (config().pipelines.size() == 0) change(create_pipeline{"Sales", {{{}, "New", false}}});
      target = to_text(config().pipelines.ordered().front()->id);
    }
    if (pattern.starts_with("/v1/webhooks/")) {
      if (config().webhooks.size() == 0) {
        create_webhook hook;
        hook.fields.url = "https://hooks.acme.example";
        change(hook);
      }
      target = to_text(config().webhooks.ordered().front()->id);
    }
    auto where = pattern;
    if (const auto id = where.find("{id}"); id != where.npos) where.replace(id, 4, target);
    const std::string deep = std::string(200'000, '[');
    const std::string deep_member = [] {
      std::string text;
      for (int i = 0; i < 10'000; ++i) text += R"({"name":)";
      return text;
    }();
    for (const std::string& body :
         {std::string{"{"}, std::string{"nope"}, std::string{"7"}, std::string{"null"}, std::string{"[]"}, std::string{"\"x\""},
          std::string{"{}{}"}, std::string{"{\"name\":\"\xff\xfe\"}"}, std::string{R"({"name":"\ud800"})"},
          std::string{"{\"a\0b\":1", 8}, std::string{"\0", 1}, deep, deep_member}) {
      const auto no = ask(token, std::string{one.method}, where, body);
      EXPECT_EQ(no.status(), 422) << one.method << ' ' << where << ' ' << body.substr(0, 40);
      EXPECT_EQ(no.code(), "invalid");
      EXPECT_FALSE(no.pointers().empty());
    }
    const auto nothing = ask(token, std::string{one.method}, where);
    EXPECT_EQ(nothing.status(), 422) << one.method << ' ' << where;
  }
  EXPECT_TRUE(edge.published.empty());
  EXPECT_TRUE(edge.commands.empty());
}

TEST_F(Routes, ABrokenEdgeIsA500ThatTellsNothing) {
  edge.on_list_conversations = [](const principal&, const conversation_query&) -> outcome<page<conversation>> {
    throw std::runtime_error{"the secret of the disk"};
  };
  const auto no = as_ada("GET", "/v1/conversations");
  EXPECT_EQ(no.status(), 500);
  EXPECT_EQ(no.code(), "internal");
  EXPECT_EQ(no.answer.body.find("secret"), std::string::npos);
}

TEST_F(Routes, UnavailableSaysWhenToTryAgain) {
  edge.on_list_conversations = [](const principal&, const conversation_query&) {
    return outcome<page<conversation>>{refuse(refusal_code::unavailable, "restarted")};
  };
  const auto no = as_ada("GET", "/v1/conversations");
  EXPECT_EQ(no.status(), 503);
  EXPECT_EQ(no.header("retry-after"), "1");
}

TEST_F(Routes, OperatingPathsNeedNoToken) {
  EXPECT_EQ(ask("", "GET", "/healthz").at("/status"), "ok");
  EXPECT_EQ(ask("", "GET", "/readyz").at("/status"), "ready");
  edge.is_ready = false;
  const auto no = ask("", "GET", "/readyz");
  EXPECT_EQ(no.status(), 503);
  EXPECT_EQ(no.code(), "unavailable");
  EXPECT_EQ(ask("", "GET", "/healthz").status(), 200);
  edge.metrics = "signalbox_up 1\n";
  const auto metrics = ask("", "GET", "/metrics");
  EXPECT_EQ(metrics.answer.body, "signalbox_up 1\n");
  EXPECT_TRUE(metrics.answer.content_type.starts_with("text/plain; version=0.0.4"));
}

}  // namespace

}  // namespace signalbox
