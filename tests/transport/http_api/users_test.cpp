#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Users : public api_rig {
protected:
  using list = std::vector<std::string>;
  static constexpr auto grace = R"({"first_name":"Grace","last_name":"Hopper","email":"grace@acme.example","seat":"paid"})";
};

TEST_F(Users, OnlyNamesEmailAndSeatAreRequired) {
  const auto made = as_ada("POST", "/v1/users", grace);
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.at("/first_name"), "Grace");
  EXPECT_EQ(made.at("/capacity"), "null");
  EXPECT_EQ(made.at("/working_hours"), "[]");
  EXPECT_EQ(made.at("/permissions"), "[]");
  EXPECT_EQ(made.header("location"), "/v1/users/" + made.at("/id"));
  EXPECT_EQ(made.header("etag"), "\"1\"");
  EXPECT_EQ(as_ben("GET", made.header("location")).answer.body, made.answer.body);
  EXPECT_EQ(as_ada("POST", "/v1/users", "{}").pointers(), (list{"/first_name", "/last_name", "/email", "/seat"}));
}

TEST_F(Users, EveryFieldIsTaken) {
  change(create_team{"Support", {}});
  const auto team = to_text(config().teams.ordered().front()->id);
  const auto made = as_ada("POST", "/v1/users",
                           R"({"first_name":"Grace","last_name":"Hopper","email":"grace@acme.example","seat":"free",
      "password":"long enough","permissions":["account_access","availability_management"],"capacity":7,"time_zone":"Europe/Berlin",
      "teams":[{"team":")" + team +
                               R"(","main":false}],
      "working_hours":[{"day":"mon","from":"09:00","to":"17:00"},{"day":"sun","from":"00:00","to":"23:59"}]})");
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.at("/permissions"), R"(["account_access","availability_management"])");
  EXPECT_EQ(made.at("/teams"), R"([{"team":")" + team + R"(","main":false}])");
  EXPECT_EQ(made.at("/capacity"), "7");
  EXPECT_EQ(made.at("/time_zone"), "Europe/Berlin");
  EXPECT_EQ(made.at("/working_hours/1"), R"({"day":"sun","from":"00:00","to":"23:59"})");
  EXPECT_EQ(passwords.back(), "long enough");
  EXPECT_EQ(made.answer.body.find("long enough"), std::string::npos);
  EXPECT_EQ(made.answer.body.find("password"), std::string::npos);
}

TEST_F(Users, ADayMayEndAtMidnight) {
  const auto made = as_ada("POST", "/v1/users", R"({"first_name":"Grace","last_name":"H","email":"g@acme.example","seat":"free",
      "working_hours":[{"day":"fri","from":"18:00","to":"24:00"}]})");
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.at("/working_hours/0/to"), "24:00");
}

TEST_F(Users, A27_ASpanMayEndOnTheNextDay) {
  const auto after = as_ada("PATCH", path("/v1/users/", acme.ben),
                            R"({"working_hours":[{"day":"fri","from":"22:00","to":"06:00"}],"time_zone":"Asia/Tokyo"})");
  ASSERT_EQ(after.status(), 200) << after.answer.body;
  EXPECT_EQ(after.at("/working_hours/0"), R"({"day":"fri","from":"22:00","to":"06:00"})");
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"working_hours":[{"day":"fri","from":"24:00","to":"06:00"}]})")
                .pointers(),
            list{"/working_hours/0/from"});
}

