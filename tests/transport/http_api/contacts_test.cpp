#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Contacts : public api_rig {
protected:
  using list = std::vector<std::string>;

  Contacts() {
    cleo.id = contact_id{9};
    cleo.name = "Cleo";
    cleo.email = "cleo@example.com";
    cleo.owner = acme.ben;
    cleo.version = 3;
    edge.on_change_contact = [this](const principal& by, const contact_change& what, const std::optional<std::string>& key) {
      asked_by = by;
      asked = what;
      asked_key = key;
      return outcome<contact>{cleo};
    };
  }
  template <class T>
  const T& sent() {
    return std::get<T>(asked.value());
  }

  contact cleo;
  principal asked_by;
  std::optional<contact_change> asked;
  std::optional<std::string> asked_key;
};

TEST_F(Contacts, AreListedByWhatTheyAreKnownBy) {
  contact_query seen;
  edge.on_list_contacts = [&](const principal&, const contact_query& query) {
    seen = query;
    return outcome<page<contact>>{page<contact>{{cleo}, to_text(cleo.id)}};
  };
  const auto all = as_ben("GET", "/v1/contacts");
  EXPECT_EQ(all.at("/items/0/name"), "Cleo");
  EXPECT_EQ(all.at("/next"), to_text(cleo.id));
  EXPECT_TRUE(seen.known_by.empty());
  EXPECT_FALSE(seen.owner || seen.after);
  as_ben("GET", "/v1/contacts?limit=2&email=CLEO@Example.com&phone= +49 1&cookie=K&owner=" + to_text(acme.ben) +
                    "&after=" + to_text(cleo.id));
  EXPECT_EQ(seen.known_by, (std::vector<contact_identity>{{identity_kind::email, {}, "cleo@example.com"},
                                                          {identity_kind::phone, {}, "+49 1"},
                                                          {identity_kind::cookie, {}, "K"}}));
  EXPECT_EQ(seen.owner, acme.ben);
  EXPECT_EQ(seen.after, cleo.id);
  EXPECT_EQ(as_ben("GET", "/v1/contacts?limit=0&after=x&owner=me&email=&cookie= ").pointers(),
            (list{"/limit", "/after", "/owner", "/email", "/cookie"}));
}

TEST_F(Contacts, S53_AnOwnerWhoWasDeletedIsShownAsNone) {
  cleo.owner = add_user("Fred");
  edge.on_list_contacts = [&](const principal&, const contact_query&) {
    return outcome<page<contact>>{page<contact>{{cleo}, std::nullopt}};
  };
  const auto change_cleo = [&] { return as_ben("PATCH", path("/v1/contacts/", cleo.id), R"({"name":"Cleo"})"); };
  EXPECT_EQ(change_cleo().at("/owner"), to_text(*cleo.owner));
  as_ada("DELETE", path("/v1/users/", *cleo.owner));
  EXPECT_EQ(change_cleo().at("/owner"), "null");
  EXPECT_EQ(as_ben("GET", "/v1/contacts").at("/items/0/owner"), "null");
}

TEST_F(Contacts, AreMade) {
  const auto made =
      as_ben("POST", "/v1/contacts",
             R"({"name":"Cleo","email":"cleo@example.com","phone":"+49","cookie":"k","owner":")" + to_text(acme.ben) + R"("})",
             {{"Idempotency-Key", "one"}});
  EXPECT_EQ(made.status(), 201);
  EXPECT_EQ(made.header("location"), "/v1/contacts/" + to_text(cleo.id));
  EXPECT_EQ(made.header("etag"), "\"3\"");
  EXPECT_EQ(asked_by.user, acme.ben);
  const auto& fields = sent<create_contact>().fields;
  EXPECT_EQ(fields.name, "Cleo");
  EXPECT_EQ(fields.email, "cleo@example.com");
  EXPECT_EQ(fields.phone, "+49");
  EXPECT_EQ(fields.cookie, "k");
  EXPECT_EQ(fields.owner, std::optional{acme.ben});
  EXPECT_EQ(asked_key, "/v1/contacts one");
}

TEST_F(Contacts, WrongFieldsAreNamedExactly) {
  EXPECT_EQ(as_ben("POST", "/v1/contacts", R"({"name":1,"email":[],"phone":{},"cookie":true,"owner":"me"})").pointers(),
            (list{"/name", "/email", "/phone", "/cookie", "/owner"}));
  EXPECT_EQ(as_ben("PATCH", path("/v1/contacts/", cleo.id), R"({"email":")" + std::string(300, 'x') + R"("})").pointers(),
            list{"/email"});
  EXPECT_FALSE(asked);
}

