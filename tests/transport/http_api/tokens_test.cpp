#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Tokens : public api_rig {
protected:
  using list = std::vector<std::string>;

  Tokens() {
    edge.on_make_token = [this](const principal& by, const create_token& what) -> outcome<token_made> {
      wanted = what;
      edge.on_change(by, what, std::nullopt);
      return token_made{token_id{next_id - 1}, "sbx_secret"};
    };
  }
  token_id add(token_kind kind, user_id of) {
    create_token what;
    what.kind = kind;
    what.name = "t";
    what.secret_hash = std::string(32, 'h');
    if (kind == token_kind::connector) {
      what.channels = {acme.first};
      change(what);
    } else {
      what.user = of;
      edge.on_change({acme.account, of, std::nullopt, {}}, what, std::nullopt);
    }
    return token_id{next_id - 1};
  }

  create_token wanted;
};

TEST_F(Tokens, TheSecretIsShownOnce) {
  const auto made =
      as_ada("POST", "/v1/tokens", R"({"kind":"connector","name":"chat","channels":[")" + to_text(acme.first) + "\"]}");
  EXPECT_EQ(made.status(), 201) << made.answer.body;
  EXPECT_EQ(made.at("/token"), "sbx_secret");
  EXPECT_TRUE(made.at("/id").starts_with("tok_"));
  EXPECT_EQ(wanted.kind, token_kind::connector);
  EXPECT_EQ(wanted.channels, std::vector{acme.first});
  const auto listed = as_ada("GET", "/v1/tokens");
  EXPECT_EQ(listed.answer.body.find("secret"), std::string::npos);
  EXPECT_NE(listed.answer.body.find(made.at("/id")), std::string::npos);
}

TEST_F(Tokens, AUsersTokenIsTheCallers) {
  EXPECT_EQ(as_ben("POST", "/v1/tokens", R"({"kind":"user","name":"script"})").status(), 201);
  EXPECT_EQ(wanted.user, acme.ben);
  EXPECT_EQ(wanted.name, "script");
}

TEST_F(Tokens, WrongFieldsAreNamedExactly) {
  const auto wrong = [&](std::string body) { return as_ada("POST", "/v1/tokens", std::move(body)).pointers(); };
  EXPECT_EQ(wrong("{}"), (list{"/kind", "/name"}));
  EXPECT_EQ(wrong(R"({"kind":"session","name":"x"})"), list{"/kind"});
  EXPECT_EQ(wrong(R"({"kind":"connector","name":"x"})"), list{"/channels"});
  EXPECT_EQ(wrong(R"({"kind":"connector","name":"x","channels":["chn_1",5,null]})"),
            (list{"/channels/1", "/channels/2", "/channels/0"}));
  EXPECT_EQ(wrong(R"({"kind":"user","name":"x","channels":[")" + to_text(acme.first) + "\"]}"), list{"/channels"});
  EXPECT_EQ(wrong("{\"kind\":\"user\",\"name\":\"" + std::string(201, 'x') + "\"}"), list{"/name"});
}

TEST_F(Tokens, EverybodySeesTheirOwnAndAdministratorsAllButSessions) {
  const auto bens = to_text(add(token_kind::user, acme.ben));
  const auto connectors = to_text(add(token_kind::connector, acme.ada));
  const auto session = to_text(add(token_kind::session, acme.ben));
  const auto holds = [](const told& list, const std::string& id) { return list.answer.body.find(id) != std::string::npos; };
  const auto for_ben = as_ben("GET", "/v1/tokens");
  const auto for_ada = as_ada("GET", "/v1/tokens");
  EXPECT_TRUE(holds(for_ben, bens));
  EXPECT_FALSE(holds(for_ben, connectors));
  EXPECT_TRUE(holds(for_ada, bens));
  EXPECT_TRUE(holds(for_ada, connectors));
  EXPECT_FALSE(holds(for_ben, session));
  EXPECT_EQ(for_ben.answer.body.find("hhhh"), std::string::npos) << "a secret's hash is nobody's business";
}

TEST_F(Tokens, RevokedOnesAreGoneAndOthersAreNotFound) {
  const auto bens = add(token_kind::user, acme.ben);
  const auto connectors = add(token_kind::connector, acme.ada);
  EXPECT_EQ(as_ben("DELETE", path("/v1/tokens/", connectors)).status(), 404);
  EXPECT_EQ(as_ben("DELETE", path("/v1/tokens/", bens)).status(), 204);
  EXPECT_EQ(as_ben("DELETE", path("/v1/tokens/", bens)).status(), 404);
  EXPECT_EQ(as_ada("DELETE", path("/v1/tokens/", connectors)).status(), 204);
  EXPECT_EQ(as_ada("DELETE", "/v1/tokens/nonsense").status(), 404);
}

