// What is kept of the past: who was there, and what came.
#include "actors/what_if_reader.hpp"

#include "storage/keys.hpp"
#include "storage/presence_history.hpp"
#include "tests/actors/hours_fixture.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

struct WhatCame : at_work {
  user_id ada = w().add_agent(company, "ada");
  user_id bob = w().add_agent(company, "bob");
  time_point began = w().env().now();

  void SetUp() override { w().rule(company, chat, {ada, bob}); }
  std::vector<presence> history(user_id who) {
    std::vector<presence> all;
    for_each_presence(*w().disk, company, who, began, latest_time, [&](const kept_presence& one) {
      all.push_back(one.status);
      return true;
    });
    return all;
  }
  const account_config& config() { return *(snapshot = w().env().directory->configuration(company)); }
  what_came read(time_point from, time_point to) {
    return std::get<what_came>(read_what_came(*w().disk, config(), chat, from, to));
  }
  config_snapshot snapshot;
  using list = std::vector<presence>;
};

TEST_F(WhatCame, A26_EveryChangeOfAvailabilityIsKeptWithItsTimeOnce) {
  EXPECT_EQ(history(ada), list{}) << "a new user is away";
  w().set(company, ada, presence::available);
  w().pass(1min);
  w().set(company, ada, presence::available);
  w().pass(1min);
  w().set(company, ada, presence::away);
  w().run();
  EXPECT_EQ(history(ada), (list{presence::available, presence::away}));
  EXPECT_EQ(presence_before(*w().disk, company, ada, began + 90s)->at, began);
}

TEST_F(WhatCame, A27_TheEndOfTheWorkingHoursIsKeptToo) {
  const auto dee = add("dee");
  pass_to("2026-02-27T18:00");
  const auto last = presence_before(*w().disk, company, dee, latest_time);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->reason, presence_reason::hours);
  EXPECT_GE(last->at, at("2026-02-27T17:00"));
}

TEST_F(WhatCame, ARestartNotesWhatChangedMeanwhileAndNothingElse) {
  const auto dee = add("dee");
  const auto before = history(dee).size();
  all = std::make_unique<world>(w().crash(), settings(), at("2026-02-27T10:30"));
  EXPECT_EQ(now(dee).status, presence::available);
  w().set(company, ada, presence::available);
  w().run();
  EXPECT_EQ(history(dee).size(), before);
  all = std::make_unique<world>(w().crash(), settings(), at("2026-02-27T20:00"));
  EXPECT_EQ(now(dee).status, presence::away);
  w().set(company, ada, presence::away);
  w().run();
  EXPECT_EQ(history(dee).size(), before + 1);
}

TEST_F(WhatCame, ConversationsAreReadAsTheyWent) {
  w().set(company, ada, presence::available);
  w().pass(1min);
  const auto first = write("one");
  w().pass(10min);
  ASSERT_TRUE(std::holds_alternative<conversation>(w().command(company, ada, first, set_status{conversation_status::closed})));
  w().set(company, ada, presence::away);
  w().pass(1min);
  const auto second = write("two");
  w().pass(5min);
  w().set(company, bob, presence::available);
  w().run();
  ASSERT_EQ(assignee_of(second), bob);
  const auto to = w().env().now() + 1ms;

  const auto found = read(began, to);
  EXPECT_FALSE(found.truncated);
  ASSERT_EQ(found.actual.size(), 2u);
  EXPECT_EQ(found.actual[0].conversation, first);
  EXPECT_EQ(found.actual[0].user, ada);
  EXPECT_EQ(found.actual[0].waited, 0ms);
  EXPECT_EQ(found.period.arrivals[0].held_for, 10min);
  EXPECT_EQ(found.actual[1].user, bob);
  EXPECT_EQ(found.actual[1].waited, 5min);
  EXPECT_EQ(found.period.arrivals[1].held_for, std::nullopt) << "still open";
  EXPECT_EQ(found.period.presences.size(), 3u);

  // The rule that was in force gives what really was; another one changes it; nothing was touched.
  const auto commits = w().disk->commits();
  EXPECT_EQ(what_if(config(), chat, found.period, nullptr)[1].user, bob);
  auto changed = config();
  auto rule = *changed.channels.find(chat);
  rule.assignment.only_available = false;
  changed.channels.set(chat, rule);
  const auto other = what_if(changed, chat, found.period, nullptr);
  EXPECT_EQ(other[1].waited, 0ms);
  EXPECT_EQ(w().disk->commits(), commits);

  EXPECT_EQ(read(began, began + 5min).actual.size(), 1u);
  EXPECT_TRUE(read(to, to + 1h).actual.empty());
  EXPECT_EQ(read(began + 5min, began + 13min).actual.at(0).user, std::nullopt) << "what came of it later doesn't count";
}

