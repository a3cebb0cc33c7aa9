#include "rules/owner_assignment.hpp"

#include <gtest/gtest.h>

#include "rules/waiting_lines.hpp"
#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

using enum owner_verdict::next_step;

struct Owners : testing::Test {
  sample_account acme;
  inbox_id sales = acme.add_inbox(true);
  user_id ann = acme.add_agent();
  user_id free = acme.add_user(seat::free);

  contact_standing cleo(std::optional<user_id> owner, bool tracked = true) const { return {contact_id{1}, owner, tracked}; }
  agent_standing standing(presence status, std::uint32_t open = 0) const {
    agent_standing one;
    one.user = ann;
    one.status = status;
    one.open = open;
    one.capacity = 2;
    return one;
  }
  owner_verdict verdict(const contact_standing& of, std::optional<agent_standing> refused = std::nullopt,
                        std::optional<exclusion> passed_on = std::nullopt) {
    return consider_owner(acme.config, acme.of(sales), of, passed_on, refused, channel_type::chat);
  }
};

TEST_F(Owners, S52_TheOwnerIsAskedFirst) {
  EXPECT_EQ(verdict(cleo(ann)), (owner_verdict{ask_owner, owner_step::chosen, ann, std::nullopt}));
}

TEST_F(Owners, S53_WithoutAnOwnerTheFallbackPeopleAreAsked) {
  EXPECT_EQ(verdict(cleo(std::nullopt)), (owner_verdict{ask_fallback, owner_step::no_owner, std::nullopt, std::nullopt}));
  EXPECT_EQ(verdict(cleo(user_id{999})).step, owner_step::no_owner) << "deleted since";
}

TEST_F(Owners, S54_WithoutACookieTheFallbackPeopleAreAsked) {
  EXPECT_EQ(verdict(cleo(ann, false)), (owner_verdict{ask_fallback, owner_step::no_cookie, ann, std::nullopt}));
}

TEST_F(Owners, S55_AnOfflineOwnerIsWaitedForAlone) {
  EXPECT_EQ(verdict(cleo(ann), standing(presence::away)),
            (owner_verdict{wait_for_owner, owner_step::offline, ann, exclusion::away}));
  EXPECT_TRUE(is_offline(standing(presence::away)));
  EXPECT_FALSE(is_offline(standing(presence::available)));
}

TEST_F(Owners, A25_OutsideBusinessHoursTheOwnerIsWaitedForUnasked) {
  const auto closed = [&](const contact_standing& of) {
    return consider_owner(acme.config, acme.of(sales), of, {}, {}, channel_type::chat, true);
  };
  EXPECT_EQ(closed(cleo(ann)), (owner_verdict{wait_for_owner, owner_step::closed, ann, exclusion::business_hours}));
  EXPECT_EQ(closed(cleo(free)).next, ask_fallback) << "who never gets it isn't waited for";
  EXPECT_EQ(rule_of(owner_step::closed), "A25");
}

TEST_F(Owners, S56_AnOwnerWithAFreeSeatOrWithoutAccessLeavesItToTheFallbackPeople) {
  EXPECT_EQ(verdict(cleo(free)), (owner_verdict{ask_fallback, owner_step::not_assignable, free, exclusion::free_seat}));
  acme.restrict_to(sales, {free});
  EXPECT_EQ(verdict(cleo(ann)), (owner_verdict{ask_fallback, owner_step::not_assignable, ann, exclusion::no_access}));
  acme.change(ann, [](user& u) { u.permissions.super_admin = true; });
  EXPECT_EQ(verdict(cleo(ann)).excluded, exclusion::no_access) << "viewing isn't acting (S14)";
}

TEST_F(Owners, S62_ADeactivatedOwnerLeavesItToTheFallbackPeople) {
  acme.change(ann, [](user& u) { u.active = false; });
  EXPECT_EQ(verdict(cleo(ann)), (owner_verdict{ask_fallback, owner_step::not_assignable, ann, exclusion::inactive}));
}

TEST_F(Owners, A33_AnOwnerAtCapacityIsWaitedFor) {
  EXPECT_EQ(verdict(cleo(ann), standing(presence::available, 2)),
            (owner_verdict{wait_for_owner, owner_step::at_capacity, ann, exclusion::at_capacity}));
  EXPECT_EQ(verdict(cleo(ann), standing(presence::available, 1)).excluded, exclusion::refused_offer)
      << "their slot went meanwhile";
}

