#include "rules/ids.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace signalbox {
namespace {

TEST(Ids, TextGivesTheValueBack) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 20'000; ++i) {
    const conversation_id before{random() >> (random() % 64)};
    EXPECT_EQ(parse_id<conversation_id>(to_text(before)), before);
  }
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{31}, std::uint64_t{32}, std::numeric_limits<std::uint64_t>::max()})
    EXPECT_EQ(parse_id<user_id>(to_text(user_id{value})), user_id{value});
}

TEST(Ids, KnownTexts) {
  EXPECT_EQ(to_text(user_id{0}), "usr_0000000000000");
  EXPECT_EQ(to_text(conversation_id{33}), "cnv_0000000000011");
  EXPECT_EQ(to_text(webhook_id{std::numeric_limits<std::uint64_t>::max()}), "whk_FZZZZZZZZZZZZ");
}

TEST(Ids, TextsSortLikeValues) {
  std::mt19937_64 random{8};
  for (int i = 0; i < 20'000; ++i) {
    const message_id a{random() >> (random() % 64)};
    const message_id b{random() >> (random() % 64)};
    EXPECT_EQ(a < b, to_text(a) < to_text(b));
  }
}

TEST(Ids, ForeignTextsAreNoIds) {
  using namespace std::string_literals;
  const std::string all[] = {"",
                             "usr_",
                             "usr_000000000000",
                             "usr_00000000000000",
                             "cnv_0000000000001",
                             "USR_0000000000001",
                             "usr-0000000000001",
                             "0000000000001",
                             "usr_000000000000I",
                             "usr_000000000000L",
                             "usr_000000000000O",
                             "usr_000000000000U",
                             "usr_000000000000a",
                             "usr_G000000000000",
                             "usr_ZZZZZZZZZZZZZ",
                             "usr_00000000000 1",
                             "usr_+000000000001",
                             "usr_000000\0000001"s,
                             "usr_\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                             " usr_0000000000001",
                             "usr_0000000000001 "};
  for (const auto& text : all) EXPECT_FALSE(parse_id<user_id>(text)) << text;
  EXPECT_TRUE(parse_id<user_id>("usr_0000000000001"));
}

constexpr time_point spring{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

TEST(IdClock, RisesWhateverTheClockDoes) {
  id_clock clock;
  std::mt19937_64 random{9};
  std::uint64_t before = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto id = clock.next(spring + milliseconds{static_cast<std::int64_t>(random() % 1000) - 500});
    ASSERT_GT(id, before);
    before = id;
  }
  EXPECT_EQ(clock.last(), before);
}

TEST(IdClock, LaterMillisecondsGiveGreaterIdsOnAnyClock) {
  id_clock one;
  id_clock other;
  for (int i = 0; i < 1000; ++i) (void)one.next(spring);
  EXPECT_GT(other.next(spring + milliseconds{1}), one.last());
}

TEST(IdClock, BorrowsFromTheNextMillisecondWhenOneIsUsedUp) {
  id_clock clock{id_clock{}.next(spring) + (std::uint64_t{1} << 22) - 1};
  const auto borrowed = clock.next(spring);
  EXPECT_EQ(borrowed, id_clock{}.next(spring + milliseconds{1}));
  EXPECT_GT(clock.next(spring + milliseconds{1}), borrowed);
}

TEST(IdClock, GoesOnAboveTheLastOneAfterARestart) {
  id_clock before;
  const auto last = before.next(spring + std::chrono::hours{1});
  id_clock after{last};
  EXPECT_GT(after.next(spring), last);
}

TEST(IdClock, NeverGivesZeroAndBearsAbsurdClocks) {
  id_clock clock;
  EXPECT_GT(clock.next(earliest_time), 0u);
  const auto before = clock.last();
  EXPECT_GT(clock.next(latest_time), before);
  EXPECT_GT(clock.next(time_point::max()), before);
}

}  // namespace
}  // namespace signalbox
