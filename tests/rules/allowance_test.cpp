#include "rules/allowance.hpp"

#include <gtest/gtest.h>

#include <random>

namespace signalbox {
namespace {

using namespace std::chrono_literals;

constexpr time_point noon = std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 12h;

TEST(Allowance, AFreshBudgetGivesItsBurstAndThenTheRate) {
  allowance budget;
  const allowance_rule rule{10, 3};
  for (std::uint32_t left = 3; left-- > 0;) {
    const auto given = budget.take(rule, noon);
    EXPECT_TRUE(given.granted);
    EXPECT_EQ(given.remaining, left);
  }
  const auto refused = budget.take(rule, noon);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.next, 100ms);
  EXPECT_EQ(refused.until_full, 300ms);
  EXPECT_FALSE(budget.take(rule, noon + 99ms).granted) << "a refusal costs nothing, and gives nothing either";
  EXPECT_TRUE(budget.take(rule, noon + 100ms).granted);
  EXPECT_FALSE(budget.take(rule, noon + 100ms).granted);
}

TEST(Allowance, RestFillsItUpToTheBurstAndNoFurther) {
  allowance budget;
  const allowance_rule rule{100, 5};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(budget.take(rule, noon).granted);
  EXPECT_FALSE(budget.whole(noon + 49ms));
  EXPECT_TRUE(budget.whole(noon + 50ms));
  int granted = 0;
  while (budget.take(rule, noon + 24h).granted) ++granted;
  EXPECT_EQ(granted, 5);
}

TEST(Allowance, AClockThatIsSetBackNeitherGivesNorBlocksForLonger) {
  allowance budget;
  const allowance_rule rule{1, 2};
  EXPECT_TRUE(budget.take(rule, noon).granted);
  EXPECT_TRUE(budget.take(rule, noon).granted);
  const auto refused = budget.take(rule, noon - 1h);
  EXPECT_FALSE(refused.granted);
  EXPECT_LE(refused.next, 1s);
  EXPECT_TRUE(budget.take(rule, noon - 1h + 1s).granted);
}

TEST(Allowance, TheRateIsOfAsMuchTimeAsTheRuleSays) {
  allowance budget;
  const allowance_rule rule{10, 10, 1min};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.take(rule, noon).granted);
  const auto refused = budget.take(rule, noon);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.next, 6s);
  EXPECT_EQ(refused.until_full, 1min);
  EXPECT_TRUE(budget.take(rule, noon + 6s).granted);
}

TEST(Allowance, WhatIsGivenBackIsThereAgainAndNoMore) {
  allowance budget;
  const allowance_rule rule{1, 2};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(budget.take(rule, noon).remaining, 1u);
    budget.give_back(rule);
  }
  EXPECT_TRUE(budget.take(rule, noon).granted);
  EXPECT_TRUE(budget.take(rule, noon).granted);
  EXPECT_FALSE(budget.take(rule, noon).granted);
  budget.give_back(rule);
  EXPECT_TRUE(budget.take(rule, noon).granted);
  EXPECT_FALSE(budget.take(rule, noon).granted);
}

TEST(Allowance, OverAnyTimeNoMoreIsGrantedThanBurstAndRateGive) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 chance{seed};
    const allowance_rule rule{static_cast<std::uint32_t>(1 + chance() % 50), static_cast<std::uint32_t>(1 + chance() % 20)};
    allowance budget;
    auto now = noon;
    std::uint64_t granted = 0;
    for (int i = 0; i < 500; ++i) {
      now += milliseconds{chance() % 40};
      const auto answer = budget.take(rule, now);
      granted += answer.granted;
      EXPECT_EQ(answer.next == 0us, answer.remaining > 0) << "seed " << seed;
      EXPECT_LE(answer.until_full, rule.refill()) << "seed " << seed;
      EXPECT_LE(granted, rule.burst + static_cast<double>((now - noon).count()) * rule.rate / 1000 + 1) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace signalbox
