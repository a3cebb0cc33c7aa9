#include "actors/recent_ids.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace signalbox {
namespace {

constexpr keys::external_hash a{1, 2};

TEST(RecentIds, EmptyKnowsNothing) {
  recent_ids ids;
  EXPECT_EQ(ids.find(a), std::nullopt);
  EXPECT_FALSE(ids.erase(a));
  EXPECT_EQ(ids.size(), 0u);
}

TEST(RecentIds, TheFirstMessageOfAnIdStays) {
  recent_ids ids;
  EXPECT_EQ(ids.add(a, message_id{7}), std::nullopt);
  EXPECT_EQ(ids.add(a, message_id{8}), message_id{7});
  EXPECT_EQ(ids.find(a), message_id{7});
  EXPECT_EQ(ids.size(), 1u);
}

// Few homes, so that entries lie far from theirs, round the table's end too, and every kind of hole is filled.
TEST(RecentIds, RandomlyAgainstAMap) {
  for (const std::uint64_t homes : {1, 7, 64, 1'000'000}) {
    recent_ids ids;
    std::map<keys::external_hash, message_id> expected;
    std::mt19937_64 random{homes};
    const auto any = [&] { return keys::external_hash{random() % 40, ~std::uint64_t{0} - random() % homes}; };
    for (std::uint64_t i = 1; i < 50'000; ++i) {
      const auto which = any();
      const auto known = expected.find(which);
      if (random() % 2 == 0) {
        ASSERT_EQ(ids.erase(which), known != expected.end());
        expected.erase(which);
      } else if (known != expected.end()) {
        ASSERT_EQ(ids.add(which, message_id{i}), known->second);
      } else {
        ASSERT_EQ(ids.add(which, message_id{i}), std::nullopt);
        expected.emplace(which, message_id{i});
      }
      const auto other = any();
      const auto there = expected.find(other);
      ASSERT_EQ(ids.find(other), there == expected.end() ? std::nullopt : std::optional{there->second});
      ASSERT_EQ(ids.size(), expected.size());
    }
    for (const auto& [hash, message] : expected) ASSERT_EQ(ids.find(hash), message);
  }
}

// As many as make it several tables, and back again.
TEST(RecentIds, ManyAreFoundAndForgotten) {
  recent_ids ids;
  const auto hash = [](std::uint64_t i) { return keys::external_hash{i * 0x9E3779B97F4A7C15, i * 0xC2B2AE3D27D4EB4F}; };
  constexpr std::uint64_t many = 20'000;
  for (std::uint64_t i = 1; i <= many; ++i) {
    ASSERT_EQ(ids.add(hash(i), message_id{i}), std::nullopt);
    ASSERT_EQ(ids.find(hash(1 + i / 2)), message_id{1 + i / 2});
    ASSERT_EQ(ids.size(), i);
  }
  for (std::uint64_t i = 1; i <= many; ++i) ASSERT_EQ(ids.add(hash(i), message_id{many + i}), message_id{i});
  EXPECT_EQ(ids.find(hash(many + 1)), std::nullopt);
  for (std::uint64_t i = 1; i <= many; ++i) {
    ASSERT_TRUE(ids.erase(hash(i)));
    ASSERT_FALSE(ids.erase(hash(i)));
  }
  EXPECT_EQ(ids.size(), 0u);
}

}  // namespace
}  // namespace signalbox
