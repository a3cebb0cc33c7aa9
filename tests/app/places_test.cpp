#include "app/places.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace signalbox {
namespace {

TEST(Places, ThereAreSoManyAndEachIsFreeAgainWhenItIsGivenBack) {
  places all{3};
  std::vector<std::shared_ptr<void>> taken;
  for (int i = 0; i < 3; ++i) taken.push_back(all.take());
  for (const auto& one : taken) EXPECT_TRUE(one);
  EXPECT_FALSE(all.take());
  EXPECT_FALSE(all.take()) << "who was turned away took none";
  const auto copy = taken.back();
  taken.pop_back();
  EXPECT_FALSE(all.take()) << "it is still held";
  taken.clear();
  EXPECT_TRUE(all.take());
}

}  // namespace
}  // namespace signalbox