TEST_F(WhatCame, MoreArrivalsThanMayBeReadEndThePeriodEarlierAndAreFlagged) {
  const auto other = w().add_channel(company, inbox, "second");
  std::vector<time_point> came;
  for (int i = 0; i < 5; ++i) {
    came.push_back(w().env().now());
    write("t" + std::to_string(i));
    w().pass(1min);
    w().publish(company, other, {{"o" + std::to_string(i), "o" + std::to_string(i)}});
    w().pass(1min);
  }
  const auto to = w().env().now();
  const auto limited = [&](what_came_limits within) {
    return std::get<what_came>(read_what_came(*w().disk, config(), chat, began, to, within));
  };
  const auto all = limited({});
  EXPECT_FALSE(all.truncated);
  EXPECT_EQ(all.actual.size(), 5u);
  EXPECT_EQ(all.period.to, to);
  EXPECT_FALSE(limited({.arrivals = 5}).truncated) << "as many as there may be, and no more came, but on another channel";
  const auto three = limited({.arrivals = 3});
  EXPECT_TRUE(three.truncated);
  EXPECT_EQ(three.actual.size(), 3u);
  EXPECT_EQ(three.period.arrivals.size(), 3u);
  EXPECT_EQ(three.period.to, came[3]) << "up to the first that isn't in it";
  const auto few = limited({.conversations_looked_at = 4});
  EXPECT_TRUE(few.truncated);
  EXPECT_EQ(few.actual.size(), 2u) << "others' conversations are looked at too";
  EXPECT_FALSE(limited({.conversations_looked_at = 10}).truncated);
  const auto none = limited({.arrivals = 0});
  EXPECT_TRUE(none.truncated);
  EXPECT_TRUE(none.actual.empty());
}

TEST_F(WhatCame, MoreChangesOfAvailabilityThanMayBeReadAreTooLarge) {
  write("t");
  for (int i = 0; i < 3; ++i) {
    w().set(company, ada, presence::available);
    w().pass(1min);
    w().set(company, bob, i % 2 == 0 ? presence::available : presence::away);
    w().pass(1min);
    w().set(company, ada, presence::away);
    w().pass(1min);
  }
  const auto to = w().env().now();
  const auto changes = read(began, to).period.presences.size();
  ASSERT_GE(changes, 6u);
  const auto limited = [&](std::size_t presences) {
    return read_what_came(*w().disk, config(), chat, began, to, {.presences = presences});
  };
  EXPECT_TRUE(std::holds_alternative<what_came>(limited(changes)));
  const auto no = limited(changes - 1);
  ASSERT_TRUE(std::holds_alternative<refusal>(no));
  EXPECT_EQ(std::get<refusal>(no).code, refusal_code::too_large);
}

TEST_F(WhatCame, S70_OtherChannelsAreOthers) {
  const auto mail = w().add_channel(company, inbox, "second");
  w().publish(company, mail, {{"x", "y"}});
  w().run();
  EXPECT_TRUE(read(began, w().env().now() + 1h).actual.empty());
  EXPECT_TRUE(std::holds_alternative<refusal>(read_what_came(*w().disk, config(), {999}, began, began + 1h)));
}

}  // namespace
}  // namespace signalbox
