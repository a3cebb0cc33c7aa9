#include "rules/assignment.hpp"

#include <gtest/gtest.h>

#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

struct Pool : testing::Test {
  sample_account acme;
  inbox_id in = acme.add_inbox();
  channel_id over = acme.add_channel(in);
  user_id ada = acme.add_agent();
  user_id bob = acme.add_agent();
  user_id cyd = acme.add_agent();
  candidate_pool pool;
  std::uint64_t epoch = 0;
  decision why;

  void SetUp() override { rule({.enabled = true, .candidates = {{ada, bob, cyd}, {}}}); }
  void rule(assignment_rule wanted) {
    acme.change(over, [&](channel& c) { c.assignment = wanted; });
    configure();
  }
  void configure() {
    ++acme.config.revision;
    pool.configure(acme.config, acme.of(in), acme.of(over));
  }
  bool says(user_id who, presence status, std::uint32_t open = 0, std::optional<std::uint32_t> capacity = std::nullopt,
            time_point idle_since = noon) {
    return pool.update({who, ++epoch, status, presence_reason::manual, open, capacity, idle_since});
  }
  void all_come() {
    for (const auto who : {ada, bob, cyd}) says(who, presence::available);
  }
  std::optional<user_id> choose(std::vector<considered> skip = {}, std::uint64_t chance = 0, time_point now = noon) {
    return pool.choose(now, chance, skip, why);
  }
};

TEST_F(Pool, S49_OffNamesNobody) {
  rule({.enabled = false, .candidates = {{ada}, {}}});
  all_come();
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.result, decision_result::unassigned);
  EXPECT_EQ(why.candidates, 0u);
  EXPECT_FALSE(pool.holds(ada));
}

TEST_F(Pool, S51_BalancedTakesTheFewestOpen) {
  says(ada, presence::available, 2);
  says(bob, presence::available, 1, std::nullopt, noon + 1h);
  says(cyd, presence::available, 3);
  EXPECT_EQ(choose(), bob);
  EXPECT_EQ(why.tie, tie_break::fewest_open);
  EXPECT_EQ(why.result, decision_result::assigned);
  EXPECT_EQ(why.chosen, bob);
}

TEST_F(Pool, S51_BalancedTiesGoToWhoWaitedLongestThenToTheSmallerId) {
  says(ada, presence::available, 1, std::nullopt, noon);
  says(bob, presence::available, 1, std::nullopt, noon - 1ms);
  says(cyd, presence::available, 1, std::nullopt, noon);
  EXPECT_EQ(choose(), bob);
  EXPECT_EQ(why.tie, tie_break::longest_idle);
  EXPECT_EQ(choose(), ada);
}

TEST_F(Pool, AChoiceCountsForTheNextOneOfTheSameBatch) {
  all_come();
  EXPECT_EQ(choose({}, 0, noon + 1ms), ada);
  EXPECT_EQ(choose({}, 0, noon + 2ms), bob);
  EXPECT_EQ(choose({}, 0, noon + 3ms), cyd);
  EXPECT_EQ(choose({}, 0, noon + 4ms), ada) << "idle for longest";
}

TEST_F(Pool, S51_RoundRobinGoesByIdAndWraps) {
  rule({.enabled = true, .candidates = {{cyd, ada, bob}, {}}, .strategy = strategy::round_robin});
  all_come();
  EXPECT_EQ(choose(), ada);
  EXPECT_EQ(choose(), bob);
  EXPECT_EQ(choose(), cyd);
  EXPECT_EQ(choose(), ada);
  EXPECT_EQ(why.tie, tie_break::next_in_turn);
  says(bob, presence::away);
  EXPECT_EQ(choose(), cyd);
  configure();
  EXPECT_EQ(choose(), ada) << "the turn survives a new configuration";
}

TEST_F(Pool, S51_RandomTakesWhomTheNumberSays) {
  rule({.enabled = true, .candidates = {{ada, bob, cyd}, {}}, .strategy = strategy::random});
  all_come();
  EXPECT_EQ(choose({}, 0), ada);
  EXPECT_EQ(choose({}, 1), bob);
  EXPECT_EQ(choose({}, 5), cyd);
  EXPECT_EQ(why.chance, 5u);
  EXPECT_EQ(why.tie, tie_break::chance);
  says(ada, presence::away);
  EXPECT_EQ(choose({}, 0), bob);
}

