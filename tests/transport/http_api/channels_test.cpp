#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Channels : public api_rig {
protected:
  using list = std::vector<std::string>;
  [[nodiscard]] std::string rule_path() { return path("/v1/channels/", acme.first, "/assignment"); }
};

TEST_F(Channels, S8_AreConnectedToAnInbox) {
  const auto where = path("/v1/inboxes/", acme.inbox, "/channels");
  const auto before = as_ben("GET", where).body().at("items").as_array().size();
  const auto made = as_ada("POST", where, R"({"type":"custom","name":"Shop","colour":"green"})");
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.at("/inbox"), to_text(acme.inbox));
  EXPECT_EQ(made.at("/type"), "custom");
  EXPECT_EQ(made.at("/on"), "true");
  EXPECT_EQ(made.at("/authorized"), "true");
  EXPECT_EQ(made.at("/version"), "1");
  EXPECT_EQ(as_ben("GET", made.header("location")).answer.body, made.answer.body);
  EXPECT_EQ(as_ben("GET", where).body().at("items").as_array().size(), before + 1);
  EXPECT_EQ(as_ada("POST", where, "{}").pointers(), (list{"/type", "/name"}));
  EXPECT_EQ(as_ada("POST", where, R"({"type":"pigeon","name":7})").pointers(), (list{"/name", "/type"}));
}

TEST_F(Channels, A2_ConnectingNeedsAPermission) {
  EXPECT_EQ(as_ben("POST", path("/v1/inboxes/", acme.inbox, "/channels"), R"({"type":"custom","name":"x"})").code(),
            "access_denied");
  EXPECT_EQ(as_ben("PATCH", path("/v1/channels/", acme.first), R"({"on":false})").code(), "access_denied");
  EXPECT_EQ(as_ben("DELETE", path("/v1/channels/", acme.first)).code(), "access_denied");
}

TEST_F(Channels, S77_AreSwitchedAndRenamed) {
  const auto where = path("/v1/channels/", acme.first);
  const auto version = as_ada("GET", where).header("etag");
  const auto off = as_ada("PATCH", where, R"({"on":false})", {{"If-Match", version}});
  EXPECT_EQ(off.at("/on"), "false");
  EXPECT_EQ(off.at("/authorized"), "true");
  EXPECT_EQ(as_ada("PATCH", where, R"({"name":"uno"})").at("/on"), "false");
  EXPECT_EQ(as_ada("PATCH", where, R"({"on":true})", {{"If-Match", version}}).status(), 412);
  EXPECT_EQ(as_ada("PATCH", where, R"({"on":"no","name":{}})").pointers(), (list{"/on", "/name"}));
  EXPECT_EQ(config().channels.find(acme.first)->name, "uno");
}

TEST_F(Channels, A25_BusinessHoursAreSetAndTakenAway) {
  const auto where = path("/v1/channels/", acme.first);
  EXPECT_EQ(as_ada("GET", where).at("/business_hours"), "null");
  const auto set = as_ada("PATCH", where, R"({"business_hours":{"time_zone":"Europe/Berlin",
      "hours":[{"day":"mon","from":"08:00","to":"18:00"}],"holidays":["2026-12-25","2026-01-01"]}})");
  ASSERT_EQ(set.status(), 200) << set.answer.body;
  const auto* const expected = R"({"time_zone":"Europe/Berlin","hours":[{"day":"mon","from":"08:00","to":"18:00"}],)"
                               R"("holidays":["2026-01-01","2026-12-25"]})";
  EXPECT_EQ(set.at("/business_hours"), expected);
  EXPECT_EQ(as_ada("PATCH", where, R"({"name":"uno"})").at("/business_hours"), expected);
  EXPECT_EQ(as_ada("PATCH", where, R"({"business_hours":null})").at("/business_hours"), "null");
  EXPECT_EQ(as_ben("PATCH", where, R"({"business_hours":null})").code(), "access_denied");
}

