#include "rules/pipeline.hpp"
#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Tickets : public api_rig {
protected:
  using list = std::vector<std::string>;

  Tickets() {
    one.id = {500};
    one.inbox = acme.inbox;
    one.conversation = {501};
    one.contact = {502};
    one.pipeline = way().id;
    one.stage = way().stages[1].id;
    one.created_at = one.updated_at = now;
    one.version = 3;
    edge.on_read_ticket = [this](const principal& by, ticket_id which) -> outcome<ticket> {
      EXPECT_EQ(by.user, acme.ben);
      if (which != one.id) return refuse(refusal_code::not_found, "there is no such ticket");
      return one;
    };
    edge.on_open_ticket = [this](const principal&, conversation_id of, const ticket_fields& fields,
                                 const std::optional<std::string>& key) -> outcome<ticket> {
      EXPECT_EQ(of, one.conversation);
      last = fields;
      last_key = key;
      return one;
    };
    edge.on_change_ticket = [this](const principal&, ticket_id which, const ticket_fields& fields,
                                   maybe<version_number> if_match) -> outcome<ticket> {
      EXPECT_EQ(which, one.id);
      last = fields;
      last_if_match = if_match;
      return one;
    };
  }
  [[nodiscard]] const pipeline& way() const { return *default_pipeline_of(config()); }
  [[nodiscard]] std::string rule_path() { return path("/v1/channels/", acme.first, "/tickets"); }

  ticket one;
  ticket_fields last;
  std::optional<std::string> last_key;
  maybe<version_number> last_if_match;
};

TEST_F(Tickets, AreShownWhole) {
  one.owner = acme.ada;
  one.subject = "Parcel";
  const auto shown = as_ben("GET", path("/v1/tickets/", one.id));
  ASSERT_EQ(shown.status(), 200) << shown.answer.body;
  EXPECT_EQ(shown.header("etag"), "\"3\"");
  EXPECT_EQ(shown.at("/id"), to_text(one.id));
  EXPECT_EQ(shown.at("/inbox"), to_text(acme.inbox));
  EXPECT_EQ(shown.at("/conversation"), to_text(one.conversation));
  EXPECT_EQ(shown.at("/contact"), to_text(one.contact));
  EXPECT_EQ(shown.at("/subject"), "Parcel");
  EXPECT_EQ(shown.at("/pipeline"), to_text(one.pipeline));
  EXPECT_EQ(shown.at("/stage"), to_text(one.stage));
  EXPECT_EQ(shown.at("/status"), "open");
  EXPECT_EQ(shown.at("/owner"), to_text(acme.ada));
  EXPECT_EQ(shown.at("/version"), "3");
  one.owner.reset();
  one.subject.clear();
  one.stage = way().stages.back().id;
  const auto bare = as_ben("GET", path("/v1/tickets/", one.id));
  EXPECT_EQ(bare.at("/owner"), "null");
  EXPECT_EQ(bare.at("/subject"), "null");
  EXPECT_EQ(bare.at("/status"), "closed");
  EXPECT_EQ(as_ben("GET", "/v1/tickets/cnv_0000000000001").status(), 404);
  EXPECT_EQ(as_ben("GET", path("/v1/tickets/", ticket_id{9})).status(), 404);
}

TEST_F(Tickets, S3_AreMadeFromAConversation) {
  const auto made = as_ben("POST", "/v1/tickets",
                           R"({"conversation":")" + to_text(one.conversation) + R"(","subject":"Parcel","stage":")" +
                               to_text(one.stage) + R"(","owner":")" + to_text(acme.ada) + R"("})",
                           {{"Idempotency-Key", "k-1"}});
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.header("location"), "/v1/tickets/" + to_text(one.id));
  EXPECT_EQ(last.subject, "Parcel");
  EXPECT_EQ(last.stage, one.stage);
  EXPECT_FALSE(last.pipeline);
  EXPECT_EQ(last.owner, (ticket_owner_choice{ticket_owner::user, acme.ada}));
  EXPECT_EQ(last_key, "http /v1/tickets k-1");
  EXPECT_EQ(as_ben("POST", "/v1/tickets", "{}").pointers(), list{"/conversation"});
  EXPECT_EQ(as_ben("POST", "/v1/tickets",
                   R"({"conversation":7,"subject":[],"pipeline":"x","stage":"tkt_1","status":"half","owner":"nobody"})")
                .pointers(),
            (list{"/conversation", "/subject", "/pipeline", "/stage", "/status", "/owner"}));
}

