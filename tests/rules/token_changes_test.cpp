#include "tests/rules/changes_fixture.hpp"

namespace signalbox {
namespace {

using TokenChanges = Changes;

create_token wanted(token_kind kind, std::vector<channel_id> channels = {}, maybe<user_id> of = {}) {
  return {kind, "laptop", std::move(channels), "hash", of, {}};
}

TEST_F(TokenChanges, AnyUserMakesTheirOwn) {
  const auto id = std::get<token_id>(make_as(free_user, wanted(token_kind::user)));
  const auto* made = acme.config.tokens.find(id);
  EXPECT_EQ(made->user, free_user);
  EXPECT_EQ(made->kind, token_kind::user);
  EXPECT_EQ(made->secret_hash, "hash");
  EXPECT_EQ(made->created_at, noon);
  EXPECT_TRUE(made->channels.empty());
  EXPECT_EQ(code(free_user, wanted(token_kind::user, {}, agent)), refusal_code::access_denied);
  EXPECT_EQ(code(boss, wanted(token_kind::session, {}, agent)), refusal_code::access_denied);
}

TEST_F(TokenChanges, TheServerMakesSessionsForWhoLogsIn) {
  const auto id =
      std::get<token_id>(make_as(std::nullopt, create_token{token_kind::session, "", {}, "hash", agent, noon + milliseconds{1}}));
  EXPECT_EQ(acme.config.tokens.find(id)->user, agent);
  EXPECT_EQ(code(std::nullopt, wanted(token_kind::session)), refusal_code::invalid);
  EXPECT_EQ(code(std::nullopt, wanted(token_kind::session, {}, user_id{999})), refusal_code::not_found);
  acme.change(agent, [](user& u) { u.active = false; });
  EXPECT_EQ(code(std::nullopt, wanted(token_kind::session, {}, agent)), refusal_code::conflict);
}

TEST_F(TokenChanges, AConnectorsTokenNamesItsChannels) {
  const auto id = create<token_id>(wanted(token_kind::connector, {mail}));
  EXPECT_EQ(acme.config.tokens.find(id)->user, std::nullopt);
  EXPECT_EQ(acme.config.tokens.find(id)->channels, std::vector{mail});
  EXPECT_EQ(pointers(wanted(token_kind::connector)), strings{"/channels"});
  EXPECT_EQ(pointers(wanted(token_kind::connector, {mail, {999}})), strings{"/channels/1"});
  EXPECT_EQ(code(agent, wanted(token_kind::connector, {mail})), refusal_code::access_denied);
}

TEST_F(TokenChanges, NamesAndExpiryAreChecked) {
  auto nameless = wanted(token_kind::user);
  nameless.name = " ";
  EXPECT_EQ(pointers(nameless), strings{"/name"});
  auto expired = wanted(token_kind::user);
  expired.expires_at = noon;
  EXPECT_EQ(pointers(expired), strings{"/expires_at"});
}

TEST_F(TokenChanges, OneRevokesOnesOwnAndAdminsAnyones) {
  const auto own = std::get<token_id>(make_as(agent, wanted(token_kind::user)));
  EXPECT_EQ(code(free_user, revoke_token{own}), refusal_code::access_denied);
  EXPECT_FALSE(code(access_admin, revoke_token{own}));
  make_as(agent, revoke_token{own});
  EXPECT_FALSE(acme.config.tokens.find(own));
  EXPECT_EQ(touched_last, std::vector<touched>{own});
  const auto connector = create<token_id>(wanted(token_kind::connector, {mail}));
  EXPECT_EQ(code(agent, revoke_token{connector}), refusal_code::access_denied);
}

TEST_F(TokenChanges, SessionsOfOneUserAreBounded) {
  const auto log_in = [&](user_id who) {
    create_token session{token_kind::session, "", {}, "hash", who, noon + milliseconds{1}};
    return std::get<token_id>(make_as(std::nullopt, session));
  };
  const auto others = log_in(boss);
  const auto kept = std::get<token_id>(make_as(agent, wanted(token_kind::user)));
  const auto oldest = log_in(agent);
  const auto second = log_in(agent);
  for (int i = 0; i < 98; ++i) log_in(agent);
  EXPECT_TRUE(acme.config.tokens.find(oldest));
  const auto newest = log_in(agent);
  EXPECT_EQ(touched_last, (std::vector<touched>{newest, oldest}));
  EXPECT_FALSE(acme.config.tokens.find(oldest));
  EXPECT_TRUE(acme.config.tokens.find(second));
  EXPECT_TRUE(acme.config.tokens.find(others));
  EXPECT_TRUE(acme.config.tokens.find(kept));
}

TEST_F(TokenChanges, ANewPasswordEndsTheUsersSessionsButTheOneThatSetIt) {
  const auto log_in = [&](user_id who) {
    create_token session{token_kind::session, "", {}, "hash", who, noon + milliseconds{1}};
    return std::get<token_id>(make_as(std::nullopt, session));
  };
  const auto others = log_in(boss);
  const auto first = log_in(agent);
  const auto second = log_in(agent);
  const auto api = std::get<token_id>(make_as(agent, wanted(token_kind::user)));
  update_user what;
  what.user = agent;
  what.fields.first_name = "Ann";
  make_as(boss, what);
  EXPECT_TRUE(acme.config.tokens.find(first)) << "another change ends none";
  what.fields.password_hash = "new";
  auto self = by(agent);
  self.by.token = second;
  acme.config = std::get<applied_change>(try_as(self, what)).config;
  EXPECT_FALSE(acme.config.tokens.find(first));
  EXPECT_TRUE(acme.config.tokens.find(second));
  EXPECT_TRUE(acme.config.tokens.find(api));
  make_as(boss, what);
  EXPECT_FALSE(acme.config.tokens.find(second)) << "set by an administrator";
  EXPECT_TRUE(acme.config.tokens.find(others));
}

TEST_F(TokenChanges, ExpiredSessionsGoWithTheNextLogin) {
  create_token session{token_kind::session, "", {}, "hash", agent, noon + milliseconds{1}};
  const auto first = std::get<token_id>(make_as(std::nullopt, session));
  session.expires_at = noon + milliseconds{10};
  auto later = by(std::nullopt);
  later.now = noon + milliseconds{1};
  const auto result = std::get<applied_change>(try_as(later, session));
  EXPECT_FALSE(result.config.tokens.find(first));
  EXPECT_EQ(result.config.tokens.size(), 1u);
}

}  // namespace
}  // namespace signalbox
