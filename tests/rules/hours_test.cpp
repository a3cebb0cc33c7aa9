#include "rules/hours.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/sample_zones.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

const sample_zones zones;

time_point at(const std::string& text) { return parse_time(text + ":00Z").value(); }
std::chrono::sys_days day(const std::string& text) { return std::chrono::floor<std::chrono::days>(at(text + "T00:00")); }

enum weekday_number : std::uint8_t { mon, tue, wed, thu, fri, sat, sun };
working_span span(std::uint8_t weekday, int from_hour, int to_hour, int from_minute = 0, int to_minute = 0) {
  return {weekday, static_cast<std::uint16_t>(60 * from_hour + from_minute),
          static_cast<std::uint16_t>(60 * to_hour + to_minute)};
}
timetable nine_to_five(const std::string& zone) {
  timetable table{zone, {}, {}};
  for (const auto weekday : {mon, tue, wed, thu, fri}) table.hours.push_back(span(weekday, 9, 17));
  return table;
}
/// When it begins and ends, from a time on.
std::vector<std::string> changes_of(const timetable& table, time_point from, std::size_t count) {
  std::vector<std::string> all;
  auto state = hours_at(table, &zones, from);
  while (all.size() < count && state.changes_at) {
    const auto when = *state.changes_at;
    const auto before = state.within;
    state = hours_at(table, &zones, when);
    EXPECT_NE(state.within, before);
    all.push_back(to_text(when).substr(0, 16) + (state.within ? " in" : " out"));
  }
  return all;
}
using list = std::vector<std::string>;

TEST(Hours, A27_TheyAreOfTheWallClockInTheUsersOwnZoneBeforeAndAfterDaylightSavingBegins) {
  EXPECT_EQ(changes_of(nine_to_five("Europe/Berlin"), at("2026-03-27T00:00"), 4),
            (list{"2026-03-27T08:00 in", "2026-03-27T16:00 out", "2026-03-30T07:00 in", "2026-03-30T15:00 out"}));
  EXPECT_EQ(changes_of(nine_to_five("America/New_York"), at("2026-10-30T00:00"), 4),
            (list{"2026-10-30T13:00 in", "2026-10-30T21:00 out", "2026-11-02T14:00 in", "2026-11-02T22:00 out"}));
  EXPECT_EQ(changes_of(nine_to_five("Asia/Kolkata"), at("2026-03-27T12:00"), 1), list{"2026-03-30T03:30 in"});
}

TEST(Hours, A27_ASpanThatBeginsInTheSkippedHourBeginsWithTheNextOne) {
  const timetable table{"Europe/Berlin", {span(sun, 2, 10, 30)}, {}};
  EXPECT_EQ(changes_of(table, at("2026-03-28T12:00"), 2), (list{"2026-03-29T01:00 in", "2026-03-29T08:00 out"}));
}

TEST(Hours, A27_ASpanWithinTheSkippedHourIsLeftOutThatDay) {
  const timetable table{"Europe/Berlin", {span(sun, 2, 3)}, {}};
  EXPECT_EQ(changes_of(table, at("2026-03-28T12:00"), 1), list{"2026-04-05T00:00 in"});
}

TEST(Hours, A27_AnHourThatComesTwiceCountsTwice) {
  const timetable table{"Europe/Berlin", {span(sun, 1, 2, 0, 30)}, {}};
  EXPECT_EQ(changes_of(table, at("2026-10-24T12:00"), 4),
            (list{"2026-10-24T23:00 in", "2026-10-25T00:30 out", "2026-10-25T01:00 in", "2026-10-25T01:30 out"}));
}

TEST(Hours, A27_ASpanMayCrossMidnightAndTheWeeksEnd) {
  const timetable crossing{"UTC", {span(sun, 22, 6)}, {}};
  const timetable two{"UTC", {span(sun, 22, 24), span(mon, 0, 6)}, {}};
  const list expected{"2026-03-29T22:00 in", "2026-03-30T06:00 out", "2026-04-05T22:00 in"};
  EXPECT_EQ(changes_of(crossing, at("2026-03-27T00:00"), 3), expected);
  EXPECT_EQ(changes_of(two, at("2026-03-27T00:00"), 3), expected) << "spans that touch are one: no boundary at midnight";
}

TEST(Hours, A27_NoHoursOrAllOfThemAreAlwaysWithin) {
  EXPECT_EQ(hours_at({"Europe/Berlin", {}, {}}, &zones, at("2026-03-27T00:00")), hours_state{});
  timetable whole{"Europe/Berlin", {}, {}};
  for (std::uint8_t weekday = mon; weekday <= sun; ++weekday) whole.hours.push_back(span(weekday, 0, 24));
  EXPECT_EQ(hours_at(whole, &zones, at("2026-03-27T00:00")), hours_state{});
}

