#include "actors/rows_under_way.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

namespace signalbox::testing {
namespace {

using rows = rows_under_way<std::string, int>;

std::optional<int> value_of(const rows& in, const std::string& key) {
  const auto* found = in.find(key);
  return found ? std::optional{*found} : std::nullopt;
}

TEST(RowsUnderWay, AreFoundUntilTheirCommitIsDurable) {
  rows all;
  all.put("a", 1, 1);
  all.put("b", 2, 2);
  EXPECT_EQ(value_of(all, "a"), 1);
  EXPECT_EQ(value_of(all, "c"), std::nullopt);
  all.committed(1);
  EXPECT_EQ(value_of(all, "a"), std::nullopt);
  EXPECT_EQ(value_of(all, "b"), 2);
  all.committed(5);
  EXPECT_EQ(all.size(), 0u);
}

TEST(RowsUnderWay, ANewerValueOutlivesTheCommitOfAnOlderOne) {
  rows all;
  all.put("a", 1, 1);
  all.put("a", 2, 1);
  all.put("a", 3, 4);
  all.committed(3);
  EXPECT_EQ(value_of(all, "a"), 3);
  all.committed(4);
  EXPECT_EQ(all.size(), 0u);
  all.put("a", 4, 5);
  EXPECT_EQ(value_of(all, "a"), 4);
}

TEST(RowsUnderWay, WhatIsntSentIsForgotten) {
  rows all;
  all.put("a", 1, 1);
  all.put("b", 2, 2);
  all.put("c", 3, 2);
  all.forget_behind(1);
  EXPECT_EQ(value_of(all, "a"), 1);
  EXPECT_EQ(all.size(), 1u);
  all.put("b", 4, 2);
  all.committed(2);
  EXPECT_EQ(all.size(), 0u);
}

// Commits may be under way at every moment, for hours: then there is none at which everything is durable.
TEST(RowsUnderWay, AreNoMoreThanWhatIsUnderWayHoweverLongItGoesOn) {
  rows all;
  std::map<std::string, std::pair<int, std::uint64_t>> expected;
  std::mt19937 random{3};
  std::uint64_t durable = 0;
  for (std::uint64_t ticket = 1; ticket <= 20'000; ++ticket) {
    const auto key = std::to_string(random() % 100);
    const auto value = static_cast<int>(random());
    all.put(key, value, ticket);
    expected.insert_or_assign(key, std::pair{value, ticket});
    if (random() % 3 == 0 && ticket > 3) {
      durable = std::max(durable, ticket - 1 - random() % 3);
      all.committed(durable);
      std::erase_if(expected, [&](const auto& one) { return one.second.second <= durable; });
    }
    ASSERT_EQ(all.size(), expected.size());
    for (const auto& [which, one] : expected) ASSERT_EQ(value_of(all, which), one.first);
  }
  EXPECT_LT(all.size(), 100u);
}

}  // namespace
}  // namespace signalbox::testing