TEST_F(Pool, OneCandidateIsNoTie) {
  for (const auto by : {strategy::balanced, strategy::round_robin, strategy::random}) {
    rule({.enabled = true, .candidates = {{ada}, {}}, .strategy = by});
    says(ada, presence::available);
    EXPECT_EQ(choose(), ada);
    EXPECT_EQ(why.tie, tie_break::none);
  }
}

TEST_F(Pool, A18_ATeamMeansItsMainMembers) {
  const auto team = acme.add_team();
  acme.join(ada, team);
  acme.join(bob, team, false);
  rule({.enabled = true, .candidates = {{}, {team}}});
  EXPECT_EQ(pool.members(), std::vector{ada});
}

TEST_F(Pool, S50_S53_S54_ForTheContactsOwnerTheFallbackPeopleAreAsked) {
  rule({.enabled = true, .assign_to = assign_to::contact_owner, .candidates = {{ada}, {}}, .fallback = {{bob}, {}}});
  all_come();
  EXPECT_EQ(choose(), bob);
  rule({.enabled = true, .assign_to = assign_to::contact_owner, .candidates = {{ada}, {}}});
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.result, decision_result::unassigned);
}

TEST_F(Pool, S61_S62_FallbackPeopleWithoutASeatAreSkippedAndStayListed) {
  const auto team = acme.add_team();
  const auto free_member = acme.add_user(seat::free);
  acme.join(ada, team);
  acme.join(free_member, team);
  rule({.enabled = true, .assign_to = assign_to::contact_owner, .fallback = {{bob}, {team}}});
  all_come();
  EXPECT_EQ(pool.members(), (std::vector{ada, bob})) << "S61";
  acme.change(bob, [](user& u) { u.seat = seat::free; });
  acme.change(ada, [](user& u) { u.active = false; });
  configure();
  EXPECT_EQ(choose(), std::nullopt) << "S62";
  EXPECT_EQ(acme.of(over).assignment.fallback, (people{{bob}, {team}}));
  EXPECT_EQ(why.excluded.at(exclusion::free_seat), 2u);
  EXPECT_EQ(why.excluded.at(exclusion::inactive), 1u);
}

TEST_F(Pool, S18_A17_S62_OnlySeatedActiveUsersWithAccessAreCandidates) {
  const auto free_user = acme.add_user(seat::free);
  const auto gone = user_id{999};
  acme.change(bob, [](user& u) { u.active = false; });
  acme.restrict_to(in, {ada, bob, free_user});
  rule({.enabled = true, .candidates = {{ada, bob, cyd, free_user, gone}, {}}});
  for (const auto who : {bob, cyd, free_user, gone}) EXPECT_FALSE(says(who, presence::available));
  says(ada, presence::available);
  EXPECT_EQ(pool.members(), std::vector{ada});
  EXPECT_EQ(choose(), ada);
  EXPECT_EQ(choose(), ada);
  EXPECT_EQ(why.candidates, 5u);
  EXPECT_EQ(why.excluded,
            (std::map<exclusion, std::uint32_t>{
                {exclusion::not_found, 1}, {exclusion::inactive, 1}, {exclusion::free_seat, 1}, {exclusion::no_access, 1}}));
  EXPECT_EQ(why.seen, (std::vector<considered>{{ada, 1, std::nullopt},
                                               {bob, 0, exclusion::inactive},
                                               {cyd, 0, exclusion::no_access},
                                               {free_user, 0, exclusion::free_seat},
                                               {gone, 0, exclusion::not_found}}));
}

TEST_F(Pool, S57_OnlyTheAvailableAreAskedAndWhoHasNotSpokenIsAway) {
  EXPECT_FALSE(pool.anyone_eligible());
  EXPECT_FALSE(says(ada, presence::away));
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::away, 3}}));
  EXPECT_TRUE(says(ada, presence::available));
  EXPECT_FALSE(says(ada, presence::available)) << "was eligible before";
  EXPECT_TRUE(pool.eligible(ada));
  EXPECT_FALSE(pool.eligible(bob));
  EXPECT_EQ(choose(), ada);
}

