#include "rules/waiting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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
  EXPECT_EQ(queue.first()->conversation, conversation_id{2});
  EXPECT_EQ(queue.first({10})->conversation, conversation_id{3});
  EXPECT_FALSE(queue.first({12}));
}

TEST(WaitingQueue, PriorityIsAHeadStartAndNobodyStarves) {
  using namespace std::chrono_literals;
  waiting_queue queue;
  EXPECT_TRUE(queue.add({noon, {1}, {10}, priority::low}));
  EXPECT_TRUE(queue.add({noon + 1min, {2}, {10}, priority::normal}));
  EXPECT_TRUE(queue.add({noon + 2min, {3}, {10}, priority::high}));
  EXPECT_TRUE(queue.add({noon + 3min, {4}, {10}, priority::urgent}));
  std::vector<std::uint64_t> order;
  while (queue.size() > 0) {
    order.push_back(queue.first({10})->conversation.value);
    queue.remove(queue.first({10})->conversation);
  }
  EXPECT_EQ(order, (std::vector<std::uint64_t>{4, 3, 2, 1}));
  // Urgent ones come for ever; the low one still has its turn.
  EXPECT_TRUE(queue.add({noon, {1}, {10}, priority::low}));
  int before = 0;
  for (std::uint64_t i = 2; queue.first({10})->conversation != conversation_id{1} || i == 2; ++i, ++before) {
    EXPECT_TRUE(queue.add({noon + i * 1min, {i}, {10}, priority::urgent}));
    if (i > 2) queue.remove({i - 1});
    ASSERT_LT(i, 1000u);
  }
  EXPECT_NEAR(before, (head_start(priority::urgent) - head_start(priority::low)) / 1min, 2);
}

TEST(WaitingQueue, APriorityThatChangesMovesItAndKeepsItsAge) {
  using namespace std::chrono_literals;
  waiting_queue queue;
  queue.add({noon, {1}, {10}});
  queue.add({noon + 1min, {2}, {10}});
  EXPECT_EQ(queue.ahead_of({2}), 1u);
  EXPECT_TRUE(queue.set_priority({2}, priority::high));
  EXPECT_EQ(queue.ahead_of({2}), 0u);
  EXPECT_EQ(queue.first({10})->since, noon + 1min);
  EXPECT_EQ(queue.ahead_of({1}), 1u);
  EXPECT_FALSE(queue.ahead_of({3}));
  EXPECT_FALSE(queue.set_priority({3}, priority::low));
}

TEST(WaitEstimate, SeveralAtOnceAreOneMove) {
  wait_estimate estimate;
  const time_point start{milliseconds{1'000'000}};
  estimate.taken(start);
  estimate.taken(start);
  EXPECT_EQ(estimate.of(0), std::nullopt) << "nothing is known of a pace";
  estimate.taken(start + milliseconds{6'000});
  EXPECT_EQ(estimate.of(0), milliseconds{6'000});
  estimate.taken(start + milliseconds{6'000}, 2);
  EXPECT_EQ(estimate.of(0), milliseconds{2'000});
  EXPECT_EQ(estimate.of(1), milliseconds{4'000});
}

TEST(WaitEstimate, FollowsHowFastTheQueueMoves) {
  using namespace std::chrono_literals;
  wait_estimate estimate;
  EXPECT_FALSE(estimate.of(0));
  estimate.taken(noon);
  EXPECT_FALSE(estimate.of(0)) << "one move says nothing of the next";
  estimate.taken(noon + 10s);
  EXPECT_EQ(estimate.of(0), 10s);
  EXPECT_EQ(estimate.of(5), 60s);
  estimate.taken(noon + 30s, 2);
  EXPECT_EQ(estimate.of(0), 10s) << "two in twenty seconds";
  for (int i = 1; i <= 50; ++i) estimate.taken(noon + 30s + i * 1s);
  EXPECT_NEAR(static_cast<double>(estimate.of(0)->count()), 1000, 50);
  estimate.taken(noon);  // the clock jumped back
  EXPECT_TRUE(estimate.of(0)->count() > 0);
}

TEST(WaitingQueue, AgeSurvivesBeingAddedAgain) {
  waiting_queue queue;
  EXPECT_TRUE(queue.add({noon, {1}, {10}}));
  EXPECT_FALSE(queue.add({noon + milliseconds{9}, {1}, {10}}));
  EXPECT_EQ(queue.first()->since, noon);
  EXPECT_TRUE(queue.remove({1}));
  EXPECT_FALSE(queue.remove({1}));
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_FALSE(queue.first());
}

TEST(WaitingQueue, KeepsOrderOverAnyHistory) {
  std::mt19937 random{31};
  waiting_queue queue;
  std::map<conversation_id, waiter> model;
  for (int step = 0; step < 20'000; ++step) {
    const conversation_id which{random() % 60};
    const channel_id channel{random() % 4};
    if (random() % 2) {
      const waiter one{noon + milliseconds{random() % 100}, which, channel, static_cast<priority>(random() % 4)};
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
    ASSERT_EQ(queue.first(), oldest);
    ASSERT_EQ(queue.first(channel), oldest_of_channel);
    ASSERT_EQ(queue.contains(which), model.contains(which));
    if (const auto here = model.find(which); here != model.end()) {
      const auto ahead = std::count_if(model.begin(), model.end(), [&](const auto& other) {
        return other.second.channel == here->second.channel && other.second < here->second;
      });
      ASSERT_EQ(queue.ahead_of(which), static_cast<std::size_t>(ahead));
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

}  // namespace
}  // namespace signalbox
