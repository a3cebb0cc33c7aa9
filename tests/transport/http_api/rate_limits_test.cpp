#include "transport/http_api/rate_limits.hpp"

#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

http_policy limited(allowance_rule calls) {
  http_policy policy;
  policy.calls = calls;
  return policy;
}

class RateLimits : public api_rig {
protected:
  RateLimits() : api_rig({}, limited({2, 3})) {}
};

class NoRateLimits : public api_rig {};

TEST_F(RateLimits, ATokenGetsItsBurstThenItsRate) {
  for (const auto* left : {"2", "1", "0"}) {
    const auto yes = as_ada("GET", "/v1/account");
    EXPECT_EQ(yes.status(), 200);
    EXPECT_EQ(yes.header("ratelimit-limit"), "3");
    EXPECT_EQ(yes.header("ratelimit-remaining"), left);
    EXPECT_EQ(yes.header("ratelimit-policy"), "3;w=2");
    EXPECT_EQ(yes.header("retry-after"), "absent");
  }
  const auto no = as_ada("GET", "/v1/account");
  EXPECT_EQ(no.status(), 429);
  EXPECT_EQ(no.code(), "rate_limited");
  EXPECT_EQ(no.header("retry-after"), "1");
  EXPECT_EQ(no.header("ratelimit-remaining"), "0");
  EXPECT_EQ(no.header("ratelimit-reset"), "2");
  now += 500ms;
  EXPECT_EQ(as_ada("GET", "/v1/account").status(), 200);
  EXPECT_EQ(as_ada("GET", "/v1/account").status(), 429);
}

TEST_F(RateLimits, WhatIsRefusedChangesNothing) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(as_ada("GET", "/v1/account").status(), 200);
  EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"name":"Renamed"})", {{"Idempotency-Key", "k"}}).status(), 429);
  EXPECT_TRUE(changes.empty());
}

TEST_F(RateLimits, EachTokenHasItsOwnAndAnybodysPathsHaveNone) {
  for (int i = 0; i < 4; ++i) (void)as_ada("GET", "/v1/account");
  EXPECT_EQ(as_ada("GET", "/v1/account").status(), 429);
  EXPECT_EQ(as_ben("GET", "/v1/account").status(), 200);
  EXPECT_EQ(as_operator("GET", "/v1/accounts").status(), 200);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask("ada-token", "GET", "/healthz").status(), 200);
}

TEST_F(RateLimits, RefusedCallsOfAGoodTokenCountAndThoseOfABadOneAreNobodys) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask("nonsense", "GET", "/v1/account").status(), 401);
  EXPECT_EQ(ask("nonsense", "GET", "/v1/account").header("ratelimit-limit"), "absent");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(as_ada("GET", "/v1/accounts").status(), 403);
  EXPECT_EQ(as_ada("GET", "/v1/accounts").status(), 429);
}

TEST_F(RateLimits, AFirstAnswerThatIsGivenAgainTellsWhatIsLeftNow) {
  const headers key{{"Idempotency-Key", "one"}};
  const auto first = as_ada("POST", "/v1/teams", R"({"name":"Support"})", key);
  EXPECT_EQ(first.status(), 201);
  const auto again = as_ada("POST", "/v1/teams", R"({"name":"Support"})", key);
  EXPECT_EQ(again.answer.body, first.answer.body);
  EXPECT_EQ(first.header("ratelimit-remaining"), "2");
  EXPECT_EQ(again.header("ratelimit-remaining"), "1");
  EXPECT_EQ(changes.size(), 1u);
}

TEST_F(NoRateLimits, IsTheDefault) {
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(as_ada("GET", "/v1/account").status(), 200);
  EXPECT_EQ(as_ada("GET", "/v1/account").header("ratelimit-limit"), "absent");
}

TEST(RateLimitTable, BudgetsThatAreWholeAgainAreForgotten) {
  rate_limits limits{{100, 10}};
  time_point now{};
  for (int i = 0; i < 100'000; ++i, now += 1ms) (void)limits.take("token " + std::to_string(i), now);
  EXPECT_LT(limits.size(), 3000u);
}

}  // namespace
}  // namespace signalbox