TEST_F(Channels, A25_WrongBusinessHoursAreNamed) {
  const auto wrong = [&](const std::string& hours) {
    return as_ada("PATCH", path("/v1/channels/", acme.first), R"({"business_hours":)" + hours + "}").pointers();
  };
  EXPECT_EQ(wrong("7"), list{"/business_hours"});
  EXPECT_EQ(wrong("{}"), list{"/business_hours/time_zone"});
  EXPECT_EQ(wrong(R"({"time_zone":7,"hours":{},"holidays":"x"})"),
            (list{"/business_hours/time_zone", "/business_hours/hours", "/business_hours/holidays"}));
  EXPECT_EQ(wrong(R"({"time_zone":"UTC","hours":[{"day":"mon","from":"08:00","to":"08:00"}]})"),
            list{"/business_hours/hours/0/to"});
  EXPECT_EQ(wrong(R"({"time_zone":"UTC","holidays":["2026-02-30","25.12.2026",7,"2026-12-25"]})"),
            (list{"/business_hours/holidays/2", "/business_hours/holidays/0", "/business_hours/holidays/1"}));
  EXPECT_EQ(wrong(R"({"time_zone":" "})"), list{"/business_hours/time_zone"});
  EXPECT_EQ(config().channels.find(acme.first)->business_hours, std::nullopt);
}

TEST_F(Channels, A8_AreDeleted) {
  EXPECT_EQ(as_ada("DELETE", path("/v1/channels/", acme.first), {}, {{"If-Match", "\"77\""}}).status(), 412);
  EXPECT_EQ(as_ada("DELETE", path("/v1/channels/", acme.first)).status(), 204);
  EXPECT_EQ(as_ada("GET", path("/v1/channels/", acme.first)).status(), 404);
}

TEST_F(Channels, S12_OfAnInboxThatOneMayNotViewAreRefused) {
  change(set_access{acme.inbox, {access_mode::specific, {acme.ada}, {}, 1}, std::nullopt});
  EXPECT_EQ(as_ben("GET", path("/v1/channels/", acme.first)).code(), "access_denied");
  EXPECT_EQ(as_ben("GET", rule_path()).code(), "access_denied");
}

TEST_F(Channels, AnotherAccountsAreNotFound) {
  const auto other = edge.add_company(2);
  for (const auto* after : {"", "/assignment"})
    EXPECT_EQ(as_ada("GET", path("/v1/channels/", other.first, after)).status(), 404) << after;
  EXPECT_EQ(as_ada("PATCH", path("/v1/channels/", other.first), R"({"on":false})").status(), 404);
  EXPECT_EQ(as_ada("PUT", path("/v1/channels/", other.first, "/assignment"), R"({"enabled":true})").status(), 404);
  EXPECT_EQ(as_ada("DELETE", path("/v1/channels/", other.first)).status(), 404);
  EXPECT_EQ(as_ada("POST", path("/v1/channels/", other.first, "/messages"), R"({"messages":[]})").status(), 404);
}

TEST_F(Channels, ARuleIsReadBackAsItWasPut) {
  change(create_team{"Support", {{acme.ben, true}}});
  const auto team = to_text(config().teams.ordered().front()->id);
  const auto set = as_ada(
      "PUT", rule_path(),
      R"({"enabled":true,"assign_to":"contact_owner","users":[")" + to_text(acme.ben) + R"("],"teams":[")" + team +
          R"("],"only_available":false,"strategy":"random","queue":false,"priority":"high","accept_within_seconds":30,"fallback":{"users":[")" +
          to_text(acme.ada) + R"("],"teams":[]}})");
  ASSERT_EQ(set.status(), 200) << set.answer.body;
  EXPECT_EQ(set.at("/enabled"), "true");
  EXPECT_EQ(set.at("/assign_to"), "contact_owner");
  EXPECT_EQ(set.at("/users"), "[\"" + to_text(acme.ben) + "\"]");
  EXPECT_EQ(set.at("/teams"), "[\"" + team + "\"]");
  EXPECT_EQ(set.at("/only_available"), "false");
  EXPECT_EQ(set.at("/strategy"), "random");
  EXPECT_EQ(set.at("/priority"), "high");
  EXPECT_EQ(set.at("/accept_within_seconds"), "30");
  EXPECT_EQ(set.at("/queue"), "false");
  EXPECT_EQ(set.at("/fallback/users/0"), to_text(acme.ada));
  EXPECT_EQ(set.at("/skipped"), "[]");
  EXPECT_EQ(as_ben("GET", rule_path()).answer.body, set.answer.body);
  EXPECT_EQ(as_ada("PUT", rule_path(), set.answer.body).at("/strategy"), "random") << "what was read can be put";
  const auto plain = as_ada("PUT", rule_path(), R"({"enabled":false})");
  EXPECT_EQ(plain.at("/accept_within_seconds"), "null");
  EXPECT_EQ(as_ada("PUT", rule_path(), plain.answer.body).status(), 200) << "a null too";
}

