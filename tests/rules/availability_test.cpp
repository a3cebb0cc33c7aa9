#include "rules/availability.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/rules/sample_account.hpp"
#include "tests/support/sample_zones.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;
constexpr milliseconds grace = 60s;
const duty always;  // no working hours, never out of office

availability_state at_work() { return {presence::available, noon - 1h, std::nullopt, false, true, std::nullopt, true}; }
availability_state gone_since(time_point when) {
  return {presence::available, noon - 1h, std::nullopt, false, false, when, true};
}

TEST(Availability, ANewUserIsAway) {
  const auto now = availability_of({}, always, grace, noon);
  EXPECT_EQ(now.status, presence::away);
  EXPECT_EQ(now.reason, presence_reason::manual);
}

TEST(Availability, A26_TheConnectedAreWhatTheySaid) {
  auto state = at_work();
  EXPECT_EQ(availability_of(state, always, grace, noon),
            (availability{presence::available, presence_reason::manual, std::nullopt}));
  state.set = presence::away;
  EXPECT_EQ(availability_of(state, always, grace, noon), (availability{presence::away, presence_reason::manual, std::nullopt}));
}

TEST(Availability, UntilIsWhenTheStatusSetByHandEnds) {
  auto state = at_work();
  state.until = noon;
  EXPECT_EQ(availability_of(state, always, grace, noon - 1ms),
            (availability{presence::available, presence_reason::manual, noon}));
  EXPECT_EQ(availability_of(state, always, grace, noon), (availability{presence::away, presence_reason::manual, std::nullopt}));
}

TEST(Availability, NoConnectionCountsOnlyBeyondTheGrace) {
  const auto state = gone_since(noon);
  EXPECT_EQ(availability_of(state, always, grace, noon + grace).status, presence::available);
  EXPECT_EQ(availability_of(state, always, grace, noon + grace + 1ms),
            (availability{presence::away, presence_reason::disconnected, std::nullopt}));
  EXPECT_EQ(availability_of(state, always, 0ms, noon + 1000h).status, presence::available) << "0 switches the grace off";
  EXPECT_EQ(availability_of(state, always, milliseconds::max(), noon + 1000h).status, presence::available);
}

TEST(Availability, TheGraceCountsFromSettingTheStatusWhenThatIsLater) {
  auto state = gone_since(noon);
  state.set_at = noon + 10min;
  EXPECT_EQ(availability_of(state, always, grace, noon + 10min + grace).status, presence::available);
  EXPECT_EQ(availability_of(state, always, grace, noon + 10min + grace + 1ms).status, presence::away);
}

TEST(Availability, WhoLetAnAssignmentLapseIsAwayForThatReasonFirst) {
  for (auto state : {at_work(), gone_since(noon - 1h), availability_state{}}) {
    state.no_ack = true;
    EXPECT_EQ(availability_of(state, always, grace, noon), (availability{presence::away, presence_reason::no_ack, std::nullopt}));
    EXPECT_FALSE(next_availability_change(state, always, grace, noon));
  }
}

TEST(Availability, SetAwayComesBeforeDisconnected) {
  auto state = gone_since(noon - 1h);
  state.set = presence::away;
  EXPECT_EQ(availability_of(state, always, grace, noon).reason, presence_reason::manual);
}

TEST(Availability, NextChangeIsExactlyWhenTheAnswerChanges) {
  std::mt19937 random{21};
  const auto moment = [&] { return noon + milliseconds{static_cast<int>(random() % 20) - 10}; };
  const auto maybe_moment = [&] { return random() % 2 ? std::optional{moment()} : std::nullopt; };
  for (int i = 0; i < 50'000; ++i) {
    availability_state state;
    state.set = random() % 3 ? presence::available : presence::away;
    state.set_at = maybe_moment();
    state.until = maybe_moment();
    state.no_ack = random() % 8 == 0;
    state.was_available = random() % 2;
    state.connected = random() % 2;
    if (!state.connected) state.disconnected_since = maybe_moment();
    const milliseconds within{random() % 6};
    const auto start = moment();
    const auto first = availability_of(state, always, within, start);
    std::optional<time_point> changed;
    for (auto at = start + 1ms; at < noon + 40ms && !changed; at += 1ms)
      if (availability_of(state, always, within, at) != first) changed = at;
    ASSERT_EQ(next_availability_change(state, always, within, start), changed) << "round " << i;
  }
}

// ---- hours. 2026-03-02, the day of `noon`, is a Monday.

const sample_zones zones;

