#include "rules/what_if.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/rules/sample_account.hpp"
#include "tests/support/sample_zones.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

struct WhatIf : testing::Test {
  sample_account acme;
  inbox_id in = acme.add_inbox();
  channel_id over = acme.add_channel(in);
  user_id ada = acme.add_agent();
  user_id bob = acme.add_agent();
  what_if_period given{noon, noon + 8h};

  void SetUp() override { rule({.enabled = true, .candidates = {{ada, bob}, {}}}); }
  void rule(assignment_rule wanted) {
    acme.change(over, [&](channel& c) { c.assignment = std::move(wanted); });
  }
  void comes(milliseconds after, std::optional<milliseconds> held = 1h, contact_standing contact = {}) {
    given.arrivals.push_back({{given.arrivals.size() + 1}, noon + after, held, std::nullopt, contact});
  }
  void turns(user_id who, presence status, milliseconds after = -1h) { given.presences.push_back({noon + after, who, status}); }
  void both_are_there() {
    turns(ada, presence::available);
    turns(bob, presence::available);
  }
  std::vector<placement> run(const time_zones* zones = nullptr) const { return what_if(acme.config, over, given, zones); }
  std::vector<std::optional<user_id>> who() const {
    std::vector<std::optional<user_id>> out;
    for (const auto& one : run()) out.push_back(one.user);
    return out;
  }
  using list = std::vector<std::optional<user_id>>;
};

TEST_F(WhatIf, S49_OffNobodyGetsAnything) {
  rule({.enabled = false, .candidates = {{ada}, {}}});
  both_are_there();
  comes(0ms);
  EXPECT_EQ(who(), list{std::nullopt});
}

TEST_F(WhatIf, S51_EveryStrategyChoosesAsItDoesWhenItRoutes) {
  both_are_there();
  comes(0min, 5h);
  comes(1min, 1min);
  comes(3min);
  EXPECT_EQ(who(), (list{ada, bob, bob})) << "fewest open";
  rule({.enabled = true, .candidates = {{ada, bob}, {}}, .strategy = strategy::round_robin});
  EXPECT_EQ(who(), (list{ada, bob, ada}));
  rule({.enabled = true, .candidates = {{ada, bob}, {}}, .strategy = strategy::random});
  EXPECT_EQ(who(), who()) << "the same chance every time";
}

TEST_F(WhatIf, S57_S58_WhoComesLaterIsGivenTheOldestFirst) {
  turns(ada, presence::available, 30min);
  comes(0min);
  comes(10min);
  const auto all = run();
  EXPECT_EQ(all[0].user, ada);
  EXPECT_EQ(all[0].waited, 30min);
  EXPECT_EQ(all[1].waited, 20min);
  EXPECT_EQ(all[1].until, noon + 90min) << "held as long as it was";
}

TEST_F(WhatIf, S58_WithoutAQueueNobodyGetsItLater) {
  rule({.enabled = true, .candidates = {{ada}, {}}, .queue = false});
  turns(ada, presence::available, 30min);
  comes(0min);
  comes(31min);
  EXPECT_EQ(who(), (list{std::nullopt, ada}));
}

TEST_F(WhatIf, S59_TheUnavailableTooWhenTheRuleSaysSo) {
  rule({.enabled = true, .candidates = {{ada}, {}}, .only_available = false});
  comes(0min);
  EXPECT_EQ(who(), list{ada});
}

TEST_F(WhatIf, A33_CapacityHoldsAndACloseMakesRoom) {
  acme.change(ada, [](user& u) { u.capacity = 1; });
  rule({.enabled = true, .candidates = {{ada}, {}}});
  both_are_there();
  comes(0min, 20min);
  comes(5min, 0min);
  comes(6min);
  const auto all = run();
  EXPECT_EQ(all[1].waited, 15min);
  EXPECT_EQ(all[2].waited, 14min) << "the one before was closed in the same moment";
  EXPECT_EQ(figures_of(all, {}).users.at(ada), (user_share{3, 1}));
}

TEST_F(WhatIf, S18_A17_SeatAndAccessStillCount) {
  both_are_there();
  acme.change(ada, [](user& u) { u.seat = seat::free; });
  comes(0min);
  EXPECT_EQ(who(), list{bob});
  acme.restrict_to(in, {ada});
  EXPECT_EQ(who(), list{std::nullopt});
}

TEST_F(WhatIf, A32_GoingAwayTakesNothingAwayAndGivesNothing) {
  turns(ada, presence::available);
  turns(ada, presence::away, 10min);
  comes(0min);
  comes(10min);
  EXPECT_EQ(who(), (list{ada, std::nullopt})) << "who goes at that moment is gone";
}

TEST_F(WhatIf, A25_OutsideBusinessHoursItWaitsForThem) {
  acme.change(over, [](channel& c) { c.business_hours = timetable{"UTC", {{0, 13 * 60, 14 * 60}}, {}}; });
  both_are_there();
  comes(0min);
  comes(3h);
  const sample_zones zones;
  const auto all = run(&zones);
  EXPECT_EQ(all[0].waited, 1h);
  EXPECT_EQ(all[1].user, std::nullopt);
}

TEST_F(WhatIf, S52_S53_TheOwnerFirstTheFallbackPeopleForTheRest) {
  rule({.enabled = true, .assign_to = assign_to::contact_owner, .fallback = {{bob}, {}}});
  both_are_there();
  comes(0min, 1h, {{7}, ada, true});
  comes(1min, 1h, {{8}, ada, false});
  comes(2min, 1h, {{9}, std::nullopt, true});
  EXPECT_EQ(who(), (list{ada, bob, bob}));
}

