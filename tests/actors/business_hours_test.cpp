#include "tests/actors/hours_fixture.hpp"

namespace signalbox {
namespace {

/// The channel is open from eight to six, Mondays to Fridays; `ann` is always at work.
struct BusinessHours : at_work {
  user_id ann = w().add_agent(company, "ann");
  timetable weekdays{"UTC", {}, {}};
  BusinessHours() {
    w().set(company, ann, presence::available);
    w().rule(company, chat, {ann});
    for (std::uint8_t weekday = 0; weekday < 5; ++weekday) weekdays.hours.push_back({weekday, 8 * 60, 18 * 60});
  }
};

TEST_F(BusinessHours, A25_OutsideThemItWaitsAndTheDecisionSaysWhy) {
  open_at(chat, weekdays);
  EXPECT_EQ(assignee_of(write("open")), ann);
  pass_to("2026-02-27T18:00");
  const auto which = write("closed");
  EXPECT_TRUE(waits(which));
  const auto why = why_waiting(which).value();
  EXPECT_EQ(why.result, decision_result::waiting);
  EXPECT_EQ(why.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::business_hours, 1}}));
  EXPECT_EQ(why.seen, (std::vector<considered>{{ann, 1, exclusion::business_hours}}));
}

TEST_F(BusinessHours, A25_WhenTheyBeginTheOldestGoesFirst) {
  open_at(chat, weekdays);
  pass_to("2026-02-28T12:00");
  const auto socket = w().attach(company, ann);
  const auto first = write("first");
  w().pass(std::chrono::seconds{5});
  const auto second = write("second");
  pass_to("2026-03-02T08:00");
  moment();
  EXPECT_EQ(socket->assigned(), (std::vector{first, second}));
  EXPECT_EQ(w().watch.oldest_seconds(w().env().now_ns()), 0);
}

TEST_F(BusinessHours, A25_WithoutAQueueItStaysUnassigned) {
  w().rule(company, chat, {ann}, [](assignment_rule& rule) { rule.queue = false; });
  open_at(chat, weekdays);
  pass_to("2026-02-28T12:00");
  const auto which = write("t");
  EXPECT_FALSE(waits(which));
  EXPECT_EQ(why_waiting(which)->result, decision_result::unassigned);
  pass_to("2026-03-02T08:00");
  moment();
  EXPECT_EQ(assignee_of(which), std::nullopt);
}

TEST_F(BusinessHours, A25_S59_WithoutOnlyAvailableTheyAreNotLookedAt) {
  w().rule(company, chat, {ann}, [](assignment_rule& rule) { rule.only_available = false; });
  open_at(chat, weekdays);
  pass_to("2026-02-28T12:00");
  EXPECT_EQ(assignee_of(write("t")), ann);
}

TEST_F(BusinessHours, A25_AnOpenChannelStillLooksAtThePerson) {
  works(ann, {{4, 9 * 60, 11 * 60}, {0, 10 * 60, 16 * 60}});
  open_at(chat, weekdays);
  pass_to("2026-02-28T12:00");
  const auto which = write("t");
  pass_to("2026-03-02T08:00");
  moment();
  EXPECT_TRUE(waits(which)) << "the channel is open, the person not yet there";
  pass_to("2026-03-02T10:00");
  moment();
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(BusinessHours, A25_AChangeOfThemCountsAtOnce) {
  pass_to("2026-02-28T12:00");
  open_at(chat, weekdays);
  const auto which = write("t");
  EXPECT_TRUE(waits(which));
  open_at(chat, std::nullopt);
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(BusinessHours, A25_AHolidayIsClosedInTheChannelsZone) {
  weekdays.time_zone = "America/New_York";
  weekdays.holidays = {std::chrono::year{2026} / 3 / 2};
  open_at(chat, weekdays);
  pass_to("2026-03-02T15:00");
  const auto which = write("t");
  EXPECT_TRUE(waits(which));
  pass_to("2026-03-03T12:59");
  EXPECT_TRUE(waits(which));
  pass_to("2026-03-03T13:00");
  moment();
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(BusinessHours, A25_ARestartWaitsForThemToo) {
  open_at(chat, weekdays);
  pass_to("2026-02-28T12:00");
  const auto which = write("t");
  all = std::make_unique<world>(w().crash(), settings(), at("2026-03-02T07:00"));
  EXPECT_TRUE(waits(which));
  pass_to("2026-03-02T08:00");
  moment();
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(BusinessHours, A25_AClockThatIsSetForwardOpensTheChannel) {
  open_at(chat, weekdays);
  pass_to("2026-02-28T12:00");
  const auto which = write("t");
  w().set_clock(at("2026-03-02T12:00"));
  w().pass(std::chrono::seconds{1});
  moment();
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(BusinessHours, A25_OtherChannelsOfTheInboxAreNotHeldUp) {
  const auto mail = w().add_channel(company, inbox, "mail");
  w().rule(company, mail, {ann});
  open_at(chat, weekdays);
  pass_to("2026-02-28T12:00");
  const auto held = write("t");
  const auto frame = w().publish(company, mail, {{"t", "1"}});
  w().run();
  EXPECT_EQ(assignee_of(frame->results[0].conversation.value()), ann);
  EXPECT_TRUE(waits(held));
}

}  // namespace
}  // namespace signalbox