TEST_F(Tickets, AreChangedWithIfMatch) {
  const auto where = path("/v1/tickets/", one.id);
  EXPECT_EQ(as_ben("PATCH", where, R"({"status":"closed","owner":null,"subject":null})", {{"If-Match", "\"3\""}}).status(), 200);
  EXPECT_EQ(last.status, ticket_status::closed);
  EXPECT_EQ(last.owner, (ticket_owner_choice{ticket_owner::none, {}}));
  EXPECT_EQ(last.subject, "");
  EXPECT_EQ(last_if_match, version_number{3});
  for (const auto* word : {"conversation_owner", "contact_owner", "none"}) {
    EXPECT_EQ(as_ben("PATCH", where, R"({"owner":")" + std::string{word} + R"("})").status(), 200);
    EXPECT_EQ(to_text(last.owner->kind), word);
  }
  EXPECT_EQ(as_ben("PATCH", where, R"({"owner":"user"})").pointers(), list{"/owner"});
  EXPECT_EQ(as_ben("PATCH", where, "{}").status(), 200);
  EXPECT_FALSE(last.owner);
}

TEST_F(Tickets, AreListedByWhatTheQuerySays) {
  ticket_query asked;
  edge.on_list_tickets = [&](const principal&, const ticket_query& query) -> outcome<page<ticket>> {
    asked = query;
    return page<ticket>{{one}, to_text(one.id)};
  };
  const auto found =
      as_ben("GET", "/v1/tickets?limit=1&status=closed&inbox=" + to_text(acme.inbox) + "&owner=" + to_text(acme.ada) +
                        "&pipeline=" + to_text(one.pipeline) + "&stage=" + to_text(one.stage) + "&after=" + to_text(one.id));
  ASSERT_EQ(found.status(), 200) << found.answer.body;
  EXPECT_EQ(found.at("/items/0/id"), to_text(one.id));
  EXPECT_EQ(found.at("/next"), to_text(one.id));
  EXPECT_EQ(asked.limit, 1u);
  EXPECT_EQ(asked.status, ticket_status::closed);
  EXPECT_EQ(asked.inbox, acme.inbox);
  EXPECT_EQ(asked.owner, acme.ada);
  EXPECT_EQ(asked.pipeline, one.pipeline);
  EXPECT_EQ(asked.stage, one.stage);
  EXPECT_EQ(asked.after, to_text(one.id));
  EXPECT_EQ(as_ben("GET", "/v1/tickets?status=half&owner=x&after=y").pointers(), (list{"/after", "/owner", "/status"}));
}

TEST_F(Tickets, S63_AChannelsRuleIsReadBackAsItWasPut) {
  const auto before = as_ben("GET", rule_path());
  EXPECT_EQ(before.at("/enabled"), "false");
  EXPECT_EQ(before.at("/pipeline"), to_text(way().id));
  EXPECT_EQ(before.at("/stage"), to_text(way().stages[0].id));
  EXPECT_EQ(before.at("/owner"), "conversation_owner");
  const auto set = as_ada("PUT", rule_path(),
                          R"({"enabled":true,"pipeline":")" + to_text(way().id) + R"(","stage":")" + to_text(way().stages[2].id) +
                              R"(","owner":")" + to_text(acme.ben) + R"("})",
                          {{"If-Match", "\"1\""}});
  ASSERT_EQ(set.status(), 200) << set.answer.body;
  EXPECT_EQ(set.at("/stage"), to_text(way().stages[2].id));
  EXPECT_EQ(set.at("/owner"), to_text(acme.ben));
  EXPECT_EQ(set.header("etag"), "\"2\"");
  EXPECT_EQ(as_ada("PUT", rule_path(), set.answer.body).status(), 200) << "as it was read";
  EXPECT_EQ(as_ada("PUT", rule_path(), R"({"enabled":true})", {{"If-Match", "\"1\""}}).status(), 412);
  EXPECT_EQ(as_ada("PUT", rule_path(), R"({"enabled":true,"pipeline":null,"stage":null,"owner":null})").at("/owner"), "none");
  EXPECT_EQ(as_ada("PUT", rule_path(), R"({"enabled":true})").at("/owner"), "conversation_owner") << "PUT is the whole";
}

