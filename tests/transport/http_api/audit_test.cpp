#include "rules/audit.hpp"

#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

struct Audit : api_rig {
  Audit() {
    edge.on_read_audit = [this](const principal&, const audit_query& query) {
      asked = query;
      return outcome<page<audit_entry>>{kept};
    };
  }
  audit_query asked;
  page<audit_entry> kept;
};

TEST_F(Audit, EntriesShowWhoWhatBeforeAndAfter) {
  auto before = *config().channels.find(acme.first);
  auto after = before;
  after.name = "Other";
  after.assignment.enabled = true;
  kept.items.push_back({12, now, acme.ada, std::nullopt, acme.first, before, after, false});
  kept.items.push_back({11, now, std::nullopt, std::nullopt, acme.ben, std::nullopt, *config().users.find(acme.ben), true});
  kept.next = "11";
  const auto told = as_ada("GET", "/v1/audit");
  ASSERT_EQ(told.status(), 200) << told.answer.body;
  EXPECT_EQ(told.at("/items/0/id"), "12");
  EXPECT_EQ(told.at("/items/0/by/user"), to_text(acme.ada));
  EXPECT_EQ(told.at("/items/0/action"), "changed");
  EXPECT_EQ(told.at("/items/0/resource/type"), "channel");
  EXPECT_EQ(told.at("/items/0/resource/id"), to_text(acme.first));
  EXPECT_EQ(told.at("/items/0/before/name"), before.name);
  EXPECT_EQ(told.at("/items/0/after/name"), "Other");
  EXPECT_EQ(told.at("/items/0/after/assignment/enabled"), "true");
  EXPECT_EQ(told.at("/items/1/by/operator"), "true");
  EXPECT_EQ(told.at("/items/1/action"), "created");
  EXPECT_EQ(told.at("/items/1/before"), "null");
  EXPECT_EQ(told.at("/items/1/password_changed"), "true");
  EXPECT_EQ(told.at("/next"), "11");
}

TEST_F(Audit, WhereWebhooksGoIsForSuperAdminsAlone) {
  webhook hook;
  hook.id = {9};
  hook.url = "https://hooks.acme.example/secret";
  kept.items.push_back({12, now, acme.ada, std::nullopt, hook.id, std::nullopt, hook, false});
  EXPECT_EQ(as_ada("GET", "/v1/audit").at("/items/0/after/url"), hook.url);
  user_fields fields;
  fields.permissions = permissions{.account_access = true};
  change(update_user{acme.ben, fields, std::nullopt});
  const auto told = as_ben("GET", "/v1/audit");
  EXPECT_EQ(told.at("/items/0/resource/type"), "webhook");
  EXPECT_EQ(told.at("/items/0/after"), "null");
  EXPECT_EQ(told.answer.body.find("hooks.acme.example"), std::string::npos);
}

TEST_F(Audit, ItIsFilteredAndPaged) {
  EXPECT_EQ(as_ada("GET", "/v1/audit?limit=7&after=99&resource=" + to_text(acme.inbox) + "&user=" + to_text(acme.ben)).status(),
            200);
  EXPECT_EQ(asked.limit, 7u);
  EXPECT_EQ(asked.before, 99u);
  EXPECT_EQ(asked.resource, audited_id{acme.inbox});
  EXPECT_EQ(asked.user, acme.ben);
}

TEST_F(Audit, ContactsThatWereChangedByHandAreInIt) {
  contact before;
  before.id = {9};
  before.name = "Cleo";
  auto after = before;
  after.name = "Cleopatra";
  kept.items.push_back({13, now, acme.ada, std::nullopt, before.id, before, after, false});
  kept.items.push_back({12, now, acme.ada, std::nullopt, before.id, std::nullopt, before, false});
  contact redirect;
  redirect.id = before.id;
  redirect.merged_into = contact_id{8};
  kept.items.push_back({11, now, acme.ada, std::nullopt, before.id, after, redirect, false});
  const auto told = as_ada("GET", "/v1/audit?resource=" + to_text(before.id));
  EXPECT_EQ(asked.resource, audited_id{before.id});
  EXPECT_EQ(told.at("/items/0/resource/type"), "contact");
  EXPECT_EQ(told.at("/items/0/resource/id"), to_text(before.id));
  EXPECT_EQ(told.at("/items/0/before/name"), "Cleo");
  EXPECT_EQ(told.at("/items/0/after/name"), "Cleopatra");
  EXPECT_EQ(told.at("/items/1/action"), "created");
  EXPECT_EQ(told.at("/items/2/action"), "merged");
  EXPECT_EQ(told.at("/items/2/before/name"), "Cleopatra");
  EXPECT_EQ(told.at("/items/2/after/merged_into"), to_text(contact_id{8}));
}

TEST_F(Audit, WrongQueriesAreNamed) {
  const auto told = as_ada("GET", "/v1/audit?limit=0&after=x&resource=cnv_0000000000001&user=7");
  EXPECT_EQ(told.status(), 422);
  EXPECT_EQ(told.pointers(), (std::vector<std::string>{"/limit", "/after", "/resource", "/user"}));
}

TEST_F(Audit, OnlyWhoAdministersReadsIt) {
  EXPECT_EQ(as_ben("GET", "/v1/audit").code(), "access_denied");
  EXPECT_EQ(ask("connector-token", "GET", "/v1/audit").status(), 403);
  EXPECT_EQ(ask("", "GET", "/v1/audit").status(), 401);
}

}  // namespace
}  // namespace signalbox
