#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Teams : public api_rig {
protected:
  using list = std::vector<std::string>;
};

TEST_F(Teams, AreMadeReadChangedAndDeleted) {
  const auto made = as_ada("POST", "/v1/teams",
                           R"({"name":"Support","members":[{"user":")" + to_text(acme.ben) + R"(","main":false},{"user":")" +
                               to_text(acme.ada) + R"("}]})");
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.at("/name"), "Support");
  EXPECT_EQ(made.at("/members"),
            R"([{"user":")" + to_text(acme.ada) + R"(","main":true},{"user":")" + to_text(acme.ben) + R"(","main":false}])");
  const auto where = made.header("location");
  EXPECT_EQ(as_ben("GET", where).answer.body, made.answer.body);
  EXPECT_EQ(as_ben("GET", "/v1/teams").body().at("items").as_array().at(0), made.body()) << "a list's items are the resources";
  EXPECT_EQ(as_ada("GET", path("/v1/users/", acme.ben)).at("/teams/0/main"), "false");

  const auto renamed = as_ada("PATCH", where, R"({"name":"Second line"})");
  EXPECT_EQ(renamed.at("/name"), "Second line");
  EXPECT_EQ(renamed.at("/members"), made.at("/members"));
  EXPECT_EQ(as_ada("PATCH", where, R"({"members":[]})").at("/members"), "[]");

  EXPECT_EQ(as_ada("PATCH", where, R"({"name":"X"})", {{"If-Match", "\"1\""}}).status(), 412);
  EXPECT_EQ(as_ada("DELETE", where, {}, {{"If-Match", "\"1\""}}).status(), 412);
  EXPECT_EQ(as_ben("DELETE", where).code(), "access_denied");
  EXPECT_EQ(as_ada("DELETE", where).status(), 204);
  EXPECT_EQ(as_ada("GET", where).status(), 404);
}

TEST_F(Teams, WrongFieldsAreNamedExactly) {
  const auto wrong = [&](std::string body) { return as_ada("POST", "/v1/teams", std::move(body)).pointers(); };
  EXPECT_EQ(wrong("{}"), list{"/name"});
  EXPECT_EQ(wrong(R"({"name":[],"members":"all"})"), (list{"/name", "/members"}));
  EXPECT_EQ(wrong(R"({"name":"T","members":[{"user":"ben"},{"main":false},[],{"user":"usr_0000000000001","main":"yes"}]})"),
            (list{"/members/2", "/members/0/user", "/members/1/user", "/members/3/main"}));
  EXPECT_EQ(wrong(R"({"name":"   "})"), list{"/name"});
  EXPECT_EQ(config().teams.size(), 0u);
}

TEST_F(Teams, ForeignOnesAreNotFound) {
  change(create_team{"Support", {}});
  const auto where = path("/v1/teams/", config().teams.ordered().front()->id);
  const auto other = edge.add_company(2);
  edge.tokens["eve-token"] = {other.account, other.ada, std::nullopt, {}};
  for (const auto* method : {"GET", "PATCH", "DELETE"})
    EXPECT_EQ(ask("eve-token", method, where, R"({"name":"X"})").status(), 404) << method;
  EXPECT_EQ(ask("eve-token", "GET", "/v1/teams").at("/items"), "[]");
}

}  // namespace

}  // namespace signalbox
