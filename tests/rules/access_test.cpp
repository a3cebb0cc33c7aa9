#include "rules/access.hpp"

#include <gtest/gtest.h>

#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

struct Access : testing::Test {
  sample_account acme;
  team_id chosen_team = acme.add_team();
  user_id chosen = acme.add_agent();
  user_id member = acme.add_agent();
  user_id extra_member = acme.add_agent();
  user_id stranger = acme.add_agent();
  user_id free_stranger = acme.add_user(seat::free);
  user_id super_admin = acme.add_super_admin();
  user_id access_admin = acme.add_user(seat::free, {.account_access = true});
  user_id availability_admin = acme.add_user(seat::paid, {.availability_management = true});
  inbox_id in = acme.add_inbox();

  void SetUp() override {
    acme.join(member, chosen_team);
    acme.join(extra_member, chosen_team, false);
    acme.join(stranger, acme.add_team());
  }
  access access_for(user_id who) const { return access_of(acme.of(who), acme.of(in).access); }
  void choose() { acme.restrict_to(in, {chosen}, {chosen_team}); }
};

TEST_F(Access, S10_EveryoneMayActWhenModeIsEveryone) {
  acme.config.users.for_each([&](const user& who) { EXPECT_EQ(access_for(who.id), access::act); });
}

TEST_F(Access, S11_SpecificIsForTheChosenAndMembersOfChosenTeams) {
  choose();
  EXPECT_EQ(access_for(chosen), access::act);
  EXPECT_EQ(access_for(member), access::act);
  EXPECT_EQ(access_for(extra_member), access::act);
}

TEST_F(Access, S12_WhoIsNotChosenHasNone) {
  choose();
  EXPECT_EQ(access_for(stranger), access::none);
  EXPECT_EQ(access_for(free_stranger), access::none);
  EXPECT_EQ(access_for(availability_admin), access::none);
  EXPECT_EQ(refuse_unless_may_act(acme.of(stranger), acme.of(in))->code, refusal_code::access_denied);
}

TEST_F(Access, S13_S14_AdminsMayViewButNotAct) {
  choose();
  for (const auto who : {super_admin, access_admin}) {
    EXPECT_EQ(access_for(who), access::view);
    EXPECT_EQ(refuse_unless_may_act(acme.of(who), acme.of(in))->code, refusal_code::view_only);
  }
}

TEST_F(Access, S15_AnAdminWhoIsChosenMayAct) {
  acme.restrict_to(in, {super_admin}, {chosen_team});
  acme.join(access_admin, chosen_team);
  EXPECT_EQ(access_for(super_admin), access::act);
  EXPECT_EQ(access_for(access_admin), access::act);
  EXPECT_FALSE(refuse_unless_may_act(acme.of(super_admin), acme.of(in)));
}

TEST_F(Access, S16_EveryoneModeDoesNotLimitAdmins) { EXPECT_FALSE(refuse_unless_may_act(acme.of(super_admin), acme.of(in))); }

TEST_F(Access, S9_WhoLosesItByAChange) {
  const auto lost = [&](auto change) {
    const auto before = acme.config;
    change();
    auto now = who_lost_access(before, acme.config);
    acme.config = before;
    return now;
  };
  using users = std::vector<user_id>;
  EXPECT_EQ(lost([] {}), users{});
  EXPECT_EQ(lost([&] { acme.restrict_to(in, {chosen}, {chosen_team}); }),
            (users{stranger, free_stranger, super_admin, access_admin, availability_admin}))
      << "who may only view works it no longer";
  acme.add_inbox();
  choose();
  EXPECT_EQ(lost([&] { acme.change(member, [](user& u) { u.teams.clear(); }); }), users{member});
  EXPECT_EQ(lost([&] { acme.change(member, [](user& u) { u.first_name = "M"; }); }), users{});
  EXPECT_EQ(lost([&] { acme.change(member, [](user& u) { u.active = false; }); }), users{}) << "keeps theirs: A32";
  EXPECT_EQ(lost([&] { acme.config.users.erase(member); }), users{}) << "deleted, which is another matter";
  EXPECT_EQ(lost([&] { acme.config.inboxes.erase(in); }), users{}) << "its conversations go with it";
  EXPECT_EQ(lost([&] { acme.restrict_to(in, {chosen, stranger}, {chosen_team}); }), users{});
  const auto before = acme.config;
  const auto other = acme.add_inbox();
  acme.restrict_to(in, {chosen}, {});
  EXPECT_EQ(who_lost_access(before, acme.config, in), (users{member, extra_member}));
  EXPECT_EQ(who_lost_access(before, acme.config, other), users{});
}

TEST_F(Access, TheInactiveHaveNone) {
  acme.change(super_admin, [](user& u) { u.active = false; });
  EXPECT_EQ(access_for(super_admin), access::none);
  choose();
  acme.change(chosen, [](user& u) { u.active = false; });
  EXPECT_EQ(access_for(chosen), access::none);
}

TEST_F(Access, S18_A17_S62_WhoIsNotAssignedAutomaticallySaysWhy) {
  choose();
  const auto why = [&](user_id who) { return excluded_from_automatic(acme.config.users.find(who), acme.of(in)); };
  EXPECT_EQ(why(chosen), std::nullopt);
  EXPECT_EQ(why(member), std::nullopt);
  EXPECT_EQ(why(stranger), exclusion::no_access);
  EXPECT_EQ(why(super_admin), exclusion::no_access) << "may view, which is not enough";
  EXPECT_EQ(why(free_stranger), exclusion::free_seat);
  EXPECT_EQ(why(user_id{999}), exclusion::not_found);
  acme.change(chosen, [](user& u) { u.active = false; });
  EXPECT_EQ(why(chosen), exclusion::inactive);
}

TEST_F(Access, A18_ATeamInARuleMeansItsMainMembersEachOnce) {
  const auto named = members_of(acme.config, {{member, stranger, user_id{999}, stranger}, {chosen_team, team_id{998}}});
  EXPECT_EQ(named, (std::vector{member, stranger, user_id{999}}));
  EXPECT_TRUE(members_of(acme.config, {}).empty());
}

TEST(Skipped, S61_FreeSeatMembersOfARulesTeamAreAmongTheSkipped) {
  sample_account acme;
  const auto in = acme.add_inbox();
  const auto crew = acme.add_team();
  const auto paid = acme.add_agent();
  const auto free = acme.add_user(seat::free);
  const auto extra = acme.add_user(seat::free);
  const auto named = acme.add_agent();
  const auto fallback = acme.add_user(seat::free);
  acme.join(paid, crew);
  acme.join(free, crew);
  acme.join(extra, crew, false);
  acme.join(fallback, crew);
  acme.change(named, [](user& u) { u.active = false; });
  assignment_rule rule;
  rule.candidates = {{named}, {crew}};
  rule.fallback = {{fallback}, {}};
  EXPECT_EQ(
      skipped_by(acme.config, acme.of(in), rule),
      (std::vector<skipped_user>{{free, exclusion::free_seat}, {named, exclusion::inactive}, {fallback, exclusion::free_seat}}))
      << "each once; extra members aren't meant (A18)";
}

}  // namespace
}  // namespace signalbox
