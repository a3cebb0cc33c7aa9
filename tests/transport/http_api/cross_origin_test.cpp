#include "transport/http_api/cross_origin.hpp"

#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

const std::string console = "https://console.example";

http_policy open_to(std::vector<std::string> origins) {
  http_policy policy;
  policy.cors_origins = std::move(origins);
  return policy;
}

class CrossOrigin : public api_rig {
protected:
  CrossOrigin() : api_rig({}, open_to({console, "http://localhost:5173"})) {}

  told preflight(std::string_view target, const std::string& origin) {
    return ask("", "OPTIONS", target, "", {{"Origin", origin}, {"Access-Control-Request-Method", "PATCH"}});
  }
};

class NoOrigins : public api_rig {};

class AnyOrigin : public api_rig {
protected:
  AnyOrigin() : api_rig({}, open_to({"*"})) {}
};

TEST_F(CrossOrigin, APreflightNeedsNoTokenAndTellsThePathsMethods) {
  const auto yes = preflight("/v1/users/usr_0000000000001", console);
  EXPECT_EQ(yes.status(), 204);
  EXPECT_EQ(yes.header("access-control-allow-origin"), console);
  EXPECT_EQ(yes.header("access-control-allow-methods"), "GET, HEAD, PATCH, DELETE");
  const auto allowed = yes.header("access-control-allow-headers");
  for (const auto* name : {"Authorization", "Content-Type", "Idempotency-Key", "If-Match"})
    EXPECT_NE(allowed.find(name), allowed.npos) << name;
  EXPECT_EQ(yes.header("access-control-allow-credentials"), "absent");
  EXPECT_EQ(preflight("/v1/nothing", console).status(), 404);
}

TEST_F(CrossOrigin, AnswersMayBeReadByTheConfiguredOriginsAlone) {
  for (const auto& origin : {console, std::string{"http://localhost:5173"}}) {
    const auto answer = as_ada("GET", "/v1/account", "", {{"Origin", origin}});
    EXPECT_EQ(answer.header("access-control-allow-origin"), origin);
    EXPECT_NE(answer.header("access-control-expose-headers").find("ETag"), std::string::npos);
  }
  for (const auto* origin : {"https://evil.example", "null", "https://console.example.evil", "https://CONSOLE.example", ""}) {
    const auto answer = as_ada("GET", "/v1/account", "", {{"Origin", origin}});
    EXPECT_EQ(answer.status(), 200) << "the call itself is as good as any";
    EXPECT_EQ(answer.header("access-control-allow-origin"), "absent") << origin;
    EXPECT_EQ(preflight("/v1/users", origin).header("access-control-allow-origin"), "absent") << origin;
  }
  EXPECT_EQ(as_ada("GET", "/v1/account").header("vary"), "Origin") << "a cache must not mix them up";
}

TEST_F(CrossOrigin, RefusalsCanBeReadToo) {
  EXPECT_EQ(ask("", "GET", "/v1/account", "", {{"Origin", console}}).header("access-control-allow-origin"), console);
  EXPECT_EQ(as_ada("GET", "/v1/nothing", "", {{"Origin", console}}).header("access-control-allow-origin"), console);
}

TEST_F(NoOrigins, AreToldNothing) {
  const auto answer = as_ada("GET", "/v1/account", "", {{"Origin", console}});
  EXPECT_EQ(answer.header("access-control-allow-origin"), "absent");
  EXPECT_EQ(answer.header("vary"), "absent");
  const auto no = ask("", "OPTIONS", "/v1/users", "", {{"Origin", console}, {"Access-Control-Request-Method", "GET"}});
  EXPECT_EQ(no.status(), 405);
}

TEST_F(AnyOrigin, IsAStar) {
  const auto answer = as_ada("GET", "/v1/account", "", {{"Origin", "https://anywhere.example"}});
  EXPECT_EQ(answer.header("access-control-allow-origin"), "*");
  EXPECT_EQ(answer.header("vary"), "absent");
  EXPECT_EQ(ask("", "OPTIONS", "/v1/users", "", {{"Origin", console}}).status(), 405) << "no preflight";
}

}  // namespace
}  // namespace signalbox