TEST_F(Tickets, S64_ARuleThatNamesWhatThereIsNotIsInvalid) {
  EXPECT_EQ(as_ada("PUT", rule_path(), "{}").pointers(), list{"/enabled"});
  EXPECT_EQ(as_ada("PUT", rule_path(), R"({"enabled":1,"pipeline":"x","stage":7,"owner":"me"})").pointers(),
            (list{"/enabled", "/pipeline", "/stage", "/owner"}));
  EXPECT_EQ(as_ada("PUT", rule_path(), R"({"enabled":true,"pipeline":"pip_0000000000009"})").pointers(), list{"/pipeline"});
  EXPECT_EQ(as_ada("PUT", rule_path(), R"({"enabled":true,"stage":"stg_0000000000009"})").pointers(), list{"/stage"});
  EXPECT_EQ(as_ada("PUT", rule_path(), R"({"enabled":true,"owner":"usr_0000000000009"})").pointers(), list{"/owner"});
  EXPECT_EQ(as_ben("PUT", rule_path(), R"({"enabled":true})").code(), "access_denied");
  const auto other = edge.add_company(2);
  EXPECT_EQ(as_ada("PUT", path("/v1/channels/", other.first, "/tickets"), R"({"enabled":true})").status(), 404);
  EXPECT_EQ(as_ada("GET", path("/v1/channels/", other.first, "/tickets")).status(), 404);
}

TEST_F(Tickets, S64_PipelinesAreMadeChangedAndDeleted) {
  EXPECT_EQ(as_ben("GET", "/v1/pipelines").at("/items/0/default"), "true");
  const auto made =
      as_ada("POST", "/v1/pipelines", R"({"name":"Returns","stages":[{"name":"Asked"},{"name":"Back","closed":true}]})");
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  const auto where = made.header("location");
  EXPECT_EQ(as_ben("GET", where).answer.body, made.answer.body);
  EXPECT_EQ(made.at("/stages/1/closed"), "true");
  const auto back = made.at("/stages/1/id");
  const auto changed = as_ada("PATCH", where, R"({"stages":[{"id":")" + back + R"(","name":"Sent back","closed":true}]})",
                              {{"If-Match", made.header("etag")}});
  ASSERT_EQ(changed.status(), 200) << changed.answer.body;
  EXPECT_EQ(changed.at("/stages/0/id"), back);
  EXPECT_EQ(changed.at("/name"), "Returns");
  EXPECT_EQ(as_ada("PATCH", where, R"({"name":"x"})", {{"If-Match", made.header("etag")}}).status(), 412);
  EXPECT_EQ(as_ada("POST", "/v1/pipelines", R"({"name":7,"stages":[{"closed":1}]})").pointers(),
            (list{"/name", "/stages/0/name", "/stages/0/closed"}));
  EXPECT_EQ(as_ben("POST", "/v1/pipelines", R"({"name":"x","stages":[{"name":"a"}]})").code(), "access_denied");
  EXPECT_EQ(as_ada("DELETE", where, {}, {{"If-Match", made.header("etag")}}).status(), 412);
  EXPECT_EQ(as_ada("DELETE", where).status(), 204);
  EXPECT_EQ(as_ada("GET", where).status(), 404);
  EXPECT_EQ(as_ada("DELETE", path("/v1/pipelines/", way().id)).code(), "conflict");
}

}  // namespace

}  // namespace signalbox