TEST_F(Pool, S58_NobodyAvailableLeavesItWaiting) {
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.result, decision_result::waiting);
  EXPECT_EQ(why.chosen, std::nullopt);
  rule({.enabled = true, .candidates = {{ada}, {}}, .queue = false});
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.result, decision_result::unassigned) << "the channel says queue = false";
}

TEST_F(Pool, S59_OffIgnoresAvailabilityButNotSeatAccessAndCapacity) {
  const auto free_user = acme.add_user(seat::free);
  acme.change(bob, [](user& u) { u.capacity = 0; });
  rule({.enabled = true, .candidates = {{ada, bob, free_user}, {}}, .only_available = false});
  EXPECT_EQ(choose(), ada) << "has not spoken";
  says(ada, presence::away);
  EXPECT_EQ(choose(), ada);
  EXPECT_FALSE(pool.eligible(bob)) << "the configuration's capacity counts until the agent speaks";
  EXPECT_FALSE(pool.eligible(free_user));
}

TEST(Standing, GainedIsWhoCameOrHasRoomForATypeAgain) {
  struct row {
    presence before, now;
    std::uint32_t open_before, open_now;  // of 3
    std::uint32_t chat_before, chat_now;  // of 2
    bool expected;
  };
  constexpr auto here = presence::available, away = presence::away;
  for (const auto& r : {
           row{here, here, 0, 1, 0, 1, false},
           row{here, here, 1, 0, 1, 0, false},
           row{here, here, 3, 2, 0, 0, true},
           row{here, here, 3, 3, 1, 0, false},
           row{here, here, 2, 1, 2, 1, true},
           row{here, here, 2, 3, 1, 1, false},
           row{away, here, 0, 0, 0, 0, true},
           row{here, away, 0, 0, 0, 0, false},
           row{away, away, 3, 2, 0, 0, true},
           row{here, here, 5, 3, 0, 0, false},
       }) {
    const auto standing = [](presence status, std::uint32_t open, std::uint32_t chats) {
      agent_standing one;
      one.status = status;
      one.capacity = 3;
      one.open = open;
      one.capacity_by_type[static_cast<std::size_t>(channel_type::chat)] = 2;
      one.open_of_type[static_cast<std::size_t>(channel_type::chat)] = chats;
      return one;
    };
    EXPECT_EQ(gained(standing(r.before, r.open_before, r.chat_before), standing(r.now, r.open_now, r.chat_now)), r.expected)
        << r.open_before << " to " << r.open_now << ", chats " << r.chat_before << " to " << r.chat_now;
  }
}

TEST_F(Pool, A33_AtCapacityOneIsSkipped) {
  says(ada, presence::available, 0, 1);
  says(bob, presence::available, 5, 6);
  EXPECT_EQ(choose(), ada);
  EXPECT_FALSE(pool.eligible(ada));
  EXPECT_EQ(choose(), bob);
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::away, 1}, {exclusion::at_capacity, 2}}));
  EXPECT_TRUE(says(bob, presence::available, 5, 6)) << "freed capacity makes them eligible";
}

TEST_F(Pool, A33_CapacityByTypeCountsThatTypeAlone) {
  const auto type = acme.of(over).type;
  const auto other = type == channel_type::chat ? channel_type::email : channel_type::chat;
  const auto comes = [&](user_id who, channel_type of, std::uint32_t open, std::uint32_t limit) {
    agent_standing now{who, ++epoch, presence::available, presence_reason::manual, open, 10u, noon};
    now.open_of_type[static_cast<std::size_t>(of)] = open;
    now.capacity_by_type[static_cast<std::size_t>(of)] = limit;
    pool.update(now);
  };
  comes(ada, type, 1, 2);
  comes(bob, other, 2, 2);
  EXPECT_EQ(choose(), ada);
  EXPECT_FALSE(pool.eligible(ada)) << "two of that type";
  EXPECT_EQ(choose(), bob) << "full of the other type only";
  pool.release(ada);
  EXPECT_TRUE(pool.eligible(ada));
}

