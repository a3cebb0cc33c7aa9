#include "actors/shared_bound.hpp"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

struct SharedBound : testing::Test {
  const shared_bound bound{100};
  shared_bound::share small{bound}, large{bound};
};

TEST_F(SharedBound, AllIsKeptWhileAllTogetherAreWithinIt) {
  small.holds(10);
  large.holds(90);
  EXPECT_EQ(small.may_hold(), 10u);
  EXPECT_EQ(large.may_hold(), 90u);
}

TEST_F(SharedBound, BeyondItEachKeepsItsPart) {
  small.holds(40);
  large.holds(160);
  EXPECT_EQ(small.may_hold(), 20u);
  EXPECT_EQ(large.may_hold(), 80u);
  large.holds(60);
  EXPECT_EQ(small.may_hold(), 40u);
}

TEST_F(SharedBound, WhoIsGoneHoldsNothing) {
  small.holds(100);
  {
    shared_bound::share goes{bound};
    goes.holds(100);
    EXPECT_EQ(small.may_hold(), 50u);
  }
  EXPECT_EQ(small.may_hold(), 100u);
}

TEST_F(SharedBound, ABoundOfNothingKeepsNothing) {
  const shared_bound none{0};
  shared_bound::share one{none};
  EXPECT_EQ(one.may_hold(), 0u);
  one.holds(7);
  EXPECT_EQ(one.may_hold(), 0u);
}

}  // namespace
}  // namespace signalbox
