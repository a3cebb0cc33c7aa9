#include "transport/http_api/first_answers.hpp"

#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

http_answer answer_of(std::string body, int status = 201) {
  http_answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

class FirstAnswers : public testing::Test {
protected:
  /// Begins with `key`; answers at once with `made` when it is the first. What the caller got.
  std::string ask(first_answers& of, const std::string& caller, const std::string& key, std::string made, int status = 201) {
    std::string got = "nothing";
    if (auto first = of.begin(caller, key, now, [&](const http_answer& answer) { got = answer.body; }))
      (*first)(answer_of(std::move(made), status));
    return got;
  }
  time_point now{};
};

TEST_F(FirstAnswers, TheSameKeyOfTheSameCallerGetsTheFirstAnswer) {
  first_answers kept;
  EXPECT_EQ(ask(kept, "ada", "k", "one"), "one");
  EXPECT_EQ(ask(kept, "ada", "k", "two"), "one");
  EXPECT_EQ(ask(kept, "ben", "k", "three"), "three");
  EXPECT_EQ(ask(kept, "ada", "l", "four"), "four");
}

TEST_F(FirstAnswers, AreForgottenAfterTheirTime) {
  first_answers kept;
  ask(kept, "ada", "k", "one");
  now += std::chrono::hours{24} - milliseconds{1};
  EXPECT_EQ(ask(kept, "ada", "k", "two"), "one");
  now += milliseconds{1};
  EXPECT_EQ(ask(kept, "ada", "k", "three"), "three");
  EXPECT_EQ(kept.size(), 1u);
}

TEST_F(FirstAnswers, WhoComesMeanwhileGetsTheSame) {
  first_answers kept;
  std::vector<std::string> got;
  const auto take = [&](const http_answer& answer) { got.push_back(answer.body); };
  const auto first = kept.begin("ada", "k", now, take);
  ASSERT_TRUE(first);
  EXPECT_FALSE(kept.begin("ada", "k", now, take));
  EXPECT_FALSE(kept.begin("ada", "k", now, take));
  EXPECT_TRUE(got.empty());
  (*first)(answer_of("one"));
  EXPECT_EQ(got, (std::vector<std::string>{"one", "one", "one"}));
}

TEST_F(FirstAnswers, AFailureOfTheMomentIsNotKept) {
  first_answers kept;
  for (const int status : {500, 503, 429, 401}) EXPECT_EQ(ask(kept, "ada", "k", "no", status), "no");
  EXPECT_EQ(kept.size(), 0u);
  EXPECT_EQ(ask(kept, "ada", "k", "refused", 422), "refused");
  EXPECT_EQ(ask(kept, "ada", "k", "one"), "refused");
}

TEST_F(FirstAnswers, TheOldestGoesFirst) {
  first_answers kept{{.entries = 3, .entries_each = 3, .bytes = 1 << 20, .keep = std::chrono::hours{24}}};
  for (const auto* key : {"a", "b", "c", "d"}) ask(kept, "ada", key, "one");
  EXPECT_EQ(kept.size(), 3u);
  EXPECT_EQ(ask(kept, "ada", "d", "two"), "one");
  EXPECT_EQ(ask(kept, "ada", "b", "two"), "one");
  EXPECT_EQ(ask(kept, "ada", "a", "two"), "two");
}

TEST_F(FirstAnswers, NobodyMakesTheTableForgetTheOthers) {
  first_answers kept{{.entries = 100, .entries_each = 5, .bytes = 1 << 20, .keep = std::chrono::hours{24}}};
  ask(kept, "ada", "k", "one");
  for (int i = 0; i < 500; ++i) ask(kept, "eve", std::to_string(i), "x");
  EXPECT_EQ(ask(kept, "ada", "k", "two"), "one");
  EXPECT_EQ(kept.size(), 6u);
}

TEST_F(FirstAnswers, TheirBytesAreBounded) {
  first_answers kept{{.entries = 1000, .entries_each = 1000, .bytes = 100'000, .keep = std::chrono::hours{24}}};
  for (int i = 0; i < 200; ++i) ask(kept, "ada", std::to_string(i), std::string(10'000, 'x'));
  EXPECT_LE(kept.size(), 11u);
  EXPECT_EQ(ask(kept, "ada", "199", "two"), std::string(10'000, 'x'));
}

TEST_F(FirstAnswers, WhatIsUnderWayIsNeverForgotten) {
  first_answers kept{{.entries = 2, .entries_each = 2, .bytes = 1 << 20, .keep = std::chrono::hours{24}}};
  std::string got;
  const auto first = kept.begin("ada", "slow", now, [](const http_answer&) {});
  EXPECT_FALSE(kept.begin("ada", "slow", now, [&](const http_answer& answer) { got = answer.body; }));
  for (int i = 0; i < 10; ++i) ask(kept, "ada", std::to_string(i), "x");
  (*first)(answer_of("at last"));
  EXPECT_EQ(got, "at last");
}

class Keys : public api_rig {};

TEST_F(Keys, APostWithAKeyIsDoneOnce) {
  const auto make = [&](std::string key, std::string_view token = "ada-token") {
    return ask(token, "POST", "/v1/teams", R"({"name":"Support"})", {{"Idempotency-Key", std::move(key)}});
  };
  const auto first = make("k1");
  EXPECT_EQ(first.status(), 201);
  const auto again = make("k1");
  EXPECT_EQ(again.answer.body, first.answer.body);
  EXPECT_EQ(again.header("location"), first.header("location"));
  EXPECT_EQ(config().teams.size(), 1u);
  EXPECT_EQ(edge.last_key, "/v1/teams k1") << "what makes it must know its key: it goes into the same commit";
  EXPECT_NE(make("k2").at("/id"), first.at("/id"));
  EXPECT_EQ(make("k1", "ben-token").status(), 403) << "another's key is another key";
  EXPECT_EQ(config().teams.size(), 2u);
}

TEST_F(Keys, AKeyBelongsToItsPathAndSaysNothingToOtherMethods) {
  const headers key{{"Idempotency-Key", "k"}};
  as_ada("POST", "/v1/teams", R"({"name":"Support"})", key);
  const auto user =
      as_ada("POST", "/v1/users", R"({"first_name":"G","last_name":"H","email":"g@acme.example","seat":"free"})", key);
  EXPECT_EQ(user.at("/first_name"), "G");
  const auto where = path("/v1/users/", acme.ben);
  EXPECT_EQ(as_ada("PATCH", where, R"({"capacity":1})", key).at("/capacity"), "1");
  EXPECT_EQ(as_ada("PATCH", where, R"({"capacity":2})", key).at("/capacity"), "2");
}

TEST_F(Keys, AnUnusableKeyIsInvalid) {
  for (const auto& key : {std::string{}, std::string(256, 'k')})
    EXPECT_EQ(as_ada("POST", "/v1/teams", R"({"name":"Support"})", {{"Idempotency-Key", key}}).code(), "invalid");
  EXPECT_EQ(config().teams.size(), 0u);
}

TEST_F(Keys, ARevokedTokenLearnsNothingFromAKnownKey) {
  as_ada("POST", "/v1/teams", R"({"name":"Support"})", {{"Idempotency-Key", "k"}});
  edge.tokens.erase("ada-token");
  EXPECT_EQ(as_ada("POST", "/v1/teams", R"({"name":"Support"})", {{"Idempotency-Key", "k"}}).status(), 401);
}

}  // namespace

}  // namespace signalbox
