#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Inboxes : public api_rig {
protected:
  using list = std::vector<std::string>;

  Inboxes() { change(rename_account{std::nullopt, plan::professional, std::nullopt}); }

  inbox_id add_inbox(access_list access) {
    change(create_inbox{"Sales", std::move(access)});
    return inbox_id{next_id - 1};
  }
};

TEST_F(Inboxes, S71_AreMadeWithANameAndAnAccessMode) {
  const auto made =
      as_ada("POST", "/v1/inboxes",
             R"({"name":"Sales","access":{"mode":"specific","users":[")" + to_text(acme.ben) + R"("],"teams":[]}})");
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.at("/name"), "Sales");
  EXPECT_EQ(made.at("/default"), "false");
  EXPECT_EQ(made.at("/access/mode"), "specific");
  EXPECT_EQ(made.at("/access/users/0"), to_text(acme.ben));
  EXPECT_EQ(as_ada("GET", made.header("location")).answer.body, made.answer.body);
  EXPECT_EQ(as_ada("POST", "/v1/inboxes", R"({"name":"Open"})").at("/access/mode"), "everyone");
}

TEST_F(Inboxes, WrongFieldsAreNamedExactly) {
  const auto wrong = [&](std::string body) { return as_ada("POST", "/v1/inboxes", std::move(body)).pointers(); };
  EXPECT_EQ(wrong("{}"), list{"/name"});
  EXPECT_EQ(wrong(R"({"name":"X","access":[]})"), list{"/access"});
  EXPECT_EQ(wrong(R"({"name":"X","access":{}})"), list{"/access/mode"});
  EXPECT_EQ(wrong(R"({"name":"X","access":{"mode":"some","users":{},"teams":[1]}})"),
            (list{"/access/mode", "/access/users", "/access/teams/0"}));
  EXPECT_EQ(wrong(R"({"name":"X","access":{"mode":"specific","users":["usr_0000000000001"]}})"), list{"/access/users/0"})
      << "nobody's id";
}

TEST_F(Inboxes, S73_OnASmallPlanASecondOneIsRefused) {
  change(rename_account{std::nullopt, plan::starter, std::nullopt});
  const auto no = as_ada("POST", "/v1/inboxes", R"({"name":"Sales"})");
  EXPECT_EQ(no.status(), 403);
  EXPECT_EQ(no.code(), "plan_limit");
}

TEST_F(Inboxes, S12_WhoMayNotViewOneIsNotShownIt) {
  const auto hidden = add_inbox({access_mode::specific, {acme.ada}, {}, 1});
  EXPECT_EQ(as_ada("GET", "/v1/inboxes").body().at("items").as_array().size(), 2u);
  const auto for_ben = as_ben("GET", "/v1/inboxes");
  EXPECT_EQ(for_ben.body().at("items").as_array().size(), 1u);
  EXPECT_EQ(for_ben.at("/items/0/id"), to_text(acme.inbox));
  for (const auto* after : {"", "/access", "/channels"}) {
    const auto no = as_ben("GET", path("/v1/inboxes/", hidden, after));
    EXPECT_EQ(no.status(), 403) << after;
    EXPECT_EQ(no.code(), "access_denied") << after;
  }
}

TEST_F(Inboxes, S13_S17_AnAdministratorViewsAndEditsWithoutBeingChosen) {
  const auto bens = add_inbox({access_mode::specific, {acme.ben}, {}, 1});
  EXPECT_EQ(as_ada("GET", path("/v1/inboxes/", bens)).status(), 200);
  EXPECT_EQ(as_ada("PUT", path("/v1/inboxes/", bens, "/access"),
                   R"({"mode":"specific","users":[")" + to_text(acme.ben) + "\",\"" + to_text(acme.ada) + "\"]}")
                .status(),
            200);
}

TEST_F(Inboxes, S12_HiddenOnesLeaveNoGapInPages) {
  for (int i = 0; i < 5; ++i) {
    add_inbox({access_mode::specific, {acme.ada}, {}, 1});
    add_inbox({});
  }
  std::size_t seen = 0;
  std::string after;
  do {
    const auto page = as_ben("GET", "/v1/inboxes?limit=2&after=" + after);
    const auto count = page.body().at("items").as_array().size();
    EXPECT_EQ(count, 2u);
    seen += count;
    after = page.at("/next");
  } while (after != "null");
  EXPECT_EQ(seen, 6u);
}

