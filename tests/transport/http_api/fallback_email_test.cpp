#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class FallbackEmail : public api_rig {
protected:
  using list = std::vector<std::string>;

  FallbackEmail() {
    // What app/ does: the account sees hashes, here of a kind.
    edge.on_change = [inner = edge.on_change](const principal& by, const account_change& what,
                                              const std::optional<std::string>& password) {
      auto filled = what;
      if (auto* wanted = std::get_if<verify_address>(&filled)) {
        if (wanted->code) wanted->code_hash = "#" + *wanted->code;
        wanted->fresh_code = "CODE";
        wanted->fresh_hash = "#CODE";
      }
      return inner(by, filled, password);
    };
  }
  [[nodiscard]] std::string where(std::string_view after = "") {
    return path("/v1/inboxes/", acme.inbox, "/fallback-email") + std::string{after};
  }
  [[nodiscard]] static std::string body(std::string_view more = "") {
    return R"({"from_name":{"mode":"agent_and_company","company":"Acme Bakery"})" + std::string{more} + "}";
  }
  [[nodiscard]] const fallback_email& now_set() const { return config().inboxes.find(acme.inbox)->fallback; }
};

TEST_F(FallbackEmail, S5_S37_IsThereFromTheStartWithItsForwardingAddress) {
  const auto shown = as_ben("GET", where());
  ASSERT_EQ(shown.status(), 200) << shown.answer.body;
  EXPECT_EQ(shown.at("/address"), "support@acme.inbox.signalbox.example");
  EXPECT_EQ(shown.at("/send"), "true");
  EXPECT_EQ(shown.at("/from_name/mode"), "agent_and_company");
  EXPECT_EQ(shown.at("/from_name/company"), "Acme");
  EXPECT_EQ(shown.at("/from_address/mode"), "default");
  EXPECT_EQ(shown.at("/from_address/custom"), "null");
  EXPECT_EQ(shown.at("/from_address/verified"), "false");
  EXPECT_EQ(shown.at("/signature/html"), "");
  EXPECT_EQ(shown.at("/original_sender"), "true") << "S44";
  EXPECT_EQ(shown.body().at("receives").as_array().size(), 3u) << "S35: both domains, and the forwarding address";
  EXPECT_NE(shown.at("/forwarding_address").find("@inbox.signalbox.example"), std::string::npos);
  EXPECT_EQ(shown.header("etag"), '"' + shown.at("/version") + '"');
}

TEST_F(FallbackEmail, IsReplacedAsAWholeWithWhatItWasReadAs) {
  const auto set =
      as_ada("PUT", where(), body(R"(,"send":false,"original_sender":false,"signature":{"html":"<b>Bye</b>","on":true},
                                                 "forwarding_address":"mine@acme.example","address":"mine@acme.example")"));
  ASSERT_EQ(set.status(), 200) << set.answer.body;
  EXPECT_EQ(set.at("/send"), "false");
  EXPECT_EQ(set.at("/signature/html"), "<b>Bye</b>");
  EXPECT_EQ(set.at("/signature/on"), "true");
  EXPECT_NE(set.at("/forwarding_address"), "mine@acme.example") << "S37: read-only";
  const auto read = as_ada("GET", where());
  EXPECT_EQ(read.answer.body, set.answer.body);
  const auto again = as_ada("PUT", where(), read.answer.body, {{"If-Match", read.header("etag")}});
  EXPECT_EQ(again.status(), 200) << "S31";
  EXPECT_EQ(again.header("etag"), read.header("etag")) << "it was all so before";
  EXPECT_EQ(as_ada("PUT", where(), body()).at("/send"), "true");
  EXPECT_EQ(as_ada("PUT", where(), body(), {{"If-Match", read.header("etag")}}).code(), "version_conflict");
}

TEST_F(FallbackEmail, WrongFieldsAreNamedExactly) {
  const auto wrong = [&](std::string text) { return as_ada("PUT", where(), std::move(text)).pointers(); };
  EXPECT_EQ(wrong("{}"), list{"/from_name"});
  EXPECT_EQ(wrong(R"({"from_name":{}})"), (list{"/from_name/mode", "/from_name/company"}));
  EXPECT_EQ(wrong(R"({"send":1,"from_name":{"mode":"both","company":7},"from_address":[],"signature":{"on":"yes","html":{}}})"),
            (list{"/send", "/from_name/mode", "/from_name/company", "/from_address", "/signature/on", "/signature/html"}));
  EXPECT_EQ(wrong(R"({"from_name":{"mode":"company","company":" "}})"), list{"/from_name/company"});
  EXPECT_EQ(wrong(body(R"(,"from_address":{"mode":"custom"})")), list{"/from_address/custom"});
  EXPECT_EQ(wrong(body(R"(,"from_address":{"custom":null})")), list{"/from_address/mode"});
  EXPECT_EQ(wrong(body(R"(,"signature":{"html":")" + std::string(33'000, 'x') + "\"}")), list{"/signature/html"});
  std::string tags;
  for (int i = 0; i < 600; ++i) tags += "<i>";
  EXPECT_EQ(wrong(body(R"(,"signature":{"html":")" + tags + "\"}")), list{"/signature/html"});
  EXPECT_EQ(now_set().version, 1u);
}

