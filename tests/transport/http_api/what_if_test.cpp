#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

class WhatIfRoute : public api_rig {
protected:
  using list = std::vector<std::string>;

  std::string body = R"({"from":"2026-02-27T00:00:00Z","to":"2026-02-28T00:00:00Z","assignment":{"enabled":true}})";
  std::string where = path("/v1/channels/", acme.first, "/assignment/what-if");
};

TEST_F(WhatIfRoute, AsksWithAWholeRuleAndShowsBothSides) {
  what_if_query seen;
  edge.on_ask_what_if = [&](const principal& by, const what_if_query& query) {
    EXPECT_EQ(by.user, acme.ada);
    seen = query;
    what_if_answer out;
    out.from = query.from;
    out.to = query.to;
    out.actual = {{{5}, query.from, std::nullopt}};
    out.what_if = {{{5}, query.from, acme.ben, milliseconds{1500}}};
    out.actual_figures = figures_of(out.actual, std::vector{acme.ben});
    out.what_if_figures = figures_of(out.what_if, std::vector{acme.ben});
    return outcome<what_if_answer>{std::move(out)};
  };
  const auto before = config().revision;
  body = R"({"from":"2026-02-27T00:00:00Z","to":"2026-02-28T00:00:00.000Z","assignment":{"enabled":true,"users":[")" +
         to_text(acme.ben) + R"("],"only_available":false,"strategy":"random"}})";
  const auto told = as_ada("POST", where, body);
  ASSERT_EQ(told.status(), 200) << told.answer.body;
  EXPECT_EQ(seen.channel, acme.first);
  EXPECT_EQ(to_text(seen.from), "2026-02-27T00:00:00.000Z");
  EXPECT_EQ(seen.rule.candidates.users, std::vector{acme.ben});
  EXPECT_FALSE(seen.rule.only_available);
  EXPECT_EQ(seen.rule.strategy, strategy::random);
  EXPECT_EQ(told.at("/to"), "2026-02-28T00:00:00.000Z");
  EXPECT_EQ(told.at("/truncated"), "false");
  EXPECT_EQ(told.at("/actual/unassigned"), "1");
  EXPECT_EQ(told.at("/actual/wait_ms/p50"), "null");
  EXPECT_EQ(told.at("/actual/users/0/assigned"), "0");
  EXPECT_EQ(told.at("/what_if/assigned"), "1");
  EXPECT_EQ(told.at("/what_if/wait_ms/p95"), "1500");
  EXPECT_EQ(told.at("/what_if/users/0/user"), to_text(acme.ben));
  EXPECT_EQ(told.at("/what_if/users/0/open_most"), "1");
  EXPECT_EQ(told.at("/conversations/0/conversation"), to_text(conversation_id{5}));
  EXPECT_EQ(told.at("/conversations/0/actual/user"), "null");
  EXPECT_EQ(told.at("/conversations/0/actual/waited_ms"), "null");
  EXPECT_EQ(told.at("/conversations/0/what_if/waited_ms"), "1500");
  EXPECT_EQ(told.at("/conversations_left_out"), "0");
  EXPECT_EQ(config().revision, before);
  EXPECT_TRUE(changes.empty());
}

TEST_F(WhatIfRoute, ShowsAThousandAndSaysHowManyItLeftOutAndThatItWasCut) {
  edge.on_ask_what_if = [&](const principal&, const what_if_query& query) {
    what_if_answer out;
    out.from = query.from;
    out.to = query.to;
    out.truncated = true;
    for (std::uint64_t i = 0; i < 1'003; ++i) out.actual.push_back({{5 + i}, query.from, std::nullopt});
    out.what_if = out.actual;
    return outcome<what_if_answer>{std::move(out)};
  };
  const auto told = as_ada("POST", where, body);
  ASSERT_EQ(told.status(), 200) << told.answer.body;
  EXPECT_EQ(told.at("/truncated"), "true");
  EXPECT_EQ(told.at("/conversations/999/conversation"), to_text(conversation_id{5 + 999}));
  EXPECT_EQ(told.at("/conversations_left_out"), "3");
}

TEST_F(WhatIfRoute, EachLimitIsARefusalWithItsCode) {
  struct {
    refusal_code code;
    int status;
    std::string name;
  } const table[]{{refusal_code::rate_limited, 429, "rate_limited"}, {refusal_code::too_large, 413, "too_large"}};
  for (const auto& one : table) {
    edge.on_ask_what_if = [&](const principal&, const what_if_query&) -> outcome<what_if_answer> {
      return refuse(one.code, "no");
    };
    const auto told = as_ada("POST", where, body);
    EXPECT_EQ(told.status(), one.status);
    EXPECT_EQ(told.code(), one.name);
  }
}

TEST_F(WhatIfRoute, RefusesABodyOfTheWrongShape) {
  EXPECT_EQ(as_ada("POST", where, "{}").pointers(), (list{"/from", "/to", "/assignment"}));
  EXPECT_EQ(as_ada("POST", where, R"({"from":"x","to":7,"assignment":{"strategy":"luck"}})").pointers(),
            (list{"/from", "/to", "/assignment/enabled", "/assignment/strategy"}));
  EXPECT_EQ(as_ada("POST", "/v1/channels/x/assignment/what-if", "{}").status(), 404);
}

}  // namespace
}  // namespace signalbox