struct AtHours : testing::Test {
  user who;
  availability_state state;
  AtHours() {
    who.time_zone = "UTC";
    for (std::uint8_t weekday = 0; weekday < 5; ++weekday) who.working_hours.push_back({weekday, 9 * 60, 17 * 60});
    state.connected = true;
    state.was_available = true;
  }
  /// A time of day of the Monday, or days later.
  static time_point at(int hour, int days = 0) { return noon - 12h + std::chrono::hours{hour} + std::chrono::days{days}; }
  void say(presence what, time_point when, std::optional<time_point> until = std::nullopt) {
    state.was_available = state.was_available || what == presence::available;
    state.set = what;
    state.set_at = when;
    state.until = until;
  }
  [[nodiscard]] availability now(time_point when) const {
    return availability_of(state, duty_of(who, state, &zones, when), grace, when);
  }
  static availability available(presence_reason why, std::optional<time_point> until) {
    return {presence::available, why, until};
  }
  static availability away(presence_reason why, std::optional<time_point> until) { return {presence::away, why, until}; }
};
using why = presence_reason;

TEST_F(AtHours, A27_OutsideWorkingHoursTheUserIsAwayAndWithinThemAvailable) {
  say(presence::available, at(10, -7));
  EXPECT_EQ(now(at(9) - 1ms), away(why::hours, at(9)));
  EXPECT_EQ(now(at(9)), available(why::hours, at(17)));
  EXPECT_EQ(now(at(17) - 1ms), available(why::hours, at(17)));
  EXPECT_EQ(now(at(17)), away(why::hours, at(9, 1)));
  EXPECT_EQ(now(at(12, 5)), away(why::hours, at(9, 7))) << "Saturday";
}

TEST_F(AtHours, A27_TheHoursAreThoseOfTheUsersZone) {
  who.time_zone = "America/New_York";
  say(presence::available, at(10, -7));
  EXPECT_EQ(now(noon), away(why::hours, at(14)));
  EXPECT_EQ(now(at(14)), available(why::hours, at(22)));
}

TEST_F(AtHours, ANewUserIsAwayWithinTheirHoursTooUntilTheySayOtherwise) {
  state.was_available = false;
  EXPECT_EQ(now(noon), away(why::manual, std::nullopt));
  EXPECT_EQ(now(at(20)), away(why::manual, std::nullopt));
  say(presence::away, at(8));
  EXPECT_EQ(now(noon), away(why::manual, std::nullopt)) << "away is not otherwise";
  say(presence::available, noon);
  EXPECT_EQ(now(noon).status, presence::available);
  EXPECT_EQ(now(noon + 24h), available(why::hours, at(17, 1)));
}

TEST_F(AtHours, A29_AvailableByHandOutsideHoursHoldsToTheNextBoundary) {
  say(presence::available, at(20));
  EXPECT_EQ(now(at(20)), available(why::manual, at(9, 1)));
  EXPECT_EQ(now(at(9, 1) - 1ms), available(why::manual, at(9, 1)));
  EXPECT_EQ(now(at(9, 1)), available(why::hours, at(17, 1)));
  EXPECT_EQ(now(at(17, 1)), away(why::hours, at(9, 2)));
}

TEST_F(AtHours, A29_AwayByHandWithinHoursHoldsToTheNextBoundary) {
  say(presence::away, noon);
  EXPECT_EQ(now(at(16)), away(why::manual, at(17)));
  EXPECT_EQ(now(at(17)), away(why::hours, at(9, 1)));
  EXPECT_EQ(now(at(9, 1)), available(why::hours, at(17, 1)));
}

TEST_F(AtHours, A29_AvailableByHandWithinHoursEndsWithThem) {
  say(presence::available, noon);
  EXPECT_EQ(now(at(13)), available(why::manual, at(17)));
  EXPECT_EQ(now(at(17)), away(why::hours, at(9, 1)));
}

TEST_F(AtHours, A29_WithoutWorkingHoursAStatusSetByHandHolds) {
  who.working_hours.clear();
  say(presence::away, noon);
  EXPECT_EQ(now(noon + 1000h), away(why::manual, std::nullopt));
  say(presence::available, noon);
  EXPECT_EQ(now(noon + 1000h), available(why::manual, std::nullopt));
}

TEST_F(AtHours, A29_UntilWinsOverTheBoundaryInBothDirections) {
  say(presence::available, noon, at(20));
  EXPECT_EQ(now(at(19)), available(why::manual, at(20)));
  EXPECT_EQ(now(at(20)), away(why::manual, at(9, 1)));
  EXPECT_EQ(now(at(9, 1)), available(why::hours, at(17, 1)));
  say(presence::available, noon, at(14));
  EXPECT_EQ(now(at(14)), away(why::manual, at(17))) << "they said when it ends";
  say(presence::away, noon, at(14));
  EXPECT_EQ(now(at(13)), away(why::manual, at(14)));
  EXPECT_EQ(now(at(14)), available(why::hours, at(17)));
  say(presence::away, noon, at(10, 1));
  EXPECT_EQ(now(at(20)), away(why::manual, at(10, 1)));
  EXPECT_EQ(now(at(9, 1)), away(why::manual, at(10, 1)));
  EXPECT_EQ(now(at(10, 1)), available(why::hours, at(17, 1)));
}

