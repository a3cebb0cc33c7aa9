#include <chrono>

#include "tests/support/sample_zones.hpp"
#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

using list = std::vector<std::string>;

class BadInput : public api_rig {
protected:
  BadInput() { known_zones = &zones; }
  sample_zones zones;
};

TEST_F(BadInput, ACursorOfAnotherListIsInvalidAndSaysSo) {
  const auto inbox = path("/v1/inboxes/", acme.inbox, "/channels");
  const auto conversation = to_text(conversation_id{1});
  for (const auto& where :
       list{"/v1/users", "/v1/teams", "/v1/inboxes", "/v1/tokens", "/v1/webhooks", "/v1/contacts", "/v1/tickets", "/v1/pipelines",
            inbox, "/v1/audit", "/v1/events", "/v1/conversations/" + conversation + "/history"}) {
    const auto cursor = where == "/v1/inboxes" ? to_text(acme.ben) : to_text(acme.inbox);
    const auto no = as_ada("GET", where + "?after=" + cursor);
    EXPECT_EQ(no.status(), 422) << where << ' ' << no.answer.body;
    EXPECT_EQ(no.code(), "invalid") << where;
    EXPECT_EQ(no.pointers(), list{"/after"}) << where;
  }
  EXPECT_EQ(as_operator("GET", "/v1/accounts?after=" + to_text(acme.ben)).pointers(), list{"/after"});
  EXPECT_EQ(as_ada("GET", "/v1/conversations?after=" + std::string(1000, 'a')).pointers(), list{"/after"});
}

TEST_F(BadInput, ATimeIsFrom1970To9999OrInvalid) {
  const auto availability = path("/v1/users/", acme.ben, "/availability");
  const auto user = path("/v1/users/", acme.ben);
  const auto channel = path("/v1/channels/", acme.first);
  const list wrong{"0000-01-01T00:00:00Z",     "-001-01-01T00:00:00Z",         "-2026-03-01T00:00:00Z",
                   "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00+00:01",    "9999-12-31T23:59:59-23:59",
                   "10000-01-01T00:00:00Z",    "292277026596-12-04T15:30:08Z", "9999-12-31T00:00:00.001Z",
                   "+2026-03-01T00:00:00Z"};
  for (const auto& time : wrong) {
    const auto quoted = '"' + time + '"';
    EXPECT_EQ(as_ada("PUT", availability, R"({"status":"away","until":)" + quoted + '}').pointers(), list{"/until"}) << time;
    const auto span = [](const std::string& from, const std::string& to) {
      return R"({"out_of_office":[{"from":)" + from + R"(,"to":)" + to + "}]}";
    };
    EXPECT_EQ(as_ada("PATCH", user, span(quoted, R"("2030-01-01T00:00:00Z")")).pointers(), list{"/out_of_office/0/from"}) << time;
    EXPECT_EQ(as_ada("PATCH", user, span(R"("2030-01-01T00:00:00Z")", quoted)).pointers(), list{"/out_of_office/0/to"}) << time;
    const auto what_if = as_ada("POST", channel + "/assignment/what-if",
                                R"({"from":)" + quoted + R"(,"to":)" + quoted + R"(,"assignment":{"enabled":false}})");
    EXPECT_EQ(what_if.code(), "invalid") << time << what_if.answer.body;
  }
  for (const auto* day : {"0000-01-01", "-001-01-01", "1969-12-31", "10000-01-01", "9999-12-32"})
    EXPECT_EQ(
        as_ada("PATCH", channel, R"({"business_hours":{"time_zone":"Europe/Berlin","holidays":[")" + std::string{day} + R"("]}})")
            .pointers(),
        list{"/business_hours/holidays/0"})
        << day;
  EXPECT_TRUE(changes.empty());

  EXPECT_EQ(as_ada("PUT", availability, R"({"status":"away","until":"9999-12-31T00:00:00Z"})").at("/until"),
            "9999-12-31T00:00:00.000Z");
  const auto out = as_ada("PATCH", user, R"({"out_of_office":[{"from":"1970-01-01T00:00:00Z","to":"9999-12-31T00:00:00Z"}]})");
  EXPECT_EQ(out.status(), 200) << out.answer.body;
  EXPECT_EQ(out.at("/out_of_office/0/to"), "9999-12-31T00:00:00.000Z");
}