TEST_F(FallbackEmail, S17_OnlyAdministratorsChangeItAndWhoMayViewTheInboxSeesIt) {
  EXPECT_EQ(as_ben("PUT", where(), body()).code(), "access_denied");
  EXPECT_EQ(as_ben("POST", where("/verify"), R"({"address":"a@b.example"})").code(), "access_denied");
  change(set_access{acme.inbox, {access_mode::specific, {}, {}, 1}, std::nullopt});
  EXPECT_EQ(as_ben("GET", where()).code(), "access_denied");
  EXPECT_EQ(as_ben("POST", where("/preview"), body()).code(), "access_denied");
  EXPECT_EQ(as_ada("PUT", where(), body()).status(), 200);
}

TEST_F(FallbackEmail, S30_ATakenFromNameIsRefused) {
  change(create_inbox{"Sales", {}});
  const auto other = path("/v1/inboxes/", inbox_id{next_id - 1}, "/fallback-email");
  ASSERT_EQ(as_ada("PUT", other, body()).status(), 200);
  const auto no = as_ada("PUT", where(), R"({"from_name":{"mode":"agent_and_company","company":" ACME bakery "}})");
  EXPECT_EQ(no.status(), 409);
  EXPECT_EQ(no.code(), "from_name_taken");
}

TEST_F(FallbackEmail, S36_ACustomAddressIsVerifiedThenSaved) {
  const std::string custom = body(R"(,"from_address":{"mode":"custom","custom":"help@shop.example"})");
  EXPECT_EQ(as_ada("PUT", where(), custom).code(), "address_unverified");
  EXPECT_EQ(as_ada("POST", where("/verify"), R"({"address":"nobody"})").pointers(), list{"/address"});
  EXPECT_EQ(as_ada("POST", where("/verify"), "{}").pointers(), list{"/address"});
  const auto asked = as_ada("POST", where("/verify"), R"({"address":"help@shop.example"})");
  EXPECT_EQ(asked.status(), 200);
  EXPECT_EQ(asked.answer.body, R"({"verified":false})") << "the code goes to the address alone";
  EXPECT_EQ(as_ada("POST", where("/verify"), R"({"address":"help@shop.example","code":"GUESS"})").at("/verified"), "false");
  EXPECT_EQ(as_ada("POST", where("/verify"), R"({"address":"help@shop.example","code":"CODE"})").at("/verified"), "true");
  const auto set = as_ada("PUT", where(), custom);
  EXPECT_EQ(set.at("/address"), "help@shop.example");
  EXPECT_EQ(set.at("/from_address/verified"), "true");
  EXPECT_EQ(as_ada("POST", where("/verify"), R"({"address":"support@acme.inbox.signalbox.example"})").at("/verified"), "true")
      << "its own subdomain needs no code";
  EXPECT_EQ(as_ada("POST", where("/verify"), R"({"address":"other@shop.example"})").at("/verified"), "false");
  EXPECT_EQ(as_ada("POST", where("/verify"), R"({"address":"third@shop.example"})").status(), 429) << "a mail a minute";
}

TEST_F(FallbackEmail, S41_TheSignatureIsSanitisedWhenItIsSavedAndWhenItIsShown) {
  const std::string hostile = R"(<p onclick=\"a()\">Bye<script>alert(1)</script> <a href=\"javascript:a()\">x</a></p>)";
  const auto set = as_ada("PUT", where(), body(R"(,"signature":{"html":")" + hostile + "\"}"));
  EXPECT_EQ(set.at("/signature/html"), "<p>Bye <a>x</a></p>");
  EXPECT_EQ(now_set().signature_html, "<p>Bye <a>x</a></p>");
  // As a version before may have saved it.
  set_fallback_email old;
  old.inbox = acme.inbox;
  old.company = "Acme";
  old.signature_html = "<img src=x onerror=a()>Bye";
  change(old);
  EXPECT_EQ(as_ada("GET", where()).at("/signature/html"), "<img>Bye");
}