TEST_F(Owners, A33_AnOwnerFullOfThatTypeIsWaitedFor) {
  auto full = standing(presence::available, 1);
  full.capacity_by_type[static_cast<std::size_t>(channel_type::chat)] = 1;
  full.open_of_type[static_cast<std::size_t>(channel_type::chat)] = 1;
  EXPECT_EQ(verdict(cleo(ann), full).step, owner_step::at_capacity);
  EXPECT_FALSE(may_take(full, {}, channel_type::chat));
  EXPECT_TRUE(may_take(full, {}, channel_type::email));
}

TEST_F(Owners, WhatTheOwnerLetGoIsOfferedToOthersFirst) {
  for (const auto how : {exclusion::declined, exclusion::lapsed})
    EXPECT_EQ(verdict(cleo(ann), std::nullopt, how), (owner_verdict{ask_fallback, owner_step::passed_on, ann, how}));
}

TEST_F(Owners, S57_S59_OnlyToAvailableOnesUnlessTheRuleSaysOtherwise) {
  assignment_rule rule;
  EXPECT_TRUE(may_take(standing(presence::available), rule, channel_type::chat));
  EXPECT_FALSE(may_take(standing(presence::away), rule, channel_type::chat));
  EXPECT_FALSE(may_take(standing(presence::available, 2), rule, channel_type::chat));
  rule.only_available = false;
  EXPECT_TRUE(may_take(standing(presence::away), rule, channel_type::chat));
  EXPECT_FALSE(may_take(standing(presence::away, 2), rule, channel_type::chat)) << "A33 counts all the same";
}

TEST_F(Owners, OnlyOneWhoCanEverGetItIsWaitedForAlone) {
  EXPECT_EQ(waits_for(acme.config, acme.of(sales), cleo(ann)), ann);
  EXPECT_EQ(waits_for(acme.config, acme.of(sales), cleo(ann, false)), std::nullopt);
  EXPECT_EQ(waits_for(acme.config, acme.of(sales), cleo(free)), std::nullopt);
  EXPECT_EQ(waits_for(acme.config, acme.of(sales), cleo(std::nullopt)), std::nullopt);
}

TEST_F(Owners, EveryStepNamesItsRule) {
  for (int i = 0; i <= static_cast<int>(owner_step::closed); ++i) {
    EXPECT_FALSE(to_text(static_cast<owner_step>(i)).empty());
    EXPECT_FALSE(rule_of(static_cast<owner_step>(i)).empty());
  }
}

TEST(WaitingLines, S55_WhoWaitsForAnOwnerHoldsNobodyUp) {
  waiting_lines lines;
  const auto at = [](int ms) { return time_point{milliseconds{ms}}; };
  const channel_id chat{1};
  const channel_id mail{2};
  const user_id ann{10};
  EXPECT_TRUE(lines.add({at(1), conversation_id{1}, chat}, ann));
  EXPECT_TRUE(lines.add({at(2), conversation_id{2}, chat}));
  EXPECT_TRUE(lines.add({at(3), conversation_id{3}, mail}, ann));
  EXPECT_TRUE(lines.add({at(4), conversation_id{4}, chat}));
  EXPECT_FALSE(lines.add({at(9), conversation_id{1}, chat}));
  EXPECT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines.first(chat)->conversation, conversation_id{2});
  EXPECT_EQ(lines.first_for(ann, chat)->conversation, conversation_id{1});
  EXPECT_EQ(lines.ahead_of(conversation_id{4}), 1u);
  EXPECT_EQ(lines.owners(), std::vector{ann});
  EXPECT_EQ(lines.of_channel(chat), (std::vector{conversation_id{2}, conversation_id{4}}));

  lines.move(conversation_id{1}, std::nullopt);
  EXPECT_EQ(lines.first(chat)->conversation, conversation_id{1}) << "its age is kept";
  lines.move(conversation_id{4}, ann);
  EXPECT_EQ(lines.first_for(ann, chat)->conversation, conversation_id{4});
  EXPECT_EQ(lines.first_for(ann, mail)->conversation, conversation_id{3});
  lines.move(conversation_id{99}, ann);
  EXPECT_TRUE(lines.set_priority(conversation_id{4}, priority::urgent));
  EXPECT_EQ(lines.ahead_of(conversation_id{4}), 0u);
  EXPECT_TRUE(lines.remove(conversation_id{4}));
  EXPECT_TRUE(lines.remove(conversation_id{3}));
  EXPECT_FALSE(lines.remove(conversation_id{3}));
  EXPECT_FALSE(lines.waits_for(ann));
  EXPECT_EQ(lines.first_for(ann, chat), std::nullopt);
  EXPECT_EQ(lines.size(), 2u);
}

}  // namespace
}  // namespace signalbox