TEST_F(AtHours, A28_OutOfOfficeIsAway) {
  say(presence::available, at(10, -7));
  who.out_of_office = {{at(11), at(11, 1), "trip"}};
  EXPECT_EQ(now(at(10)), available(why::hours, at(11)));
  EXPECT_EQ(now(at(11)), away(why::out_of_office, at(11, 1)));
  EXPECT_EQ(now(at(20)), away(why::out_of_office, at(11, 1)));
  EXPECT_EQ(now(at(11, 1)), available(why::hours, at(17, 1)));
}

TEST_F(AtHours, A28_SpansThatTouchAreOne) {
  who.out_of_office = {{at(8), at(10), {}}, {at(9), at(12), {}}, {at(12), at(13), {}}, {at(15), at(16), {}}};
  say(presence::available, at(10, -7));
  EXPECT_EQ(now(at(11)), away(why::out_of_office, at(13)));
  EXPECT_EQ(now(at(14)), available(why::hours, at(15)));
}

TEST_F(AtHours, A28_WhatWasSaidBeforeIsInterruptedWhatIsSaidInItHolds) {
  who.working_hours.clear();
  who.out_of_office = {{at(12), at(18), {}}};
  say(presence::available, at(10));
  EXPECT_EQ(now(at(10)), available(why::manual, at(12)));
  EXPECT_EQ(now(at(12)), away(why::out_of_office, at(18)));
  EXPECT_EQ(now(at(18)), available(why::manual, std::nullopt));
  say(presence::available, at(13));
  EXPECT_EQ(now(at(14)), available(why::manual, std::nullopt));
  say(presence::away, at(10));
  EXPECT_EQ(now(at(19)), away(why::manual, std::nullopt)) << "away by hand is not undone by a holiday";
}

TEST_F(AtHours, A28_ByHandInAnAbsenceEndsAtTheBoundaryOfTheHours) {
  who.out_of_office = {{at(0), at(0, 3), {}}};
  say(presence::available, noon);
  EXPECT_EQ(now(at(16)), available(why::manual, at(17)));
  EXPECT_EQ(now(at(17)), away(why::out_of_office, at(0, 3)));
}

TEST_F(AtHours, WhoHasNoConnectionIsAwayWithinHoursToo) {
  say(presence::available, at(10, -7));
  state.connected = false;
  state.disconnected_since = at(17, -3);
  EXPECT_EQ(now(at(9)), away(why::disconnected, std::nullopt));
  EXPECT_EQ(now(at(18)).reason, why::hours);
}

TEST_F(AtHours, WhoLetAnAssignmentLapseIsNotBroughtBackByTheirHours) {
  say(presence::available, noon);
  state.no_ack = true;
  EXPECT_EQ(now(at(10, 1)), away(why::no_ack, std::nullopt));
}

TEST_F(AtHours, NoChangeComesBeforeTheNextOneThatIsForetold) {
  std::mt19937 random{28};
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  const auto moment = [&] { return at(0) + std::chrono::minutes{30 * below(144)}; };
  const auto maybe_moment = [&] { return below(2) ? std::optional{moment()} : std::nullopt; };
  for (int round = 0; round < 300; ++round) {
    who.working_hours.clear();
    for (int left = below(4); left > 0; --left) {
      const auto from = static_cast<std::uint16_t>(30 * below(47));
      who.working_hours.push_back(
          {static_cast<std::uint8_t>(below(4)), from, static_cast<std::uint16_t>(from + 30 + 30 * below(4))});
    }
    who.out_of_office.clear();
    for (int left = below(3); left > 0; --left) {
      const auto from = moment();
      who.out_of_office.push_back({from, from + std::chrono::minutes{30 + 30 * below(40)}, {}});
    }
    std::sort(who.out_of_office.begin(), who.out_of_office.end(), [](auto& a, auto& b) { return a.from < b.from; });
    state = {};
    state.set = below(2) ? presence::available : presence::away;
    state.was_available = below(4) > 0;
    state.set_at = maybe_moment();
    if (state.set_at && below(3) == 0) state.until = *state.set_at + std::chrono::minutes{30 + 30 * below(40)};
    state.connected = below(2);
    if (!state.connected) state.disconnected_since = maybe_moment();
    auto when = moment();
    auto on_duty = duty_of(who, state, &zones, when);
    auto said = availability_of(state, on_duty, grace, when);
    auto next = next_availability_change(state, on_duty, grace, when);
    for (const auto end = when + 48h; when < end; when += 5min) {
      if (next && when >= *next) {
        on_duty = duty_of(who, state, &zones, when);
        said = availability_of(state, on_duty, grace, when);
        next = next_availability_change(state, on_duty, grace, when);
      }
      ASSERT_EQ(now(when), said) << "round " << round << " at " << to_text(when);
    }
  }
}

}  // namespace
}  // namespace signalbox
