#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

class WebhooksApi : public api_rig {
protected:
  WebhooksApi() {
    const auto plain = edge.on_change;
    edge.on_change = [plain](const principal& by, const account_change& what, const std::optional<std::string>& password) {
      auto with = what;
      if (auto* made = std::get_if<create_webhook>(&with)) made->secret = "whsec_made";
      if (auto* rotated = std::get_if<rotate_webhook_secret>(&with)) rotated->secret = "whsec_rotated";
      return plain(by, with, password);
    };
  }
  std::string make(const std::string& more = "") {
    const auto made = as_ada("POST", "/v1/webhooks", R"({"url":"https://hooks.acme.example/in")" + more + "}");
    EXPECT_EQ(made.status(), 201) << made.answer.body;
    return made.at("/id");
  }
};

class PrivateWebhooksApi : public api_rig {
protected:
  PrivateWebhooksApi()
      : api_rig({}, [] {
          http_policy policy;
          policy.private_webhooks = true;
          return policy;
        }()) {}
};

TEST_F(WebhooksApi, AnAddressOfNoPublicNetworkIsRefusedWhenItIsSaved) {
  const auto made = make();
  for (const auto* url : {"http://127.0.0.1/in", " https://10.1.2.3:8443/in", "http://0x7f000001/", "http://[::1]/"}) {
    const auto body = R"({"url":")" + std::string{url} + "\"}";
    EXPECT_EQ(as_ada("POST", "/v1/webhooks", body).pointers(), std::vector<std::string>{"/url"}) << url;
    EXPECT_EQ(as_ada("PATCH", "/v1/webhooks/" + made, body).pointers(), std::vector<std::string>{"/url"}) << url;
  }
  EXPECT_EQ(as_ada("GET", "/v1/webhooks/" + made).at("/url"), "https://hooks.acme.example/in");
  EXPECT_EQ(as_ada("POST", "/v1/webhooks", R"({"url":"http://localhost/"})").status(), 201)
      << "names are looked up when delivered";
  EXPECT_EQ(as_ada("POST", "/v1/webhooks", R"({"url":"https://8.8.8.8/in"})").status(), 201);
}

TEST_F(PrivateWebhooksApi, TheOperatorMayAllowThem) {
  EXPECT_EQ(as_ada("POST", "/v1/webhooks", R"({"url":"http://127.0.0.1:8080/in"})").status(), 201);
}

TEST_F(WebhooksApi, TheSecretIsShownOnce) {
  const auto made =
      as_ada("POST", "/v1/webhooks",
             R"({"url":"https://hooks.acme.example/in","name":"Ledger","events":["message.created","message.status"]})");
  EXPECT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_TRUE(made.at("/id").starts_with("whk_"));
  EXPECT_EQ(made.at("/secret"), "whsec_made");
  EXPECT_EQ(made.at("/events"), R"(["message.created","message.status"])");
  EXPECT_EQ(made.at("/on"), "true");
  EXPECT_EQ(made.at("/paused_since"), "null");
  EXPECT_EQ(made.header("Location"), "/v1/webhooks/" + made.at("/id"));
  const auto read = as_ada("GET", "/v1/webhooks/" + made.at("/id"));
  EXPECT_EQ(read.status(), 200);
  EXPECT_EQ(read.at("/secret"), "absent");
  EXPECT_EQ(read.at("/name"), "Ledger");
  EXPECT_EQ(as_ada("GET", "/v1/webhooks").at("/items/0/id"), made.at("/id"));
  EXPECT_EQ(as_ada("GET", "/v1/webhooks").answer.body.find("whsec"), std::string::npos);
}

TEST_F(WebhooksApi, OnlySuperAdminsSeeThem) {
  const auto id = make();
  for (const auto* path : {"/v1/webhooks", "/v1/events"}) EXPECT_EQ(as_ben("GET", path).code(), "access_denied") << path;
  for (const auto& path : {"/v1/webhooks/" + id, "/v1/webhooks/" + id + "/deliveries"})
    EXPECT_EQ(as_ben("GET", path).code(), "access_denied") << path;
  EXPECT_EQ(as_ben("POST", "/v1/webhooks", R"({"url":"https://a.example"})").code(), "access_denied");
  EXPECT_EQ(as_ben("PATCH", "/v1/webhooks/" + id, R"({"on":false})").code(), "access_denied");
  EXPECT_EQ(as_ben("DELETE", "/v1/webhooks/" + id).code(), "access_denied");
  EXPECT_EQ(as_ben("POST", "/v1/webhooks/" + id + "/redeliver", R"({"status":"dead"})").code(), "access_denied");
  EXPECT_EQ(as_ben("POST", "/v1/webhooks/" + id + "/rotate-secret").code(), "access_denied");
}

TEST_F(WebhooksApi, EveryWrongPlaceIsNamed) {
  EXPECT_EQ(as_ada("POST", "/v1/webhooks", "{}").pointers(), std::vector<std::string>{"/url"});
  EXPECT_EQ(as_ada("POST", "/v1/webhooks", R"({"url":7,"events":["message.created","nonsense"],"on":"yes"})").pointers(),
            (std::vector<std::string>{"/url", "/events/1", "/on"}));
  EXPECT_EQ(as_ada("POST", "/v1/webhooks", R"({"url":"ftp://a.example"})").pointers(), std::vector<std::string>{"/url"});
  EXPECT_EQ(as_ada("POST", "/v1/webhooks", R"({"url":"https://a.example","events":"all"})").pointers(),
            std::vector<std::string>{"/events"});
}

TEST_F(WebhooksApi, AChangeNamesItsVersion) {
  const auto id = make();
  const auto off = as_ada("PATCH", "/v1/webhooks/" + id, R"({"on":false,"events":null})", {{"If-Match", "\"1\""}});
  EXPECT_EQ(off.status(), 200) << off.answer.body;
  EXPECT_EQ(off.at("/on"), "false");
  EXPECT_EQ(off.at("/version"), "2");
  EXPECT_EQ(as_ada("PATCH", "/v1/webhooks/" + id, R"({"on":true})", {{"If-Match", "\"1\""}}).code(), "version_conflict");
  EXPECT_EQ(as_ada("DELETE", "/v1/webhooks/" + id, "", {{"If-Match", "\"1\""}}).code(), "version_conflict");
  EXPECT_EQ(as_ada("DELETE", "/v1/webhooks/" + id, "", {{"If-Match", "\"2\""}}).status(), 204);
  EXPECT_EQ(as_ada("GET", "/v1/webhooks/" + id).code(), "not_found");
  EXPECT_EQ(as_ada("DELETE", "/v1/webhooks/" + id).code(), "not_found");
}

TEST_F(WebhooksApi, ARotatedSecretIsShownOnce) {
  const auto id = make();
  const auto path = "/v1/webhooks/" + id;
  EXPECT_EQ(as_ada("GET", path).at("/previous_secret_until"), "null");
  const auto rotated = as_ada("POST", path + "/rotate-secret", "", {{"If-Match", "\"1\""}});
  EXPECT_EQ(rotated.status(), 200) << rotated.answer.body;
  EXPECT_EQ(rotated.at("/id"), id);
  EXPECT_EQ(rotated.at("/secret"), "whsec_rotated");
  EXPECT_EQ(rotated.at("/version"), "2");
  EXPECT_NE(rotated.at("/previous_secret_until"), "null");
  const auto read = as_ada("GET", path);
  EXPECT_EQ(read.at("/secret"), "absent");
  EXPECT_EQ(read.at("/previous_secret_until"), rotated.at("/previous_secret_until"));
  EXPECT_EQ(read.answer.body.find("whsec"), std::string::npos);
  EXPECT_EQ(as_ada("POST", path + "/rotate-secret", "", {{"If-Match", "\"1\""}}).code(), "version_conflict");
  EXPECT_EQ(as_ada("POST", "/v1/webhooks/whk_0000000000001/rotate-secret").code(), "not_found");
}

TEST_F(WebhooksApi, APausedOneIsResumed) {
  const auto id = make();
  auto& current = edge.configurations.at(acme.account);
  const auto which = parse_id<webhook_id>(id).value();
  auto done = apply(*current, pause_webhook{which, "it failed for long"}, {{}, now, [this] { return next_id++; }, {}});
  current = std::make_shared<const account_config>(std::move(std::get<applied_change>(done).config));
  EXPECT_EQ(as_ada("GET", "/v1/webhooks/" + id).at("/paused_reason"), "it failed for long");
  EXPECT_NE(as_ada("GET", "/v1/webhooks/" + id).at("/paused_since"), "null");
  EXPECT_EQ(as_ada("PATCH", "/v1/webhooks/" + id, R"({"paused":true})").pointers(), std::vector<std::string>{"/paused"});
  const auto resumed = as_ada("PATCH", "/v1/webhooks/" + id, R"({"paused":false})");
  EXPECT_EQ(resumed.at("/paused_since"), "null");
  EXPECT_EQ(resumed.at("/paused_reason"), "null");
}

TEST_F(WebhooksApi, DeliveriesAreListed) {
  const auto id = make();
  webhook_deliveries_query asked;
  edge.on_list_webhook_deliveries = [&](const principal&, webhook_id, const webhook_deliveries_query& query) {
    asked = query;
    webhook_delivery one;
    one.place = 15;
    one.what = happening::message_created;
    one.conversation = {3};
    one.state = webhook_delivery_state::dead;
    one.attempts = 12;
    one.first_at = now;
    one.http_status = 500;
    webhook_delivery other;
    other.place = 13;
    other.what = happening::availability_changed;
    other.error = "no answer";
    return page<webhook_delivery>{{one, other}, to_text(account_event_id{13})};
  };
  const auto listed = as_ada("GET", "/v1/webhooks/" + id + "/deliveries?status=dead&limit=2&after=evt_000000000000Z");
  EXPECT_EQ(listed.status(), 200) << listed.answer.body;
  EXPECT_EQ(asked.state, webhook_delivery_state::dead);
  EXPECT_EQ(asked.limit, 2u);
  EXPECT_EQ(asked.before, account_event_id{31});
  EXPECT_EQ(listed.at("/items/0/delivery"), "evt_000000000000F");
  EXPECT_EQ(listed.at("/items/0/position"), "7");
  EXPECT_EQ(listed.at("/items/0/status"), "dead");
  EXPECT_EQ(listed.at("/items/0/http_status"), "500");
  EXPECT_EQ(listed.at("/items/0/attempts"), "12");
  EXPECT_EQ(listed.at("/items/0/error"), "null");
  EXPECT_EQ(listed.at("/items/1/conversation"), "null");
  EXPECT_EQ(listed.at("/items/1/http_status"), "null");
  EXPECT_EQ(listed.at("/items/1/error"), "no answer");
  EXPECT_EQ(listed.at("/next"), "evt_000000000000D");
  EXPECT_EQ(as_ada("GET", "/v1/webhooks/" + id + "/deliveries?status=lost").pointers(), std::vector<std::string>{"/status"});
  EXPECT_EQ(as_ada("GET", "/v1/webhooks/whk_0000000000001/deliveries").code(), "not_found");
}

TEST_F(WebhooksApi, RedeliveriesNameOneThing) {
  const auto id = make();
  std::vector<redelivery> asked;
  edge.on_redeliver = [&](const principal&, webhook_id, const redelivery& what) {
    asked.push_back(what);
    return what.from ? std::optional<std::size_t>{} : std::optional<std::size_t>{3};
  };
  const auto path = "/v1/webhooks/" + id + "/redeliver";
  EXPECT_EQ(as_ada("POST", path, R"({"delivery":"evt_000000000000F"})").at("/deliveries"), "3");
  EXPECT_EQ(as_ada("POST", path, R"({"from":7})").at("/deliveries"), "null");
  EXPECT_EQ(as_ada("POST", path, R"({"status":"dead"})").status(), 202);
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[0].one, account_event_id{15});
  EXPECT_EQ(asked[1].from, 7u);
  EXPECT_TRUE(!asked[2].one && !asked[2].from);
  for (const auto* bad : {"{}", R"({"delivery":"evt_000000000000F","from":7})", R"({"status":"pending"})", R"({"from":-1})",
                          R"({"delivery":"whk_000000000000F"})"})
    EXPECT_EQ(as_ada("POST", path, bad).code(), "invalid") << bad;
  EXPECT_EQ(asked.size(), 3u);
}

TEST_F(WebhooksApi, EventsArePulledByCursor) {
  account_events_query asked;
  edge.on_read_account_events = [&](const principal&, const account_events_query& query) {
    asked = query;
    account_event one;
    one.what = happening::message_created;
    one.of.what.kind = event_kind::message;
    one.of.what.account = acme.account;
    one.of.what.conversation = {3};
    one.of.what.position = 7;
    one.of.what.at = now;
    one.of.what.body = R"("from":{"id":"visitor"},"text":"hi")";
    return account_events_page{{one}, 15, true};
  };
  const auto first = as_ada("GET", "/v1/events");
  EXPECT_EQ(first.status(), 200) << first.answer.body;
  EXPECT_FALSE(asked.after || asked.newest);
  EXPECT_EQ(first.at("/items/0/id"), "evt_000000000000F");
  EXPECT_EQ(first.at("/items/0/type"), "message.created");
  EXPECT_EQ(first.at("/items/0/position"), "7");
  EXPECT_EQ(first.at("/items/0/account"), to_text(acme.account));
  EXPECT_EQ(first.at("/items/0/data/message/text"), "hi");
  EXPECT_EQ(first.at("/more"), "true");
  (void)as_ada("GET", "/v1/events?limit=3&types=message.created,message.status&after=" + first.at("/next"));
  EXPECT_EQ(asked.after, 15u);
  EXPECT_EQ(asked.limit, 3u);
  EXPECT_EQ(asked.types, (std::vector{happening::message_created, happening::message_status}));
  (void)as_ada("GET", "/v1/events?after=newest");
  EXPECT_TRUE(asked.newest);
  EXPECT_EQ(asked.wait, milliseconds{0});
  (void)as_ada("GET", "/v1/events?after=newest&wait=30");
  EXPECT_EQ(asked.wait, milliseconds{30'000});
  for (const auto* bad : {"31", "-1", "1.5", "5s", ""})
    EXPECT_EQ(as_ada("GET", std::string{"/v1/events?wait="} + bad).pointers(), std::vector<std::string>{"/wait"}) << bad;
  EXPECT_EQ(as_ada("GET", "/v1/events?after=yesterday").pointers(), std::vector<std::string>{"/after"});
  EXPECT_EQ(as_ada("GET", "/v1/events?types=message.sent").pointers(), std::vector<std::string>{"/types"});
  EXPECT_EQ(as_ada("GET", "/v1/events?limit=1000").pointers(), std::vector<std::string>{"/limit"});
}

}  // namespace
}  // namespace signalbox