TEST_F(Contacts, AreChangedAndTakenAwayByNull) {
  const auto where = path("/v1/contacts/", cleo.id);
  EXPECT_EQ(as_ben("PATCH", where, R"({"email":null,"owner":null})", {{"If-Match", "\"3\""}}).status(), 200);
  EXPECT_EQ(sent<update_contact>().contact, cleo.id);
  EXPECT_EQ(sent<update_contact>().if_match, 3u);
  EXPECT_EQ(sent<update_contact>().fields.email, "");
  EXPECT_EQ(sent<update_contact>().fields.owner, maybe<std::optional<user_id>>{std::optional<user_id>{}});
  EXPECT_FALSE(sent<update_contact>().fields.name || sent<update_contact>().fields.cookie);
  EXPECT_EQ(as_ben("PATCH", where, "{}", {{"If-Match", "later"}}).status(), 412);
  EXPECT_EQ(as_ben("PATCH", "/v1/contacts/x", "{}").status(), 404);
}

TEST_F(Contacts, OneIsReadDeletedAndNotFound) {
  edge.on_read_contact = [&](const principal&, contact_id) { return outcome<contact>{cleo}; };
  const auto one = as_ben("GET", path("/v1/contacts/", cleo.id));
  EXPECT_EQ(one.at("/name"), "Cleo");
  EXPECT_EQ(one.at("/phone"), "null");
  EXPECT_EQ(one.at("/owner"), to_text(acme.ben));
  EXPECT_EQ(as_ben("GET", "/v1/contacts/x").status(), 404);
  EXPECT_EQ(as_ben("DELETE", path("/v1/contacts/", cleo.id), {}, {{"If-Match", "\"3\""}}).status(), 204);
  EXPECT_EQ(sent<delete_contact>().if_match, 3u);
  EXPECT_EQ(as_ben("DELETE", "/v1/contacts/x").status(), 404);
}

TEST_F(Contacts, TwoAreMergedEitherWay) {
  const auto where = path("/v1/contacts/", cleo.id, "/merge");
  const auto other = to_text(contact_id{10});
  EXPECT_EQ(as_ben("POST", where, R"({"into":")" + other + R"("})", {{"If-Match", "3"}}).status(), 200);
  EXPECT_EQ(sent<merge_contact>().contact, cleo.id);
  EXPECT_EQ(sent<merge_contact>().into, contact_id{10});
  EXPECT_EQ(sent<merge_contact>().if_match, 3u);
  EXPECT_FALSE(sent<merge_contact>().into_if_match);
  EXPECT_EQ(as_ben("POST", where, R"({"contact":")" + other + R"("})", {{"If-Match", "3"}}).status(), 200);
  EXPECT_EQ(sent<merge_contact>().contact, contact_id{10});
  EXPECT_EQ(sent<merge_contact>().into, cleo.id);
  EXPECT_EQ(sent<merge_contact>().into_if_match, 3u);
  EXPECT_EQ(as_ben("POST", where, "{}").code(), "invalid");
  EXPECT_EQ(as_ben("POST", where, R"({"into":")" + other + R"(","contact":")" + other + R"("})").code(), "invalid");
  EXPECT_EQ(as_ben("POST", where, R"({"into":7})").pointers(), list{"/into"});
}

TEST_F(Contacts, S55_NoticesAreListedInPages) {
  edge.on_list_notices = [&](const principal&, std::size_t limit, std::optional<conversation_id> after) {
    EXPECT_EQ(limit, 2u);
    EXPECT_EQ(after, conversation_id{4});
    notice one{acme.ben, conversation_id{5}, acme.first, message_id{6}, notice_reason::owner_offline, now};
    return outcome<page<notice>>{page<notice>{{one}, std::nullopt}};
  };
  const auto some = as_ada("GET", "/v1/notices?limit=2&after=" + to_text(conversation_id{4}));
  EXPECT_EQ(some.at("/items/0/to"), to_text(acme.ben));
  EXPECT_EQ(some.at("/items/0/conversation"), to_text(conversation_id{5}));
  EXPECT_EQ(some.at("/items/0/message"), to_text(message_id{6}));
  EXPECT_EQ(some.at("/items/0/reason"), "owner_offline");
  EXPECT_EQ(as_ada("GET", "/v1/notices?after=x").pointers(), list{"/after"});
}

TEST_F(Contacts, AConnectorsTokenIsRefused) {
  for (const auto* method : {"GET", "POST"})
    EXPECT_EQ(ask("connector-token", method, "/v1/contacts", method == std::string{"GET"} ? "" : "{}").code(), "access_denied");
  EXPECT_EQ(ask("connector-token", "GET", path("/v1/contacts/", cleo.id)).code(), "access_denied");
  EXPECT_EQ(as_operator("GET", "/v1/contacts").code(), "access_denied");
}

}  // namespace

}  // namespace signalbox
