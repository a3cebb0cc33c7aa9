#include "app/system_time_zones.hpp"

#include <gtest/gtest.h>

#include "tests/support/sample_zones.hpp"

namespace signalbox {
namespace {

time_point at(const char* text) { return parse_time(text).value(); }

TEST(SystemTimeZones, A27_DaylightSavingIsThatOfTheDatabase) {
  const system_time_zones zones;
  const auto winter = zones.find("Europe/Berlin", at("2026-03-28T23:00:00Z")).value();
  EXPECT_EQ(winter.offset, std::chrono::hours{1});
  EXPECT_EQ(winter.ends, at("2026-03-29T01:00:00Z"));
  const auto summer = zones.find("Europe/Berlin", winter.ends).value();
  EXPECT_EQ(summer.offset, std::chrono::hours{2});
  EXPECT_EQ(summer.begins, winter.ends);
  EXPECT_EQ(summer.ends, at("2026-10-25T01:00:00Z"));
  EXPECT_EQ(zones.find("Asia/Kolkata", winter.ends).value().offset, std::chrono::minutes{330});
}

TEST(SystemTimeZones, TheTestsZonesSayTheSame) {
  const system_time_zones zones;
  const sample_zones samples;
  for (const auto* zone : {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"})
    for (auto when = at("2026-01-01T00:00:00Z"); when < at("2027-04-01T00:00:00Z"); when += std::chrono::hours{1})
      ASSERT_EQ(zones.find(zone, when).value().offset, samples.find(zone, when).value().offset) << zone << " " << to_text(when);
}

TEST(SystemTimeZones, APeriodIsWithoutEndWhereNothingChanges) {
  const system_time_zones zones;
  const auto utc = zones.find("UTC", at("2026-01-01T00:00:00Z")).value();
  EXPECT_LT(utc.begins, earliest_time);
  EXPECT_GT(utc.ends, latest_time);
}

TEST(SystemTimeZones, NamesThatAreNoZoneAreUnknown) {
  const system_time_zones zones;
  for (const auto* name :
       {"", "Mars/Phobos", "europe/berlin", "../../etc/passwd", "Europe", "/usr/share/zoneinfo/UTC", "tzdata.zi"})
    EXPECT_FALSE(zones.find(name, at("2026-01-01T00:00:00Z"))) << name;
}

TEST(SystemTimeZones, WithoutADatabaseItSaysWhatToInstall) {
  try {
    const system_time_zones zones{"/nowhere/zoneinfo"};
    FAIL() << "there is none";
  } catch (const time_zones_missing& why) {
    EXPECT_EQ(std::string{why.what()},
              "there is no time zone database in /nowhere/zoneinfo; install the package tzdata: working hours can't be told "
              "without it");
  }
}

}  // namespace
}  // namespace signalbox
