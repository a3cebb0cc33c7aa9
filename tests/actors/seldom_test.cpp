#include "actors/seldom.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace signalbox {
namespace {

using names = std::vector<std::string>;

TEST(Seldom, ReadsAsEmptyUntilItIsUsedAndWhenItWasCleared) {
  seldom<names> some;
  EXPECT_TRUE(some->empty());
  EXPECT_EQ(some.used(), nullptr);
  some.use().push_back("ada");
  EXPECT_EQ(*some, names{"ada"});
  ASSERT_NE(some.used(), nullptr);
  some.used()->push_back("grace");
  EXPECT_EQ(some->size(), 2u);
  some.clear();
  EXPECT_TRUE(some->empty());
  EXPECT_EQ(some.used(), nullptr);
}

TEST(Seldom, UsingItAgainKeepsWhatItHas) {
  seldom<names> some;
  some.use().push_back("ada");
  EXPECT_EQ(some.use().size(), 1u);
}

TEST(Seldom, WhatOneHoldsIsNotAnothers) {
  seldom<names> one;
  const seldom<names> other;
  one.use().push_back("ada");
  EXPECT_TRUE(other->empty());
}

TEST(Seldom, TakesAPointersRoom) { EXPECT_EQ(sizeof(seldom<names>), sizeof(void*)); }

}  // namespace
}  // namespace signalbox