TEST_F(Inboxes, S7_RenamingChangesTheNameOnly) {
  const auto before = as_ada("GET", path("/v1/inboxes/", acme.inbox)).body().as_object();
  auto after = as_ada("PATCH", path("/v1/inboxes/", acme.inbox), R"({"name":"Post"})").body().as_object();
  EXPECT_EQ(after.at("name"), "Post");
  after["name"] = before.at("name");
  after["version"] = before.at("version");
  EXPECT_EQ(after, before);
  for (const auto* blank : {R"({"name":""})", R"({"name":" \t "})", "{}", R"({"name":null})"})
    EXPECT_EQ(as_ada("PATCH", path("/v1/inboxes/", acme.inbox), blank).pointers(), list{"/name"}) << blank;
  EXPECT_EQ(config().inboxes.find(acme.inbox)->name, "Post");
}

TEST_F(Inboxes, A62_TheDefaultOneStays) {
  EXPECT_EQ(as_ada("DELETE", path("/v1/inboxes/", acme.inbox)).status(), 409);
  const auto other = add_inbox({});
  EXPECT_EQ(as_ben("DELETE", path("/v1/inboxes/", other)).code(), "access_denied");
  EXPECT_EQ(as_ada("DELETE", path("/v1/inboxes/", other)).status(), 204);
  EXPECT_EQ(as_ada("GET", path("/v1/inboxes/", other)).status(), 404);
}

TEST_F(Inboxes, S9_S74_AccessIsReplacedAsAWhole) {
  const auto where = path("/v1/inboxes/", acme.inbox, "/access");
  const auto set = as_ada("PUT", where, R"({"mode":"specific","users":[")" + to_text(acme.ben) + "\"]}");
  ASSERT_EQ(set.status(), 200) << set.answer.body;
  EXPECT_EQ(set.at("/mode"), "specific");
  EXPECT_EQ(set.at("/teams"), "[]");
  EXPECT_EQ(as_ada("GET", where).answer.body, set.answer.body);
  EXPECT_EQ(set.header("etag"), '"' + set.at("/version") + '"');
  EXPECT_EQ(as_ada("PUT", where, R"({"mode":"everyone"})").at("/users"), "[]");
  EXPECT_EQ(as_ada("PUT", where, R"({"mode":"specific"})", {{"If-Match", set.header("etag")}}).status(), 412);
  EXPECT_EQ(as_ada("PUT", where, R"({"users":[]})").pointers(), list{"/mode"});
  std::string many = R"({"mode":"specific","users":[)";
  for (int i = 0; i < 5001; ++i) many += std::string{i == 0 ? "" : ","} + "\"usr_0000000000001\"";
  EXPECT_EQ(as_ada("PUT", where, many + "]}").pointers(), list{"/users"});
  EXPECT_EQ(config().inboxes.find(acme.inbox)->access.mode, access_mode::everyone);
}

TEST_F(Inboxes, AnotherAccountsAreNotFound) {
  const auto other = edge.add_company(2);
  for (const auto* after : {"", "/access", "/channels"})
    EXPECT_EQ(as_ada("GET", path("/v1/inboxes/", other.inbox, after)).status(), 404) << after;
  EXPECT_EQ(as_ada("PATCH", path("/v1/inboxes/", other.inbox), R"({"name":"X"})").status(), 404);
  EXPECT_EQ(as_ada("PUT", path("/v1/inboxes/", other.inbox, "/access"), R"({"mode":"everyone"})").status(), 404);
  EXPECT_EQ(as_ada("DELETE", path("/v1/inboxes/", other.inbox)).status(), 404);
  EXPECT_EQ(as_ada("POST", path("/v1/inboxes/", other.inbox, "/channels"), R"({"type":"custom","name":"x"})").status(), 404);
}

}  // namespace

}  // namespace signalbox