TEST_F(Tokens, ASessionOpensWithEmailAndPassword) {
  edge.on_open_session = [&](const std::string& email, const std::string& password) -> outcome<session_opened> {
    if (email != "ada@acme.example" || password != "secret words") return refuse(refusal_code::unauthorized, "no");
    return session_opened{"sbx_session", *config().users.find(acme.ada), now + std::chrono::hours{24}};
  };
  const auto opened = ask("", "POST", "/v1/sessions", R"({"email":"ada@acme.example","password":"secret words"})");
  EXPECT_EQ(opened.status(), 201);
  EXPECT_EQ(opened.at("/token"), "sbx_session");
  EXPECT_EQ(opened.at("/user/id"), to_text(acme.ada));
  EXPECT_EQ(opened.at("/expires_at"), "2026-03-02T00:00:00.000Z");
  const auto no = ask("", "POST", "/v1/sessions", R"({"email":"ada@acme.example","password":""})");
  EXPECT_EQ(no.status(), 401);
  EXPECT_EQ(ask("", "POST", "/v1/sessions", R"({"email":1})").pointers(), (list{"/password", "/email"}));
  EXPECT_EQ(ask("", "POST", "/v1/sessions", "{\"email\":\"a\",\"password\":\"" + std::string(1025, 'x') + "\"}").pointers(),
            list{"/password"});
}

class Logins : public api_rig {
protected:
  Logins()
      : api_rig({}, [] {
          http_policy policy;
          policy.logins = {3, 5};
          return policy;
        }()) {
    edge.on_open_session = [this](const std::string&, const std::string& password) -> outcome<session_opened> {
      ++looked_at;
      if (password == "broken") return refuse(refusal_code::internal, "something broke");
      if (password != "right") return refuse(refusal_code::unauthorized, "no");
      return session_opened{"sbx_session", *config().users.find(acme.ada), now};
    };
  }
  told open(const std::string& email, const std::string& password) {
    return ask("", "POST", "/v1/sessions", R"({"email":")" + email + R"(","password":")" + password + "\"}");
  }
  int looked_at = 0;  ///< passwords that were hashed
};

TEST_F(Logins, TooManyWrongPasswordsAreRefusedWithoutLookingAtMore) {
  for (const auto* email : {"ada@acme.example", "nobody@acme.example"}) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(open(email, "wrong").status(), 401);
    now += std::chrono::minutes{1};
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(open("ada@acme.example", "wrong").status(), 401);
  looked_at = 0;
  for (const auto* password : {"wrong", "right"}) {
    const auto refused = open("ADA@acme.example", password);
    EXPECT_EQ(refused.status(), 429);
    EXPECT_EQ(refused.code(), "rate_limited");
    EXPECT_EQ(refused.header("retry-after"), "20");
  }
  EXPECT_EQ(looked_at, 0);
  now += std::chrono::seconds{20};
  EXPECT_EQ(open("ada@acme.example", "right").status(), 201);
}

TEST_F(Logins, AnUnknownEmailIsRefusedInTheSameWords) {
  for (int i = 0; i < 3; ++i) (void)open("ada@acme.example", "wrong");
  const auto known = open("ada@acme.example", "wrong");
  now += std::chrono::minutes{1};
  for (int i = 0; i < 3; ++i) (void)open("nobody@acme.example", "wrong");
  const auto unknown = open("nobody@acme.example", "wrong");
  EXPECT_EQ(known.status(), 429);
  EXPECT_EQ(known.answer.body, unknown.answer.body);
  EXPECT_EQ(known.answer.headers, unknown.answer.headers);
}

TEST_F(Logins, AClientIsLimitedWhicheverEmailsItTries) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(open("user" + std::to_string(i), "wrong").status(), 401);
  EXPECT_EQ(open("ada@acme.example", "right").status(), 429);
}

TEST_F(Logins, WhatDidNotFailDoesNotCount) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(open("ada@acme.example", "right").status(), 201);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(open("ada@acme.example", "broken").status(), 500);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask("", "POST", "/v1/sessions", R"({"email":1})").status(), 422);
  EXPECT_EQ(open("ada@acme.example", "wrong").status(), 401);
}

TEST_F(Tokens, ASessionsAnswerIsNeverKeptForSomebodyElsesKey) {
  int opened = 0;
  edge.on_open_session = [&](const std::string&, const std::string&) -> outcome<session_opened> {
    return session_opened{"sbx_" + std::to_string(++opened), *config().users.find(acme.ada), now};
  };
  const auto open = [&] {
    return ask("", "POST", "/v1/sessions", R"({"email":"a","password":"b"})", {{"Idempotency-Key", "k"}});
  };
  EXPECT_NE(open().answer.body, open().answer.body);
}

TEST_F(Tokens, ASessionEndsItself) {
  const auto session = add(token_kind::session, acme.ben);
  edge.tokens["session-token"] = {acme.account, acme.ben, session, {}};
  EXPECT_EQ(ask("session-token", "DELETE", "/v1/sessions/current").status(), 204);
  EXPECT_EQ(config().tokens.find(session), nullptr);
  const auto script = add(token_kind::user, acme.ben);
  edge.tokens["script-token"] = {acme.account, acme.ben, script, {}};
  EXPECT_EQ(ask("script-token", "DELETE", "/v1/sessions/current").status(), 409);
  EXPECT_NE(config().tokens.find(script), nullptr);
}

}  // namespace

}  // namespace signalbox