TEST_F(Channels, S57_S58_PutSetsWhatItDoesNotNameToItsDefault) {
  as_ada("PUT", rule_path(),
         R"({"enabled":true,"strategy":"random","queue":false,"only_available":false,"users":[")" + to_text(acme.ben) + "\"]}");
  const auto set = as_ada("PUT", rule_path(), R"({"enabled":false})");
  EXPECT_EQ(set.at("/strategy"), "balanced");
  EXPECT_EQ(set.at("/queue"), "true");
  EXPECT_EQ(set.at("/only_available"), "true");
  EXPECT_EQ(set.at("/users"), "[]");
}

TEST_F(Channels, WrongRulesAreNamedExactly) {
  const auto wrong = [&](std::string body) { return as_ada("PUT", rule_path(), std::move(body)).pointers(); };
  EXPECT_EQ(wrong("{}"), list{"/enabled"});
  EXPECT_EQ(
      wrong(
          R"({"enabled":1,"assign_to":"me","users":"all","teams":[{}],"only_available":0,"strategy":"best","queue":"x","fallback":[]})"),
      (list{"/enabled", "/assign_to", "/users", "/teams/0", "/only_available", "/strategy", "/queue", "/fallback"}));
  EXPECT_EQ(wrong(R"({"enabled":true,"fallback":{"users":["x"],"teams":7}})"), (list{"/fallback/users/0", "/fallback/teams"}));
}

TEST_F(Channels, S60_AFreeSeatInARuleIsRefused) {
  const auto free = add_user("Fred", seat::free);
  const auto no = as_ada("PUT", rule_path(), R"({"enabled":true,"users":[")" + to_text(free) + "\"]}");
  EXPECT_EQ(no.status(), 403);
  EXPECT_EQ(no.code(), "seat_required");
}

TEST_F(Channels, S62_WhoLostTheSeatStaysListedFlagged) {
  const auto soon_free = add_user("Fred");
  as_ada("PUT", rule_path(), R"({"enabled":true,"users":[")" + to_text(soon_free) + "\",\"" + to_text(acme.ben) + "\"]}");
  as_ada("PATCH", path("/v1/users/", soon_free), R"({"seat":"free"})");
  const auto rule = as_ada("GET", rule_path());
  EXPECT_EQ(rule.body().at("users").as_array().size(), 2u);
  EXPECT_EQ(rule.body().at("skipped").as_array().size(), 1u);
  EXPECT_EQ(rule.at("/skipped/0/user"), to_text(soon_free));
  EXPECT_EQ(rule.at("/skipped/0/reason"), "free_seat");
  EXPECT_EQ(rule.at("/skipped/0/rule"), "S18");
}

TEST_F(Channels, S61_FreeSeatMembersOfARulesTeamAreFlagged) {
  const auto free = add_user("Fred", seat::free);
  change(create_team{"Support", {{acme.ben, true}, {free, true}}});
  const auto team = to_text(config().teams.ordered().front()->id);
  const auto rule = as_ada("PUT", rule_path(), R"({"enabled":true,"teams":[")" + team + "\"]}");
  EXPECT_EQ(rule.body().at("skipped").as_array().size(), 1u);
  EXPECT_EQ(rule.at("/skipped/0/user"), to_text(free));
  EXPECT_EQ(rule.at("/skipped/0/reason"), "free_seat");
}

TEST_F(Channels, ARuleDoesNotNameWhoWasDeleted) {
  const auto fred = add_user("Fred");
  as_ada("PUT", rule_path(), R"({"enabled":true,"users":[")" + to_text(fred) + "\"]}");
  as_ada("DELETE", path("/v1/users/", fred));
  const auto rule = as_ada("GET", rule_path());
  EXPECT_EQ(rule.at("/enabled"), "true");
  EXPECT_EQ(rule.at("/users"), "[]");
  EXPECT_EQ(rule.at("/skipped"), "[]");
  EXPECT_EQ(rule.at("/version"), "3");
}

TEST_F(Channels, WhatIsSoAlreadyRaisesNoVersion) {
  const auto body = R"({"enabled":true,"users":[")" + to_text(acme.ben) + "\"]}";
  const auto version = as_ada("PUT", rule_path(), body).at("/version");
  EXPECT_EQ(as_ada("PUT", rule_path(), body).at("/version"), version);
}

}  // namespace

}  // namespace signalbox