TEST(Hours, A25_AHolidayTakesItsWholeDayThere) {
  auto table = nine_to_five("Europe/Berlin");
  table.holidays = {day("2026-12-24"), day("2026-12-25")};
  EXPECT_EQ(changes_of(table, at("2026-12-23T12:00"), 2), (list{"2026-12-23T16:00 out", "2026-12-28T08:00 in"}));
  const timetable only_holidays{"Europe/Berlin", {}, {day("2026-12-25")}};
  EXPECT_EQ(changes_of(only_holidays, at("2026-12-23T12:00"), 9), (list{"2026-12-24T23:00 out", "2026-12-25T23:00 in"}));
}

TEST(Hours, AZoneThatIsNotKnownCountsAsUtc) {
  EXPECT_EQ(changes_of(nine_to_five("Mars/Phobos"), at("2026-03-27T00:00"), 1), list{"2026-03-27T09:00 in"});
  EXPECT_TRUE(hours_at(nine_to_five("Europe/Berlin"), nullptr, at("2026-03-27T09:00")).within);
}

/// Minute by minute, without any thought for the next change.
bool within_by_looking(const timetable& table, time_point when) {
  const auto found = zones.find(table.time_zone, when);
  const auto wall = when + found->offset;
  const auto today = std::chrono::floor<std::chrono::days>(wall);
  if (std::find(table.holidays.begin(), table.holidays.end(), today) != table.holidays.end()) return false;
  if (table.hours.empty()) return true;
  const auto minute = std::chrono::floor<std::chrono::minutes>(wall - today).count();
  const auto weekday = static_cast<int>(std::chrono::weekday{today}.iso_encoding()) - 1;
  for (const auto& one : table.hours) {
    const bool crosses = one.from_minute > one.to_minute;
    if (one.weekday == weekday && minute >= one.from_minute && (crosses || minute < one.to_minute)) return true;
    if (crosses && (one.weekday + 1) % 7 == weekday && minute < one.to_minute) return true;
  }
  return false;
}

TEST(Hours, AtTheEndsOfTimeNothingOverflows) {
  timetable holidays{"Asia/Kolkata", {}, {day("1970-01-01"), day("9999-12-31")}};
  for (const auto& table : {nine_to_five("Asia/Kolkata"), nine_to_five("Europe/Berlin"), holidays})
    for (const auto moment : {earliest_time, latest_time, latest_time - 1ms, latest_time + 24h}) {
      const auto state = hours_at(table, &zones, moment);
      if (!state.changes_at) continue;
      EXPECT_GT(*state.changes_at, moment);
      EXPECT_LE(*state.changes_at, latest_time);
    }
  EXPECT_FALSE(hours_at(nine_to_five("UTC"), &zones, latest_time).changes_at) << "after the last moment nothing changes";
}

TEST(Hours, TheNextChangeIsExactlyWhenLookingAtEachMinuteFindsIt) {
  std::mt19937 random{27};
  const auto below = [&](unsigned n) { return random() % n; };
  const std::vector<std::string> names{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"};
  const std::vector<time_point> starts{at("2026-03-28T00:00"), at("2026-10-24T00:00"), at("2026-03-07T12:00"),
                                       at("2026-10-31T12:00")};
  for (int round = 0; round < 300; ++round) {
    timetable table{names[below(4)], {}, {}};
    for (auto left = below(5); left > 0; --left) {
      const auto from = static_cast<std::uint16_t>(below(48) * 30);
      const auto to = static_cast<std::uint16_t>((from + 30 + below(46) * 30) % 1440);
      table.hours.push_back({static_cast<std::uint8_t>(below(7)), from, to});
    }
    const auto start = starts[below(4)] + std::chrono::minutes{below(1440)};
    if (below(3) == 0) table.holidays.push_back(std::chrono::floor<std::chrono::days>(start) + std::chrono::days{below(3)});
    const auto said = hours_at(table, &zones, start);
    ASSERT_EQ(said.within, within_by_looking(table, start)) << "round " << round;
    std::optional<time_point> changed;
    for (auto when = start + 1min; when < start + 24h * 9 && !changed; when += 1min)
      if (within_by_looking(table, when) != said.within) changed = when;
    if (changed || (said.changes_at && *said.changes_at < start + 24h * 9)) {
      ASSERT_EQ(said.changes_at, changed) << "round " << round << " from " << to_text(start) << " in " << table.time_zone;
    }
  }
}

TEST(Hours, SmallStepsBackAreWaitedOutAndLargeOnesBelieved) {
  forward_time believed;
  const auto noon = at("2026-03-27T12:00");
  EXPECT_EQ(believed(noon), noon);
  EXPECT_EQ(believed(noon - 1s), noon);
  EXPECT_EQ(believed(noon - 1min), noon);
  EXPECT_EQ(believed(noon + 1ms), noon + 1ms);
  EXPECT_EQ(believed(noon - 1h), noon - 1h);
  EXPECT_EQ(believed(noon - 30min), noon - 30min);
}

}  // namespace
}  // namespace signalbox
