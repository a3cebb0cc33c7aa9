#include "rules/waiting.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

using waiter = waiting_queue::waiter;

TEST(WaitingQueue, S58_TheOldestComesFirst) {
  waiting_queue queue;
  EXPECT_TRUE(queue.add({noon, {1}, {10}}));
  EXPECT_TRUE(queue.add({noon - milliseconds{5}, {2}, {11}}));
  EXPECT_TRUE(queue.add({noon - milliseconds{1}, {3}, {10}}));
  EXPECT_EQ(queue.oldest()->conversation, conversation_id{2});
  EXPECT_EQ(queue.oldest({10})->conversation, conversation_id{3});
  EXPECT_FALSE(queue.oldest({12}));
}

TEST(WaitingQueue, AgeSurvivesBeingAddedAgain) {
  waiting_queue queue;
  EXPECT_TRUE(queue.add({noon, {1}, {10}}));
  EXPECT_FALSE(queue.add({noon + milliseconds{9}, {1}, {10}}));
  EXPECT_EQ(queue.oldest()->since, noon);
  EXPECT_TRUE(queue.remove({1}));
  EXPECT_FALSE(queue.remove({1}));
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_FALSE(queue.oldest());
}

TEST(WaitingQueue, KeepsOrderOverAnyHistory) {
  std::mt19937 random{31};
  waiting_queue queue;
  std::map<conversation_id, waiter> model;
  for (int step = 0; step < 20'000; ++step) {
    const conversation_id which{random() % 60};
    const channel_id channel{random() % 4};
    if (random() % 2) {
      const waiter one{noon + milliseconds{random() % 100}, which, channel};
      ASSERT_EQ(queue.add(one), model.emplace(which, one).second);
    } else {
      ASSERT_EQ(queue.remove(which), model.erase(which) == 1);
    }
    std::optional<waiter> oldest;
    std::optional<waiter> oldest_of_channel;
    for (const auto& [id, one] : model) {
      if (!oldest || one < *oldest) oldest = one;
      if (one.channel == channel && (!oldest_of_channel || one < *oldest_of_channel)) oldest_of_channel = one;
    }
    ASSERT_EQ(queue.oldest(), oldest);
    ASSERT_EQ(queue.oldest(channel), oldest_of_channel);
    ASSERT_EQ(queue.contains(which), model.contains(which));
    ASSERT_EQ(queue.size(), model.size());
  }
}

}  // namespace
}  // namespace signalbox