TEST_F(WhatIf, S55_WaitsForAnOwnerWhoIsAwayAndHoldsUpNobodyElse) {
  rule({.enabled = true, .assign_to = assign_to::contact_owner, .fallback = {{bob}, {}}});
  turns(bob, presence::available);
  turns(ada, presence::available, 40min);
  comes(0min, 1h, {{7}, ada, true});
  comes(1min);
  const auto all = run();
  EXPECT_EQ(all[0].user, ada);
  EXPECT_EQ(all[0].waited, 40min);
  EXPECT_EQ(all[1].user, bob);
  EXPECT_EQ(all[1].waited, 0min);
}

TEST_F(WhatIf, WhatWasClosedBeforeAnybodyWasThereIsNobodys) {
  turns(ada, presence::available, 1h);
  comes(0min, std::nullopt);
  given.arrivals.back().closed_at = noon + 30min;
  const auto all = run();
  EXPECT_EQ(all[0].user, std::nullopt);
  EXPECT_EQ(all[0].until, noon + 30min);
}

TEST_F(WhatIf, NothingAfterThePeriodCounts) {
  turns(ada, presence::available, 8h);
  comes(0min);
  EXPECT_EQ(who(), list{std::nullopt});
  given.arrivals.clear();
  EXPECT_TRUE(run().empty());
}

TEST_F(WhatIf, FiguresAreOfTheAssignedAndNameThoseWhoGotNothing) {
  std::vector<placement> all;
  for (int i = 1; i <= 100; ++i) all.push_back({{static_cast<std::uint64_t>(i)}, noon, ada, milliseconds{i}, noon + 1h});
  all.push_back({{101}, noon, std::nullopt});
  const std::vector named{ada, bob};
  const auto figures = figures_of(all, named);
  EXPECT_EQ(figures.assigned, 100u);
  EXPECT_EQ(figures.unassigned, 1u);
  EXPECT_EQ(figures.wait_p50, 50ms);
  EXPECT_EQ(figures.wait_p95, 95ms);
  EXPECT_EQ(figures.wait_max, 100ms);
  EXPECT_EQ(figures.users.at(ada), (user_share{100, 100}));
  EXPECT_EQ(figures.users.at(bob), user_share{});
  EXPECT_EQ(figures_of({}, named).wait_p50, std::nullopt);
}

TEST_F(WhatIf, A33_HoldsWhateverComesAndNobodyWaitsBesideAFreeAgent) {
  acme.change(ada, [](user& u) { u.capacity = 3; });
  acme.change(bob, [](user& u) { u.capacity = 2; });
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::mt19937_64 rolls{seed};
    given = {noon, noon + 8h};
    milliseconds at{0};
    for (int i = 0; i < 300; ++i) {
      at += milliseconds{rolls() % 180'000};
      comes(at, milliseconds{rolls() % 1'200'000});
      if (rolls() % 5 == 0)
        turns(rolls() % 2 ? ada : bob, rolls() % 3 ? presence::available : presence::away, at + milliseconds{rolls() % 1000});
    }
    std::sort(given.presences.begin(), given.presences.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    std::erase_if(given.arrivals, [&](const auto& one) { return one.at >= given.to; });
    const auto all = run();
    const auto figures = figures_of(all, {});
    for (const auto& [user, share] : figures.users) EXPECT_LE(share.open_most, user == ada ? 3u : 2u) << "seed " << seed;
    EXPECT_EQ(figures.assigned + figures.unassigned, given.arrivals.size());
    std::optional<time_point> last;
    for (const auto& one : all) {
      if (!one.user) continue;
      EXPECT_TRUE(!last || *last <= one.at + one.waited) << "oldest first, seed " << seed;
      last = one.at + one.waited;
    }
    EXPECT_EQ(all, run());
  }
}

TEST(WhatIfPeriod, IsRefusedByTheEndThatIsWrong) {
  struct {
    const char* what;
    time_point from, to;
    std::optional<std::string> pointer;
  } const table[]{
      {"a day of before", noon - 48h, noon - 24h, std::nullopt},
      {"up to now", noon - 24h, noon, std::nullopt},
      {"31 days", noon - 24h * 31, noon, std::nullopt},
      {"a moment longer", noon - 24h * 31 - 1ms, noon, "/to"},
      {"into the future", noon - 24h, noon + 1ms, "/to"},
      {"backwards", noon - 24h, noon - 25h, "/to"},
      {"nothing at all", noon - 24h, noon - 24h, "/to"},
      {"90 days ago", noon - 24h * 90, noon - 24h * 80, std::nullopt},
      {"longer ago than presences are kept", noon - 24h * 90 - 1ms, noon - 24h * 80, "/from"},
  };
  for (const auto& one : table) {
    const auto no = refuse_what_if_period(one.from, one.to, noon);
    ASSERT_EQ(no.has_value(), one.pointer.has_value()) << one.what;
    if (!no) continue;
    EXPECT_EQ(no->code, refusal_code::invalid) << one.what;
    ASSERT_EQ(no->errors.size(), 1u) << one.what;
    EXPECT_EQ(no->errors[0].pointer, *one.pointer) << one.what;
  }
}

}  // namespace
}  // namespace signalbox
