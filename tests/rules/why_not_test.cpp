#include "rules/why_not.hpp"

#include <gtest/gtest.h>

#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

struct WhyNot : testing::Test {
  sample_account acme;
  inbox_id in = acme.add_inbox();
  channel_id over = acme.add_channel(in);
  user_id ada = acme.add_agent();
  user_id bob = acme.add_agent();
  user_id cyd = acme.add_agent();
  user_id dee = acme.add_agent();
  candidate_pool pool;
  decision why;
  std::uint64_t epoch = 0;

  void SetUp() override { name({ada, bob, cyd}); }
  void name(std::vector<user_id> users) {
    acme.change(over, [&](channel& c) { c.assignment = {.enabled = true, .candidates = {std::move(users), {}}}; });
    pool.configure(acme.config, acme.of(in), acme.of(over));
  }
  void says(user_id who, presence status, std::uint32_t open, std::optional<std::uint32_t> capacity = std::nullopt) {
    pool.update({who, ++epoch, status, presence_reason::manual, open, capacity, noon});
  }
  user_verdict of(user_id who) const { return verdict_on(why, who); }
};

TEST_F(WhyNot, S57_A33_S51_EveryCandidateHasTheirReason) {
  says(ada, presence::available, 4);
  says(bob, presence::available, 2);
  says(cyd, presence::available, 3, 3);
  ASSERT_EQ(pool.choose(noon, 0, {}, why), bob);
  EXPECT_EQ(of(bob), (user_verdict{user_outcome::chosen}));
  EXPECT_EQ(of(ada), (user_verdict{user_outcome::passed_over, {}, "S51", 4, 2}));
  EXPECT_EQ(of(cyd), (user_verdict{user_outcome::excluded, "at_capacity", "A33", 3}));
  EXPECT_EQ(of(dee), (user_verdict{user_outcome::not_named}));

  says(ada, presence::away, 4);
  ASSERT_EQ(pool.choose(noon, 0, {}, why), bob);
  EXPECT_EQ(of(ada), (user_verdict{user_outcome::excluded, "away", rule_of(exclusion::away), 4}));
}

TEST_F(WhyNot, S18_ASeatLostLaterIsNamed) {
  says(ada, presence::available, 0);
  acme.change(bob, [](user& u) { u.seat = seat::free; });
  pool.configure(acme.config, acme.of(in), acme.of(over));
  ASSERT_EQ(pool.choose(noon, 0, {}, why), ada);
  EXPECT_EQ(of(bob).rule, "S18");
}

TEST_F(WhyNot, NobodyChosenStillSaysWhy) {
  ASSERT_EQ(pool.choose(noon, 0, {}, why), std::nullopt);
  EXPECT_EQ(of(ada).outcome, user_outcome::excluded);
  EXPECT_EQ(of(dee).outcome, user_outcome::not_named);
}

TEST_F(WhyNot, S52_S55_TheOwnerComesBeforeTheCandidates) {
  why.owner_step = owner_step::chosen;
  why.owner = why.chosen = ada;
  why.candidates = 1;
  why.seen = {{ada, 0, std::nullopt}};
  EXPECT_EQ(of(ada).outcome, user_outcome::chosen);
  EXPECT_EQ(of(bob), (user_verdict{user_outcome::not_asked, "chosen", "S52"}));
  why.chosen.reset();
  why.owner_step = owner_step::offline;
  why.seen = {{ada, 0, exclusion::away}};
  EXPECT_EQ(of(ada), (user_verdict{user_outcome::excluded, "offline", "S55"}));
  EXPECT_EQ(of(bob), (user_verdict{user_outcome::not_asked, "offline", "S55"}));
}

TEST_F(WhyNot, S54_AnOwnerWithoutACookieIsNamedBesideTheFallbackPeople) {
  says(bob, presence::available, 0);
  ASSERT_EQ(pool.choose(noon, 0, {}, why), bob);
  why.owner_step = owner_step::no_cookie;
  why.owner = dee;
  EXPECT_EQ(of(dee), (user_verdict{user_outcome::excluded, "no_cookie", "S54"}));
  EXPECT_EQ(of(bob).outcome, user_outcome::chosen);
}

TEST_F(WhyNot, A39_TheSameAgentKeepsIt) {
  why.chosen = ada;
  why.candidates = 3;
  why.seen = {{ada, 0, std::nullopt}};
  EXPECT_EQ(of(bob), (user_verdict{user_outcome::not_asked, {}, "A39"}));
}

TEST_F(WhyNot, OneOfMoreThanARecordKeepsIsNotGuessed) {
  std::vector<user_id> all{ada};
  while (all.size() < decision_seen_max + 3) all.push_back(acme.add_agent());
  name(all);
  for (const auto one : all) says(one, presence::available, one == ada ? 0 : 1);
  ASSERT_EQ(pool.choose(noon, 0, {}, why), ada);
  EXPECT_EQ(of(all.back()).outcome, user_outcome::not_recorded);
}

}  // namespace
}  // namespace signalbox
