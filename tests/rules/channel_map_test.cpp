#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "rules/account.hpp"

namespace signalbox {
namespace {

channel a_channel(std::uint64_t id, std::uint64_t inbox) {
  channel one;
  one.id = channel_id{id};
  one.inbox = inbox_id{inbox};
  return one;
}

std::vector<std::uint64_t> those_of(const channel_map& all, std::uint64_t inbox) {
  std::vector<std::uint64_t> out;
  for (const auto id : all.of(inbox_id{inbox})) out.push_back(id.value);
  return out;
}

TEST(ChannelMap, AnInboxHasItsChannelsInTheOrderOfTheirIds) {
  channel_map all;
  for (const auto id : {7, 3, 5}) all.set(channel_id(id), a_channel(id, 1));
  all.set(channel_id{4}, a_channel(4, 2));
  EXPECT_THAT(those_of(all, 1), ::testing::ElementsAre(3, 5, 7));
  EXPECT_THAT(those_of(all, 2), ::testing::ElementsAre(4));
  EXPECT_THAT(those_of(all, 3), ::testing::IsEmpty());
}

TEST(ChannelMap, ACopyKeepsWhatItHadWhenTheOtherIsChanged) {
  channel_map before;
  before.set(channel_id{1}, a_channel(1, 1));
  auto now = before;
  now.set(channel_id{2}, a_channel(2, 1));
  now.erase(channel_id{1});
  EXPECT_THAT(those_of(before, 1), ::testing::ElementsAre(1));
  EXPECT_THAT(those_of(now, 1), ::testing::ElementsAre(2));
  EXPECT_FALSE(now.is_unchanged_copy_of(before));
}

TEST(ChannelMap, AfterAnyChangesEachInboxHasThoseThatSayTheyAreItsOwn) {
  std::mt19937_64 random{11};
  channel_map all;
  std::map<std::uint64_t, std::uint64_t> expected;  // inboxes by channel
  for (int i = 0; i < 5'000; ++i) {
    const auto id = 1 + random() % 300;
    if (random() % 3 == 0) {
      all.erase(channel_id{id});
      expected.erase(id);
    } else {
      const auto inbox = 1 + random() % 20;
      all.set(channel_id{id}, a_channel(id, inbox));
      expected[id] = inbox;
    }
  }
  std::map<std::uint64_t, std::vector<std::uint64_t>> of;
  for (const auto& [id, inbox] : expected) of[inbox].push_back(id);
  for (std::uint64_t inbox = 0; inbox <= 21; ++inbox) EXPECT_EQ(those_of(all, inbox), of[inbox]) << inbox;
  EXPECT_EQ(all.size(), expected.size());
}

}  // namespace
}  // namespace signalbox