TEST_F(FallbackEmail, S43_APreviewShowsAndChangesNothing) {
  const std::string fields = R"(,"from_address":{"mode":"custom","custom":"new@shop.example"},
                                "signature":{"html":"<p>{{full_name}}<script>a()</script></p>","on":true})";
  const auto before = config().revision;
  const auto shown = as_ada("POST", where("/preview"), body(fields + R"(,"user":")" + to_text(acme.ben) + '"'));
  ASSERT_EQ(shown.status(), 200) << shown.answer.body;
  EXPECT_EQ(shown.at("/from_name"), "Ben from Acme Bakery") << "S28";
  EXPECT_EQ(shown.at("/from_address"), "new@shop.example") << "verified or not: nothing is sent";
  EXPECT_EQ(shown.at("/signature_html"), "<p>Ben Test</p>") << "S42";
  EXPECT_EQ(config().revision, before);
  EXPECT_TRUE(changes.empty());
  const auto mine = as_ben("POST", where("/preview"), R"({"from_name":{"mode":"company","company":"Acme"}})");
  EXPECT_EQ(mine.at("/from_name"), "Acme") << "S29";
  EXPECT_EQ(mine.at("/from_address"), "support@acme.inbox.signalbox.example");
  EXPECT_EQ(mine.at("/signature_html"), "null") << "S39";
  EXPECT_EQ(as_ada("POST", where("/preview"), body(R"(,"user":"usr_0000000000001")")).pointers(), list{"/user"});
  EXPECT_EQ(as_ada("POST", where("/preview"), R"({"from_name":{"mode":"company","company":" "}})").pointers(),
            list{"/from_name/company"});
}

TEST_F(FallbackEmail, A49_FiltersAreReadAndReplaced) {
  const auto filters = path("/v1/inboxes/", acme.inbox, "/filters");
  const auto shown = as_ben("GET", filters);
  EXPECT_EQ(shown.answer.body, R"({"allow":[],"deny":[],"automated_responses":true,"own_addresses":true,"version":1})");
  EXPECT_EQ(as_ben("PUT", filters, "{}").code(), "access_denied");
  const auto set = as_ada("PUT", filters, R"({"allow":["Ada@B.example"],"deny":["spam.example"],"own_addresses":false})",
                          {{"If-Match", shown.header("etag")}});
  EXPECT_EQ(
      set.answer.body,
      R"({"allow":["ada@b.example"],"deny":["spam.example"],"automated_responses":true,"own_addresses":false,"version":2})");
  EXPECT_EQ(as_ada("PUT", filters, "{}", {{"If-Match", shown.header("etag")}}).status(), 412);
  EXPECT_EQ(as_ada("PUT", filters, R"({"allow":"x","deny":[7,"no domain"],"own_addresses":0})").pointers(),
            (list{"/allow", "/deny/0", "/own_addresses"}));
  EXPECT_EQ(as_ada("PUT", filters, R"({"deny":["fine.example","no domain"]})").pointers(), list{"/deny/1"});
}

TEST_F(FallbackEmail, A4_AnEmailChannelMayNameItsAddress) {
  const auto channels = path("/v1/inboxes/", acme.inbox, "/channels");
  EXPECT_EQ(as_ada("POST", channels, R"({"type":"email","name":"Mail"})").status(), 201);
  const auto made = as_ada("POST", channels, R"({"type":"email","name":"Mail","address":"Help@shop.example"})");
  ASSERT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.at("/address"), "Help@shop.example");
  const auto no = as_ada("POST", channels, R"({"type":"email","name":"Mail","address":"help@shop.example"})");
  EXPECT_EQ(no.status(), 409);
  EXPECT_EQ(no.code(), "address_taken");
  EXPECT_EQ(as_ada("PATCH", made.header("location"), R"({"authorized":false})").at("/authorized"), "false") << "S23";
  EXPECT_EQ(as_ben("PATCH", made.header("location"), R"({"authorized":true})").code(), "access_denied") << "A2";
}

TEST_F(FallbackEmail, TheOutboxIsTheOperators) {
  edge.on_list_outgoing_mails = [](const principal&, std::size_t limit, std::uint64_t after) {
    page<outgoing_mail> found;
    found.items.push_back({after + limit, "a@b.example", "Your code", "is \"1\"", time_point{}});
    found.next = "msg_0000000000009";
    return outcome<page<outgoing_mail>>{std::move(found)};
  };
  EXPECT_EQ(as_ada("GET", "/v1/outbox/mails").status(), 403);
  EXPECT_EQ(ask("", "GET", "/v1/outbox/mails").status(), 401);
  const auto shown = as_operator("GET", "/v1/outbox/mails?limit=2&after=msg_0000000000001");
  EXPECT_EQ(shown.at("/items/0/id"), "msg_0000000000003");
  EXPECT_EQ(shown.at("/items/0/to"), "a@b.example");
  EXPECT_EQ(shown.at("/items/0/text"), "is \"1\"");
  EXPECT_EQ(shown.at("/next"), "msg_0000000000009");
  EXPECT_EQ(as_operator("GET", "/v1/outbox/mails?after=x").pointers(), list{"/after"});
}

TEST_F(FallbackEmail, AnotherAccountsAreNotFound) {
  const auto other = edge.add_company(2);
  for (const auto& [method, after] : {std::pair{"GET", "/fallback-email"},
                                      {"PUT", "/fallback-email"},
                                      {"GET", "/filters"},
                                      {"PUT", "/filters"},
                                      {"POST", "/fallback-email/verify"},
                                      {"POST", "/fallback-email/preview"}})
    EXPECT_EQ(as_ada(method, path("/v1/inboxes/", other.inbox, after), std::string_view{method} == "GET" ? "" : "{}").status(),
              404)
        << after;
}

}  // namespace

}  // namespace signalbox
