#include "app/value_text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace signalbox {
namespace {

using std::chrono::milliseconds;

TEST(Durations, AreReadWithTheirUnit) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("15s"), milliseconds(15'000));
  EXPECT_EQ(parse_duration("10m"), milliseconds(600'000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3'600'000));
  EXPECT_EQ(parse_duration("7d"), milliseconds(604'800'000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

TEST(Durations, AnythingElseIsNone) {
  for (const auto* text : {"", "60", "s", "-1s", "+1s", "1.5s", "1 s", " 1s", "1s ", "1S", "1w", "1h30m", "0x1s",
                           "99999999999999999999s", "18446744073709551615d", "4000d"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Durations, AreShownInTheGreatestUnitThatDividesThem) {
  for (const auto* text : {"0", "1ms", "1500ms", "15s", "90s", "1m", "1h", "25h", "7d"}) {
    ASSERT_TRUE(parse_duration(text)) << text;
    EXPECT_EQ(duration_text(*parse_duration(text)), text);
  }
  EXPECT_EQ(duration_text(milliseconds(60'000)), "1m");
}

TEST(Sizes, AreReadPlainOrWithABinaryUnit) {
  EXPECT_EQ(parse_bytes("4096"), 4096u);
  EXPECT_EQ(parse_bytes("512KiB"), 512u << 10);
  EXPECT_EQ(parse_bytes("64MiB"), 64u << 20);
  EXPECT_EQ(parse_bytes("2GiB"), 2ull << 30);
  for (const auto* text : {"", "64MB", "64M", "MiB", "-1", "1.5GiB", "9999999999999999GiB"})
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  EXPECT_EQ(bytes_text(64u << 20), "64MiB");
  EXPECT_EQ(bytes_text(1000), "1000");
}

TEST(ListenAddresses, AreHostAndPort) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:8080"), (listen_address{"127.0.0.1", 8080}));
  EXPECT_EQ(parse_listen_address("localhost:0"), (listen_address{"localhost", 0}));
  EXPECT_EQ(parse_listen_address("[::1]:65535"), (listen_address{"::1", 65535}));
  EXPECT_EQ(to_text(listen_address{"::1", 80}), "[::1]:80");
  for (const auto* text : {"", "8080", ":8080", "localhost", "localhost:", "localhost:65536", "localhost:-1", "::1:80", "a b:80",
                           "[]:80", "http://localhost:80"})
    EXPECT_EQ(parse_listen_address(text), std::nullopt) << text;
}

TEST(NearestWord, ForgivesAFewLettersOnly) {
  constexpr std::array<std::string_view, 3> known{"presence_grace", "listen", "data"};
  EXPECT_EQ(nearest_word("presence_grase", known), "presence_grace");
  EXPECT_EQ(nearest_word("lisen", known), "listen");
  EXPECT_EQ(nearest_word("dtaa", known), "data");
  EXPECT_EQ(nearest_word("something", known), std::nullopt);
}

}  // namespace
}  // namespace signalbox