/// The listener takes no such body (http_listener_test); where it comes from elsewhere, it is named and kept nowhere.
TEST_F(BadInput, ANameOf10MBIsInvalidEverywhere) {
  const auto before = edge.configurations.at(acme.account);
  const std::string huge(10 << 20, 'n');
  const std::string body = R"({"name":")" + huge + R"(","type":"custom","kind":"user","access":{"mode":"everyone"}})";
  for (const auto& where : list{"/v1/inboxes", "/v1/teams", "/v1/tokens", path("/v1/inboxes/", acme.inbox, "/channels")})
    EXPECT_EQ(as_ada("POST", where, body).pointers(), list{"/name"}) << where;
  for (const auto& where : list{path("/v1/inboxes/", acme.inbox), path("/v1/channels/", acme.first)})
    EXPECT_EQ(as_ada("PATCH", where, body).pointers(), list{"/name"}) << where;
  EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"name":")" + huge + "\"}").pointers(), list{"/name"});
  EXPECT_EQ(as_ada("PATCH", path("/v1/users/", acme.ben), R"({"first_name":")" + huge + "\"}").pointers(), list{"/first_name"});
  EXPECT_EQ(edge.configurations.at(acme.account), before);
}

TEST_F(BadInput, ATimeZoneThatDoesNotExistIsInvalid) {
  const auto ben = path("/v1/users/", acme.ben), channel = path("/v1/channels/", acme.first);
  for (const auto& zone : list{"Mars/Phobos", "../../etc/passwd", "europe/berlin", "CEST", "+01:00"}) {
    EXPECT_EQ(as_ada("PATCH", ben, R"({"time_zone":")" + zone + "\"}").pointers(), list{"/time_zone"}) << zone;
    EXPECT_EQ(as_ada("PATCH", channel, R"({"business_hours":{"time_zone":")" + zone + R"(","hours":[]}})").pointers(),
              list{"/business_hours/time_zone"})
        << zone;
    EXPECT_EQ(as_ada("POST", "/v1/users",
                     R"({"first_name":"E","last_name":"F","email":"e@f.example","seat":"free","time_zone":")" + zone + "\"}")
                  .pointers(),
              list{"/time_zone"})
        << zone;
  }
  EXPECT_EQ(as_ada("PATCH", ben, R"({"time_zone":"Europe/Berlin"})").at("/time_zone"), "Europe/Berlin");
}

TEST_F(BadInput, TenThousandUsersInAnAccessListAreTooManyAndFiveThousandAreNot) {
  std::string half;
  for (int i = 0; i < 5'000; ++i) half += (i == 0 ? "\"" : ",\"") + to_text(add_user("user" + std::to_string(i))) + '"';
  const auto all = half + ',' + half;
  const auto where = path("/v1/inboxes/", acme.inbox, "/access");
  const auto put = [&](const std::string& users) {
    return as_ada("PUT", where, R"({"mode":"specific","users":[)" + users + "]}");
  };
  EXPECT_EQ(put(all).pointers(), list{"/users"});
  EXPECT_EQ(config().inboxes.find(acme.inbox)->access.mode, access_mode::everyone);
  EXPECT_EQ(as_ada("POST", "/v1/inboxes", R"({"name":"N","access":{"mode":"specific","users":[)" + all + "]}}").pointers(),
            list{"/access/users"});
  EXPECT_EQ(put(half).status(), 200);
  EXPECT_EQ(config().inboxes.find(acme.inbox)->access.users.size(), 5'000u);
}

}  // namespace
}  // namespace signalbox