TEST_F(Users, A28_OutOfOfficeSpansAreShownInOrder) {
  const auto after = as_ada("PATCH", path("/v1/users/", acme.ben), R"({"out_of_office":[
      {"from":"2026-12-24T00:00:00+01:00","to":"2027-01-02T00:00:00+01:00","note":"holidays"},
      {"from":"2026-04-01T08:00:00Z","to":"2026-04-01T09:00:00Z","note":null}]})");
  ASSERT_EQ(after.status(), 200) << after.answer.body;
  EXPECT_EQ(after.at("/out_of_office"),
            R"([{"from":"2026-04-01T08:00:00.000Z","to":"2026-04-01T09:00:00.000Z","note":null},)"
            R"({"from":"2026-12-23T23:00:00.000Z","to":"2027-01-01T23:00:00.000Z","note":"holidays"}])");
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"capacity":1})").at("/out_of_office/1/note"), "holidays");
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"out_of_office":[]})").at("/out_of_office"), "[]");
  const auto wrong = as_ada("PATCH", path("/v1/users/", acme.ben), R"({"out_of_office":[
      {"from":"tomorrow","to":7},{},{"from":"2026-04-01T08:00:00Z","to":"2026-04-01T09:00:00Z","note":7}]})");
  EXPECT_EQ(wrong.pointers(), (list{"/out_of_office/0/from", "/out_of_office/0/to", "/out_of_office/1/from",
                                    "/out_of_office/1/to", "/out_of_office/2/note"}));
}

TEST_F(Users, WrongFieldsAreNamedExactly) {
  const auto wrong = [&](std::string fields) {
    return as_ada("PATCH", path("/v1/users/", acme.ben), "{" + std::move(fields) + "}").pointers();
  };
  EXPECT_EQ(wrong(R"("first_name":7,"last_name":null,"email":[],"time_zone":{},"active":"yes")"),
            (list{"/first_name", "/last_name", "/email", "/time_zone", "/active"}));
  EXPECT_EQ(wrong(R"("seat":"gold")"), list{"/seat"});
  EXPECT_EQ(wrong(R"("seat":1)"), list{"/seat"});
  EXPECT_EQ(wrong(R"("permissions":["account_access","king",3])"), (list{"/permissions/2", "/permissions/1"}));
  EXPECT_EQ(wrong(R"("permissions":"super_admin")"), list{"/permissions"});
  EXPECT_EQ(wrong(R"("teams":{"team":"x"})"), list{"/teams"});
  EXPECT_EQ(wrong(R"("teams":[{"main":true},{"team":"tem_x"},7,{"team":"tem_0000000000001","main":1}])"),
            (list{"/teams/2", "/teams/0/team", "/teams/1/team", "/teams/3/main"}));
  for (const auto* limits : {"5", "[]", "\"chat\"", R"({"sms":1})"})
    EXPECT_EQ(wrong(std::string{"\"capacity_by_type\":"} + limits), list{"/capacity_by_type"}) << limits;
  for (const auto* limit : {"-1", "100001", "null", "\"1\""})
    EXPECT_EQ(wrong(std::string{R"("capacity_by_type":{"chat":)"} + limit + "}"), list{"/capacity_by_type/chat"}) << limit;
  for (const auto* capacity : {"-1", "\"5\"", "1.5", "100001", "18446744073709551615", "1e400", "true", "[]"})
    EXPECT_EQ(wrong(std::string{"\"capacity\":"} + capacity), list{"/capacity"}) << capacity;
  EXPECT_EQ(
      wrong(R"("working_hours":[{"day":"monday","from":"9:00","to":"25:00"},{"day":"mon","from":"10:00","to":"10:00"},{}])"),
      (list{"/working_hours/0/day", "/working_hours/0/from", "/working_hours/0/to", "/working_hours/1/to", "/working_hours/2/day",
            "/working_hours/2/from", "/working_hours/2/to"}));
  for (const auto* clock : {"24:01", "aa:bb", "-1:00", "09.00", "12:60", "1:000", ""})
    EXPECT_EQ(wrong(std::string{R"("working_hours":[{"day":"mon","from":"00:00","to":")"} + clock + "\"}]"),
              list{"/working_hours/0/to"})
        << clock;
  EXPECT_EQ(wrong(R"("password":"1234567")"), list{"/password"});
  EXPECT_EQ(wrong("\"password\":\"" + std::string(1025, 'x') + '"'), list{"/password"});
  EXPECT_TRUE(changes.empty()) << "nothing of this reaches the account";
}

