#include "bench/load/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "bench/load/backlog.hpp"
#include "bench/load/rate_search.hpp"
#include "bench/load/turns.hpp"

namespace signalbox::load {
namespace {

TEST(Schedule, ProducersTogetherSendEvenly) {
  std::vector<ns_time> all;
  for (std::uint32_t p = 0; p < 4; ++p) {
    const schedule one{1'000, 4, p, 5'000'000};
    for (std::uint64_t i = 0; i < 3; ++i) all.push_back(one.at(i));
  }
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], 5'000'000 + i * 1'000'000);
}

TEST(Schedule, NothingIsDueBeforeTheStart) {
  const schedule late{1'000, 2, 1, 10'000'000};
  EXPECT_EQ(late.due(0), 0u);
  EXPECT_EQ(late.due(10'000'000), 0u);
  EXPECT_EQ(late.due(10'999'999), 0u);
  EXPECT_EQ(late.due(11'000'000), 1u);
}

TEST(Schedule, DueAgreesWithTheTimesAtAwkwardRates) {
  for (const double rate : {1.0, 7.0, 333.3, 123'456.7, 1'000'003.0}) {
    const schedule one{rate, 3, 2, 1'234'567};
    for (std::uint64_t i = 0; i < 2'000; ++i) {
      EXPECT_EQ(one.due(one.at(i)), i + 1) << rate;
      EXPECT_EQ(one.due(one.at(i) - 1), i) << rate;
    }
  }
}

TEST(Schedule, AStallDoesNotMoveWhatWasIntended) {
  const schedule one{1'000, 1, 0, 0};
  EXPECT_EQ(one.due(3'000'000'000), 3'001u);
  EXPECT_EQ(one.at(1'500), 1'500'000'000u);
}

std::vector<std::uint64_t> backlog_of(std::initializer_list<std::uint64_t> fifths) {
  std::vector<std::uint64_t> out;
  for (const auto each : fifths) out.insert(out.end(), 10, each);
  return out;
}

TEST(Backlog, LevelIsNotGrowing) { EXPECT_FALSE(backlog_grows(backlog_of({100, 900, 1'000, 950, 1'000}), 10'000)); }

TEST(Backlog, AStallThatIsCaughtUpIsNotGrowing) { EXPECT_FALSE(backlog_grows(backlog_of({10, 10, 9'000, 4'000, 20}), 10'000)); }

TEST(Backlog, SteadyGrowthIsSeenEarly) { EXPECT_TRUE(backlog_grows(backlog_of({100, 300, 500, 700, 900}), 10'000)); }

TEST(Backlog, MoreThanAQuarterOfASecondAtTheEndIsTooMuch) {
  EXPECT_TRUE(backlog_grows(backlog_of({3'000, 3'000, 3'000, 3'000, 3'000}), 10'000));
}

TEST(Backlog, SmallRisesAreNoise) { EXPECT_FALSE(backlog_grows(backlog_of({1, 1, 1, 5, 50}), 10'000)); }

TEST(Backlog, TooFewSamplesSayNothing) {
  const std::vector<std::uint64_t> few{1, 100'000};
  EXPECT_FALSE(backlog_grows(few, 100));
}

TEST(Turns, AnotherSideBeginsEachRoundAndEachRunsOnce) {
  turns order{3};
  EXPECT_EQ(order.next_round(), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(order.next_round(), (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(order.next_round(), (std::vector<std::size_t>{2, 0, 1}));
  EXPECT_EQ(order.next_round(), (std::vector<std::size_t>{0, 1, 2}));
}

// A server that sustains everything up to `limit`.
double found_for(double limit, double estimate, int* tries = nullptr) {
  rate_search search{estimate};
  int count = 0;
  while (!search.done() && ++count < 1'000) search.tried(search.next() <= limit);
  if (tries) *tries = count;
  return search.best();
}

TEST(RateSearch, FindsTheLimitFromAnyEstimate) {
  for (const double limit : {900.0, 10'000.0, 187'000.0}) {
    for (const double factor : {0.05, 0.5, 0.99, 1.0, 1.01, 2.0, 20.0}) {
      const auto best = found_for(limit, limit * factor);
      EXPECT_LE(best, limit) << limit << ' ' << factor;
      EXPECT_GE(best, limit * 0.95) << limit << ' ' << factor;
    }
  }
}

TEST(RateSearch, AGoodEstimateTakesFewTries) {
  int tries = 0;
  (void)found_for(100'000, 85'000, &tries);
  EXPECT_LE(tries, 8);
}

TEST(RateSearch, AnEstimateFarTooLowTakesFewTries) {
  int tries = 0;
  (void)found_for(100'000, 1'000, &tries);
  EXPECT_LE(tries, 14);
}

TEST(RateSearch, NothingSustainedEndsWithNone) { EXPECT_EQ(found_for(0, 10'000), 0); }

TEST(RateSearch, ALongRunThatFailsIsTriedLower) {
  rate_search search{1'000};
  while (!search.confirms()) search.tried(search.next() <= 1'000);
  const auto first = search.next();
  search.tried(false);
  ASSERT_FALSE(search.done());
  EXPECT_TRUE(search.confirms());
  EXPECT_LT(search.next(), first);
  search.tried(true);
  EXPECT_TRUE(search.done());
  EXPECT_LT(search.best(), first);
}

double after_a_long_run_that_carried(double share) {
  rate_search search{1'000};
  while (!search.confirms()) search.tried(search.next() <= 1'000);
  const auto first = search.next();
  search.tried(false, share * first);
  EXPECT_TRUE(search.confirms());
  return search.next() / first;
}

TEST(RateSearch, LongRunsThatNearlyCarriedItAllGoDownInSmallSteps) {
  for (double sustained = 500; sustained < 1'000; sustained += 10) {
    rate_search search{1'000};
    while (!search.confirms()) search.tried(search.next() <= 1'000);
    while (!search.done()) search.tried(search.next() <= sustained, search.next());
    EXPECT_GT(search.best(), sustained * 0.95 - 1);
  }
}

TEST(RateSearch, WhatALongRunCarriedSaysHowMuchLowerIsTried) {
  EXPECT_NEAR(after_a_long_run_that_carried(0.9), 0.9 * 0.96, 0.001);
  EXPECT_NEAR(after_a_long_run_that_carried(0.999), 0.95, 0.001) << "not the same again";
  EXPECT_NEAR(after_a_long_run_that_carried(0.3), 0.8, 0.001) << "a stall says little";
}

}  // namespace
}  // namespace signalbox::load
