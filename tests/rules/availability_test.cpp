#include "rules/availability.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;
constexpr milliseconds grace = 60s;

availability_state at_work() { return {presence::available, noon - 1h, std::nullopt, false, true, std::nullopt}; }
availability_state gone_since(time_point when) { return {presence::available, noon - 1h, std::nullopt, false, false, when}; }

TEST(Availability, ANewUserIsAway) {
  const auto now = availability_of({}, grace, noon);
  EXPECT_EQ(now.status, presence::away);
  EXPECT_EQ(now.reason, presence_reason::manual);
}

TEST(Availability, A26_TheConnectedAreWhatTheySaid) {
  auto state = at_work();
  EXPECT_EQ(availability_of(state, grace, noon), (availability{presence::available, presence_reason::manual, std::nullopt}));
  state.set = presence::away;
  EXPECT_EQ(availability_of(state, grace, noon), (availability{presence::away, presence_reason::manual, std::nullopt}));
}

TEST(Availability, UntilIsWhenTheStatusSetByHandEnds) {
  auto state = at_work();
  state.until = noon;
  EXPECT_EQ(availability_of(state, grace, noon - 1ms), (availability{presence::available, presence_reason::manual, noon}));
  EXPECT_EQ(availability_of(state, grace, noon), (availability{presence::away, presence_reason::manual, std::nullopt}));
}

TEST(Availability, NoConnectionCountsOnlyBeyondTheGrace) {
  const auto state = gone_since(noon);
  EXPECT_EQ(availability_of(state, grace, noon + grace).status, presence::available);
  EXPECT_EQ(availability_of(state, grace, noon + grace + 1ms),
            (availability{presence::away, presence_reason::disconnected, std::nullopt}));
  EXPECT_EQ(availability_of(state, 0ms, noon + 1000h).status, presence::available) << "0 switches the grace off";
  EXPECT_EQ(availability_of(state, milliseconds::max(), noon + 1000h).status, presence::available);
}

TEST(Availability, TheGraceCountsFromSettingTheStatusWhenThatIsLater) {
  auto state = gone_since(noon);
  state.set_at = noon + 10min;
  EXPECT_EQ(availability_of(state, grace, noon + 10min + grace).status, presence::available);
  EXPECT_EQ(availability_of(state, grace, noon + 10min + grace + 1ms).status, presence::away);
}

TEST(Availability, WhoLetAnAssignmentLapseIsAwayForThatReasonFirst) {
  for (auto state : {at_work(), gone_since(noon - 1h), availability_state{}}) {
    state.no_ack = true;
    EXPECT_EQ(availability_of(state, grace, noon), (availability{presence::away, presence_reason::no_ack, std::nullopt}));
    EXPECT_FALSE(next_availability_change(state, grace, noon));
  }
}

TEST(Availability, SetAwayComesBeforeDisconnected) {
  auto state = gone_since(noon - 1h);
  state.set = presence::away;
  EXPECT_EQ(availability_of(state, grace, noon).reason, presence_reason::manual);
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
    state.connected = random() % 2;
    if (!state.connected) state.disconnected_since = maybe_moment();
    const milliseconds within{random() % 6};
    const auto start = moment();
    const auto first = availability_of(state, within, start);
    std::optional<time_point> changed;
    for (auto at = start + 1ms; at < noon + 40ms && !changed; at += 1ms)
      if (availability_of(state, within, at) != first) changed = at;
    ASSERT_EQ(next_availability_change(state, within, start), changed) << "round " << i;
  }
}

}  // namespace
}  // namespace signalbox