TEST_F(Users, AHostileBodyGetsABoundedAnswer) {
  std::string many = R"({"teams":[)";
  for (int i = 0; i < 900; ++i) many += i == 0 ? "7" : ",7";
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), many + "]}").pointers().size(), 100u);
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"first_name":")" + std::string(1 << 20, 'x') + "\"}").pointers(),
            list{"/first_name"});
  std::string hours = R"({"working_hours":[)";
  for (int i = 0; i < 10'000; ++i) hours += i == 0 ? "{}" : ",{}";
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), hours + "]}").pointers(), list{"/working_hours"});
}

TEST_F(Users, OfAMemberGivenTwiceTheLastCountsAndUnknownOnesAreIgnored) {
  const auto changed = as_ada("PATCH", path("/v1/users/", acme.ben),
                              R"({"first_name":7,"nonsense":{"a":[1]},"first_name":"Benjamin","id":"usr_x","version":99})");
  ASSERT_EQ(changed.status(), 200) << changed.answer.body;
  EXPECT_EQ(changed.at("/first_name"), "Benjamin");
  EXPECT_EQ(changed.at("/id"), to_text(acme.ben));
}

TEST_F(Users, ANulInANameIsRefusedByTheRules) {
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"first_name":"A\u0000B"})").pointers(), list{"/first_name"});
}

TEST_F(Users, PatchChangesWhatItNames) {
  const auto before = as_ada("GET", path("/v1/users/", acme.ben));
  const auto after = as_ada("PATCH", path("/v1/users/", acme.ben), R"({"capacity":3})");
  EXPECT_EQ(after.at("/capacity"), "3");
  EXPECT_EQ(after.at("/email"), before.at("/email"));
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"seat":"paid"})").at("/capacity"), "3");
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"capacity":null})").at("/capacity"), "null");
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"capacity":0})").at("/capacity"), "0");
  EXPECT_EQ(after.at("/capacity_by_type"), "{}");
  const auto limited = as_ada("PATCH", path("/v1/users/", acme.ben), R"({"capacity_by_type":{"chat":3,"email":0}})");
  EXPECT_EQ(limited.at("/capacity_by_type/chat"), "3");
  EXPECT_EQ(limited.at("/capacity_by_type/email"), "0");
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"capacity_by_type":null})").at("/capacity_by_type"), "{}");
  EXPECT_EQ(passwords.back(), std::nullopt);
}

TEST_F(Users, AStaleVersionIs412) {
  const auto version = as_ada("GET", path("/v1/users/", acme.ben)).header("etag");
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"capacity":3})", {{"if-match", version}}).status(), 200);
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"capacity":4})", {{"if-match", version}}).status(), 412);
  EXPECT_EQ(as_ada("DELETE", path("/v1/users/", acme.ben), {}, {{"if-match", version}}).status(), 412);
  EXPECT_NE(config().users.find(acme.ben), nullptr);
}

TEST_F(Users, DeletedOnesAreGone) {
  const auto gone = as_ada("DELETE", path("/v1/users/", acme.ben));
  EXPECT_EQ(gone.status(), 204);
  EXPECT_EQ(gone.answer.body, "");
  EXPECT_EQ(as_ada("GET", path("/v1/users/", acme.ben)).status(), 404);
  EXPECT_EQ(as_ada("DELETE", path("/v1/users/", acme.ben)).status(), 404);
  EXPECT_EQ(as_ada("DELETE", path("/v1/users/", acme.ada)).code(), "conflict") << "the last super_admin";
}

TEST_F(Users, UnknownForeignAndMalformedIdsAreNotFound) {
  const auto other = edge.add_company(2);
  for (const auto& id : {to_text(other.ada), to_text(user_id{1}), std::string{"usr_x"}, std::string{"%00"}, std::string{""},
                         std::string(1, '\0'), to_text(acme.inbox), std::string{"usr_OOOOOOOOOOOOO"}}) {
    for (const auto* method : {"GET", "PATCH", "DELETE"})
      EXPECT_EQ(as_ada(method, "/v1/users/" + id, "{}").status(), 404) << method << ' ' << id;
    EXPECT_EQ(as_ada("GET", "/v1/users/" + id + "/availability").status(), 404) << id;
    EXPECT_EQ(as_ada("PUT", "/v1/users/" + id + "/availability", R"({"status":"away"})").status(), 404) << id;
  }
}

