#include "bench/load/histogram.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace signalbox::load {
namespace {

TEST(Histogram, EmptyHasNoQuantile) {
  const histogram none;
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.quantile(0.5), 0u);
  EXPECT_EQ(none.max(), 0u);
}

TEST(Histogram, SmallValuesAreExact) {
  histogram all;
  for (std::uint64_t v = 0; v < 64; ++v) all.record(v);
  EXPECT_EQ(all.quantile(0.0), 0u);
  EXPECT_EQ(all.quantile(0.5), 31u);
  EXPECT_EQ(all.quantile(1.0), 63u);
}

TEST(Histogram, QuantilesOfLargeValuesAreOffByLessThanOneStep) {
  histogram all;
  for (std::uint64_t v = 1; v <= 100'000; ++v) all.record(v * 1'000);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto exact = share * 100'000 * 1'000;
    const auto found = static_cast<double>(all.quantile(share));
    EXPECT_GE(found, exact * 0.9999) << share;
    EXPECT_LE(found, exact * (1 + 1.0 / 64)) << share;
  }
  EXPECT_EQ(all.quantile(1.0), 100'000'000u);
}

TEST(Histogram, EveryPowerOfTwoAndItsNeighboursStayInOrder) {
  std::uint64_t before = 0;
  for (unsigned bit = 7; bit < 42; ++bit) {
    for (const auto value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, (std::uint64_t{1} << bit) + 1}) {
      histogram one;
      one.record(value);
      one.record(value * 2 + 1'000);  // so that the maximum doesn't cut the first one's bucket
      const auto found = one.quantile(0.5);
      EXPECT_GE(found, value);
      EXPECT_LE(static_cast<double>(found), static_cast<double>(value) * (1 + 1.0 / 64));
      EXPECT_GE(found, before);
      before = found;
    }
  }
}

TEST(Histogram, AbsurdValuesAreKeptInTheLastBucket) {
  histogram all;
  all.record(~std::uint64_t{0});
  EXPECT_EQ(all.count(), 1u);
  EXPECT_EQ(all.max(), ~std::uint64_t{0});
}

TEST(Histogram, AddingIsLikeRecordingAll) {
  histogram left, right, both;
  for (std::uint64_t v = 1; v < 5'000; v += 3) {
    left.record(v * v);
    right.record(v, 2);
    both.record(v * v);
    both.record(v, 2);
  }
  left.add(right);
  EXPECT_EQ(left.count(), both.count());
  EXPECT_EQ(left.max(), both.max());
  for (const double share : {0.1, 0.5, 0.99}) EXPECT_EQ(left.quantile(share), both.quantile(share));
}

}  // namespace
}  // namespace signalbox::load