TEST(Standing, A33_RoomIsTheLeastOfAllAndOfTheType) {
  const auto chat = static_cast<std::size_t>(channel_type::chat);
  agent_standing now;
  EXPECT_GT(now.room(channel_type::chat), 1'000'000u) << "no limit";
  now.capacity = 5;
  now.open = 3;
  EXPECT_EQ(now.room(channel_type::chat), 2u);
  now.capacity_by_type[chat] = 2;
  now.open_of_type[chat] = 1;
  EXPECT_EQ(now.room(channel_type::chat), 1u);
  EXPECT_EQ(now.room(channel_type::email), 2u);
  now.open_of_type[chat] = 3;
  EXPECT_EQ(now.room(channel_type::chat), 0u) << "more than the limit, by hand";
  now.open = 9;
  EXPECT_TRUE(now.at_capacity(channel_type::email));
}

TEST_F(Pool, OlderStandingsChangeNothing) {
  EXPECT_TRUE(pool.update({ada, 10, presence::available, presence_reason::manual, 1, std::nullopt, noon}));
  EXPECT_FALSE(pool.update({ada, 10, presence::away, presence_reason::manual, 1, std::nullopt, noon}));
  EXPECT_FALSE(pool.update({ada, 9, presence::away, presence_reason::manual, 1, std::nullopt, noon}));
  EXPECT_TRUE(pool.eligible(ada));
  EXPECT_FALSE(pool.update({user_id{999}, 11, presence::available, presence_reason::manual, 1, std::nullopt, noon}));
  EXPECT_FALSE(pool.holds({999}));
}

TEST_F(Pool, WhoIsSkippedIsNotAskedAndTheDecisionSaysWhy) {
  all_come();
  EXPECT_EQ(choose({{ada, 0, exclusion::declined}, {bob, 0, std::nullopt}, {ada, 0, exclusion::declined}}), cyd);
  EXPECT_EQ(why.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::refused_offer, 1}, {exclusion::declined, 1}}));
  EXPECT_EQ(why.seen,
            (std::vector<considered>{{cyd, 0, std::nullopt}, {ada, 0, exclusion::declined}, {bob, 0, exclusion::refused_offer}}));
  EXPECT_EQ(choose({{ada}, {bob}, {cyd}}), std::nullopt);
  EXPECT_TRUE(pool.eligible(ada)) << "skipped for one conversation only";
  EXPECT_EQ(choose(), ada);
  EXPECT_TRUE(why.excluded.empty());
}

TEST_F(Pool, SkippingShowsBeforeAnyOtherReasonAndIgnoresStrangers) {
  says(bob, presence::away);
  EXPECT_EQ(choose({{bob, 0, exclusion::declined}, {user_id{999}, 0, exclusion::declined}}), std::nullopt);
  EXPECT_EQ(why.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::away, 2}, {exclusion::declined, 1}}));
  EXPECT_EQ(why.seen.front(), (considered{bob, 0, exclusion::declined}));
}

TEST_F(Pool, ReleaseTakesBackWhatWasCounted) {
  says(ada, presence::available, 0, 2, noon);
  EXPECT_EQ(choose({}, 0, noon + 1h), ada);
  EXPECT_EQ(choose({}, 0, noon + 2h), ada);
  EXPECT_FALSE(pool.eligible(ada));
  pool.release(ada);
  EXPECT_TRUE(pool.eligible(ada));
  pool.release(ada);
  pool.release(ada);
  says(bob, presence::available, 0, 2, noon + 1ms);
  EXPECT_EQ(choose(), ada) << "idle since noon again";
  EXPECT_EQ(why.seen.front(), (considered{ada, 0, std::nullopt}));
}

TEST_F(Pool, ReleaseAfterANewerStandingTakesNothing) {
  says(ada, presence::available, 0, 2);
  EXPECT_EQ(choose(), ada);
  says(ada, presence::available, 1, 2);
  pool.release(ada);
  EXPECT_EQ(choose(), ada);
  EXPECT_EQ(why.seen.front().open, 1u);
  EXPECT_FALSE(pool.eligible(ada));
  pool.release({999});
}

