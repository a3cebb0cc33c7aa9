#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Accounts : public api_rig {
protected:
  static constexpr auto acme_body =
      R"({"name":"Acme","subdomain":"acme","plan":"professional","admin":{"first_name":"Ada","last_name":"L","email":"a@acme.example","password":"long enough"}})";
};

TEST_F(Accounts, FoundingGivesTheAccountItsInboxItsUserAndASession) {
  new_account seen;
  std::string seen_password;
  edge.on_found_account = [&](const new_account& wanted, const std::string& password) -> outcome<account_founded> {
    seen = wanted;
    seen_password = password;
    return account_founded{edge.configurations.at(acme.account), acme.inbox, acme.ada, "sbx_secret"};
  };
  const auto made = as_operator("POST", "/v1/accounts", acme_body);
  EXPECT_EQ(made.status(), 201);
  EXPECT_EQ(seen.name, "Acme");
  EXPECT_EQ(seen.subdomain, "acme");
  EXPECT_EQ(seen.plan, plan::professional);
  EXPECT_EQ(seen.admin.email, "a@acme.example");
  EXPECT_EQ(seen_password, "long enough");
  EXPECT_EQ(made.at("/account/id"), to_text(acme.account));
  EXPECT_EQ(made.at("/inbox/id"), to_text(acme.inbox));
  EXPECT_EQ(made.at("/inbox/default"), "true");
  EXPECT_EQ(made.at("/user/id"), to_text(acme.ada));
  EXPECT_EQ(made.at("/token"), "sbx_secret");
}

TEST_F(Accounts, EveryWrongPlaceIsNamedAtOnce) {
  using list = std::vector<std::string>;
  EXPECT_EQ(as_operator("POST", "/v1/accounts", "{}").pointers(), (list{"/name", "/subdomain", "/plan", "/admin"}));
  EXPECT_EQ(as_operator("POST", "/v1/accounts", R"({"name":7,"subdomain":null,"plan":"golden","admin":[]})").pointers(),
            (list{"/name", "/subdomain", "/plan", "/admin"}));
  EXPECT_EQ(as_operator("POST", "/v1/accounts",
                        R"({"name":"A","subdomain":"a","plan":"free","admin":{"password":"short","email":true}})")
                .pointers(),
            (list{"/admin/first_name", "/admin/last_name", "/admin/email", "/admin/password"}));
}

TEST_F(Accounts, RefusalsOfTheEdgeComeThrough) {
  edge.on_found_account = [](const new_account&, const std::string&) -> outcome<account_founded> {
    return invalid_field("/subdomain", "is taken");
  };
  const auto no = as_operator("POST", "/v1/accounts", acme_body);
  EXPECT_EQ(no.status(), 422);
  EXPECT_EQ(no.pointers(), std::vector<std::string>{"/subdomain"});
}

TEST_F(Accounts, TheOperatorListsThemPageByPage) {
  for (std::uint64_t number = 2; number <= 5; ++number) edge.add_company(number);
  const auto all = as_operator("GET", "/v1/accounts");
  ASSERT_EQ(all.body().at("items").as_array().size(), 5u);
  EXPECT_EQ(all.at("/next"), "null");
  std::vector<std::string> ids;
  std::string after;
  do {
    const auto page = as_operator("GET", "/v1/accounts?limit=2&after=" + after);
    const auto body = page.body();
    for (const auto& item : body.at("items").as_array()) ids.emplace_back(item.at("id").as_string().c_str());
    after = page.at("/next");
  } while (after != "null");
  EXPECT_EQ(ids.size(), 5u);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], all.at("/items/" + std::to_string(i) + "/id"));
}

TEST_F(Accounts, TheAccountIsReadByItsUsers) {
  const auto read = as_ben("GET", "/v1/account");
  EXPECT_EQ(read.status(), 200);
  EXPECT_EQ(read.at("/id"), to_text(acme.account));
  EXPECT_EQ(read.at("/plan"), to_text(config().account.plan));
  EXPECT_EQ(read.header("etag"), '"' + read.at("/version") + '"');
}

TEST_F(Accounts, NameAndPlanAreChanged) {
  const auto changed = as_ada("PATCH", "/v1/account", R"({"plan":"enterprise"})");
  EXPECT_EQ(changed.status(), 200);
  EXPECT_EQ(changed.at("/plan"), "enterprise");
  EXPECT_EQ(config().account.plan, plan::enterprise);
  EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"name":"New"})").at("/name"), "New");
  EXPECT_EQ(config().account.plan, plan::enterprise);
  EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"plan":3})").pointers(), std::vector<std::string>{"/plan"});
  EXPECT_EQ(as_ben("PATCH", "/v1/account", R"({"plan":"free"})").code(), "access_denied");
}

TEST_F(Accounts, AStaleIfMatchChangesNothing) {
  const auto version = as_ada("GET", "/v1/account").header("etag");
  EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"name":"One"})", {{"If-Match", version}}).status(), 200);
  for (const auto& stale : {version, std::string{"0"}, std::string{"\"99\""}, std::string{"W/\"1\""}, std::string{"x"},
                            std::string{"-1"}, std::string{"99999999999999999999999"}, std::string{}}) {
    const auto no = as_ada("PATCH", "/v1/account", R"({"name":"Two"})", {{"If-Match", stale}});
    EXPECT_EQ(no.status(), 412) << stale;
    EXPECT_EQ(no.code(), "version_conflict") << stale;
  }
  EXPECT_EQ(config().account.name, "One");
  const auto now_at = std::to_string(config().account.version);
  EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"name":"Three"})", {{"If-Match", now_at}}).status(), 200);
  EXPECT_EQ(as_ada("PATCH", "/v1/account", R"({"name":"Four"})", {{"If-Match", "*"}}).status(), 200);
}

}  // namespace

}  // namespace signalbox