TEST_F(Users, ListsArePagedInOrderOfCreation) {
  for (int i = 0; i < 7; ++i) add_user("Name" + std::to_string(i));
  std::vector<std::string> ids;
  std::string after;
  do {
    const auto page = as_ben("GET", "/v1/users?limit=4&after=" + after);
    EXPECT_LE(page.body().at("items").as_array().size(), 4u);
    const auto body = page.body();
    for (const auto& item : body.at("items").as_array()) ids.emplace_back(item.at("id").as_string().c_str());
    after = page.at("/next");
  } while (after != "null");
  list expected;
  for (const auto& one : config().users.ordered()) expected.push_back(to_text(one->id));
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(as_ben("GET", "/v1/users?limit=9").at("/next"), "null") << "exactly all: there is no next page";
}

TEST_F(Users, WrongListParametersAreNamed) {
  for (const auto* limit : {"0", "201", "-1", "x", "", "1x", "99999999999999999999"})
    EXPECT_EQ(as_ada("GET", std::string{"/v1/users?limit="} + limit).pointers(), list{"/limit"}) << limit;
  EXPECT_EQ(as_ada("GET", "/v1/users?limit=0&after=inb_0000000000001").pointers(), (list{"/limit", "/after"}));
  EXPECT_EQ(as_ada("GET", "/v1/users?limit=200&unknown=1").status(), 200);
}

TEST_F(Users, A29_AvailabilityIsReadAndSet) {
  EXPECT_EQ(as_ada("GET", path("/v1/users/", acme.ben, "/availability")).answer.body,
            R"({"status":"away","reason":"manual","until":null})");
  std::optional<time_point> until;
  user_id whose{}, asker{};
  edge.on_set_availability = [&](const principal& by, user_id of, presence status, std::optional<time_point> end) {
    until = end;
    whose = of;
    asker = *by.user;
    return outcome<availability>{availability{status, presence_reason::manual, end}};
  };
  EXPECT_EQ(as_ada("PUT", path("/v1/users/", acme.ben, "/availability"), R"({"status":"available"})").at("/status"), "available");
  EXPECT_EQ(whose, acme.ben);
  EXPECT_EQ(asker, acme.ada);
  EXPECT_EQ(until, std::nullopt);
  const auto set =
      as_ada("PUT", path("/v1/users/", acme.ben, "/availability"), R"({"status":"away","until":"2026-03-01T02:00:00+01:00"})");
  EXPECT_EQ(set.at("/until"), "2026-03-01T01:00:00.000Z");
  EXPECT_EQ(until, now + std::chrono::hours{1});
  EXPECT_EQ(as_ada("PUT", path("/v1/users/", acme.ben, "/availability"), R"({"status":"away","until":null})").status(), 200);
  EXPECT_EQ(until, std::nullopt);
}

TEST_F(Users, WrongAvailabilitiesAreNamed) {
  const auto wrong = [&](std::string body) {
    return as_ada("PUT", path("/v1/users/", acme.ben, "/availability"), std::move(body)).pointers();
  };
  EXPECT_EQ(wrong("{}"), list{"/status"});
  EXPECT_EQ(wrong(R"({"status":"asleep","until":"tomorrow"})"), (list{"/status", "/until"}));
  EXPECT_EQ(wrong(R"({"status":"away","until":7})"), list{"/until"});
  EXPECT_EQ(wrong(R"({"status":"away","until":"2026-03-01T00:00:00Z"})"), list{"/until"}) << "now is not the future";
  EXPECT_EQ(wrong(R"({"status":"away","until":"99999-01-01T00:00:00Z"})"), list{"/until"});
}

TEST_F(Users, A29_WhoMayNotSetAnothersIsRefused) {
  edge.on_set_availability = [](const principal&, user_id, presence, std::optional<time_point>) {
    return outcome<availability>{refuse(refusal_code::access_denied, "not yours")};
  };
  EXPECT_EQ(as_ben("PUT", path("/v1/users/", acme.ada, "/availability"), R"({"status":"away"})").status(), 403);
}

}  // namespace

}  // namespace signalbox