TEST_F(Pool, A39_TakeCountsTheSameAgent) {
  says(ada, presence::available, 0, 1);
  ASSERT_TRUE(pool.eligible(ada));
  pool.take(ada, noon);
  EXPECT_FALSE(pool.eligible(ada));
  pool.release(ada);
  EXPECT_TRUE(pool.eligible(ada));
}

TEST_F(Pool, ANewConfigurationKeepsStandingsAndWhatWasCounted) {
  says(bob, presence::available, 0, 1);
  EXPECT_EQ(choose(), bob);
  rule({.enabled = true, .candidates = {{bob, cyd}, {}}});
  EXPECT_FALSE(pool.eligible(bob));
  EXPECT_FALSE(pool.holds(ada));
  pool.release(bob);
  EXPECT_TRUE(pool.eligible(bob));
  acme.change(bob, [](user& u) { u.seat = seat::free; });
  configure();
  EXPECT_FALSE(pool.eligible(bob)) << "lost the seat";
  EXPECT_TRUE(pool.holds(bob)) << "stays listed: S62";
  EXPECT_EQ(pool.members(), std::vector{cyd});
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.config_revision, acme.config.revision);
  EXPECT_EQ(why.channel, over);
}

TEST_F(Pool, TheDecisionNamesSixteenAtMostAndCountsAll) {
  std::vector<user_id> crowd;
  crowd.reserve(100);
  for (int i = 0; i < 100; ++i) crowd.push_back(acme.add_agent());
  rule({.enabled = true, .candidates = {crowd, {}}});
  for (int i = 0; i < 50; ++i) says(crowd[i], presence::available, 1 + i % 2, std::nullopt, noon + milliseconds{50 - i});
  EXPECT_EQ(choose(), crowd[48]);
  ASSERT_EQ(why.seen.size(), decision_seen_max);
  EXPECT_EQ(why.seen[0].user, crowd[48]);
  EXPECT_EQ(why.seen[1], (considered{crowd[50], 0, exclusion::away}));
  EXPECT_EQ(why.excluded.at(exclusion::away), 50u);
  EXPECT_EQ(why.candidates, 100u);
  for (int i = 50; i < 100; ++i) says(crowd[i], presence::available, 7);
  EXPECT_EQ(choose(), crowd[46]);
  EXPECT_TRUE(why.excluded.empty());
  EXPECT_EQ(why.seen[1].user, crowd[44]) << "the runner-up";
  EXPECT_EQ(why.seen[2].user, crowd[0]);
  EXPECT_EQ(why.seen.size(), decision_seen_max);
}

TEST_F(Pool, A25_OutsideBusinessHoursNobodyIsAvailableAndItWaits) {
  all_come();
  EXPECT_TRUE(pool.set_open(false));
  EXPECT_FALSE(pool.set_open(false));
  EXPECT_FALSE(pool.anyone_eligible());
  EXPECT_FALSE(pool.eligible(ada));
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.result, decision_result::waiting);
  EXPECT_EQ(why.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::business_hours, 3}}));
  EXPECT_EQ(rule_of(exclusion::business_hours), "A25");
  EXPECT_FALSE(says(ada, presence::available)) << "nobody becomes eligible by coming";
  configure();
  EXPECT_FALSE(pool.anyone_eligible()) << "a new configuration opens nothing";
  pool.set_open(true);
  EXPECT_TRUE(choose());
}

TEST_F(Pool, A25_TheChannelIsLookedAtFirstThenThePerson) {
  says(ada, presence::available);
  says(bob, presence::away);
  acme.change(cyd, [](user& u) { u.seat = seat::free; });
  configure();
  pool.set_open(false);
  EXPECT_EQ(choose(), std::nullopt);
  EXPECT_EQ(why.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::business_hours, 2}, {exclusion::free_seat, 1}}));
  pool.set_open(true);
  EXPECT_EQ(choose(), ada);
  EXPECT_EQ(why.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::away, 1}, {exclusion::free_seat, 1}}));
}

TEST_F(Pool, A25_S59_ARuleThatDoesNotLookAtAvailabilityDoesNotLookAtBusinessHours) {
  rule({.enabled = true, .candidates = {{ada}, {}}, .only_available = false});
  pool.set_open(false);
  EXPECT_EQ(choose(), ada);
}

}  // namespace
}  // namespace signalbox
