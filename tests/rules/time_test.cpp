#include "rules/time.hpp"

#include <gtest/gtest.h>

#include <random>

namespace signalbox {
namespace {

TEST(Time, ReadsRfc3339) {
  struct {
    const char* text;
    const char* means;
  } const all[] = {
      {"2026-03-01T09:30:00Z", "2026-03-01T09:30:00.000Z"},
      {"2026-03-01T09:30:00.5Z", "2026-03-01T09:30:00.500Z"},
      {"2026-03-01T09:30:00.123Z", "2026-03-01T09:30:00.123Z"},
      {"2026-03-01T09:30:00.123999999Z", "2026-03-01T09:30:00.123Z"},
      {"2026-03-01t09:30:00z", "2026-03-01T09:30:00.000Z"},
      {"2026-03-01T09:30:00+00:00", "2026-03-01T09:30:00.000Z"},
      {"2026-03-01T09:30:00-00:00", "2026-03-01T09:30:00.000Z"},
      {"2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00.000Z"},
      {"2026-12-31T23:30:00.001-05:45", "2027-01-01T05:15:00.001Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
      {"9999-12-31T00:00:00Z", "9999-12-31T00:00:00.000Z"},
  };
  for (const auto& one : all) {
    const auto at = parse_time(one.text);
    ASSERT_TRUE(at) << one.text;
    EXPECT_EQ(to_text(*at), one.means) << one.text;
  }
}

TEST(Time, RefusesEverythingElse) {
  using namespace std::string_literals;
  const std::string all[] = {"",
                             "now",
                             "2026",
                             "2026-03-01",
                             "2026-03-01T09:30",
                             "2026-03-01T09:30:00",
                             "2026-03-01 09:30:00Z",
                             "2026-03-01T09:30:00.Z",
                             "2026-03-01T09:30:00,5Z",
                             "2026-03-01T09:30:00.1234567890Z",
                             "2026-03-01T09:30:00ZZ",
                             "2026-03-01T09:30:00Z ",
                             " 2026-03-01T09:30:00Z",
                             "2026-02-29T00:00:00Z",
                             "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z",
                             "2026-01-00T00:00:00Z",
                             "2026-01-32T00:00:00Z",
                             "2026-03-01T24:00:00Z",
                             "2026-03-01T23:60:00Z",
                             "2026-03-01T23:59:61Z",
                             "2026-03-01T09:30:00+0100",
                             "2026-03-01T09:30:00+24:00",
                             "2026-03-01T09:30:00+01:60",
                             "2026-03-01T09:30:00+1:00",
                             "1969-12-31T23:59:59Z",
                             "1970-01-01T00:00:00+00:01",
                             "9999-12-31T00:00:00.001Z",
                             "0000-01-01T00:00:00Z",
                             "-026-03-01T09:30:00Z",
                             "12026-03-01T09:30:00Z",
                             "2026-+3-01T09:30:00Z",
                             "2026-03-01T09:30:00\0Z"s,
                             "\xff\xff\xff\xff-03-01T09:30:00Z",
                             "２０２６-03-01T09:30:00Z"};
  for (const auto& text : all) EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Time, TextGivesTheTimeBack) {
  std::mt19937_64 random{11};
  const auto span = static_cast<std::uint64_t>((latest_time - earliest_time).count());
  for (int i = 0; i < 50'000; ++i) {
    const time_point before = earliest_time + milliseconds{static_cast<std::int64_t>(random() % (span + 1))};
    const auto text = to_text(before);
    ASSERT_EQ(text.size(), 24u);
    ASSERT_EQ(parse_time(text), before) << text;
  }
}

TEST(Time, DamagedTextsNeverReadAsAnotherShape) {
  // Whatever one byte does to a good text: it is refused, or it is some time in range.
  const std::string good = "2026-03-01T09:30:00.250+01:00";
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int byte = 0; byte < 256; ++byte) {
      auto text = good;
      text[at] = static_cast<char>(byte);
      if (const auto read = parse_time(text)) {
        EXPECT_GE(*read, earliest_time) << text;
        EXPECT_LE(*read, latest_time) << text;
      }
      EXPECT_FALSE(parse_time(text.substr(0, at))) << text;
    }
}

TEST(Time, KeepsItsShapeOutOfRange) {
  EXPECT_EQ(to_text(time_point::max()).size(), 24u);
  EXPECT_EQ(to_text(time_point::min()), to_text(earliest_time));
}

}  // namespace
}  // namespace signalbox
