#include "actors/rows_ahead.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory_store.hpp"

namespace signalbox {
namespace {

struct RowsAhead : testing::Test {
  void SetUp() override {
    change_set set{0};
    set.put(family::state, "a", "1");
    set.put(family::state, "c", "3");
    const auto* one = &set;
    std::uint64_t first = 0;
    disk.commit({&one, 1}, {&first, 1});
  }
  memory_store disk;
  rows_ahead ahead;
};

TEST_F(RowsAhead, AreTakenInTheirOrderAndMayBeLeftOut) {
  for (const auto* key : {"a", "b", "b", "c"}) ahead.want(key);
  ahead.read(disk, family::state);
  ASSERT_NE(ahead.take("a"), nullptr);
  const auto* none = ahead.take("b");
  ASSERT_NE(none, nullptr);
  EXPECT_EQ(*none, std::nullopt);
  const auto* last = ahead.take("c");  // the second b wasn't needed
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(*last, "3");
}

TEST_F(RowsAhead, WhatWasNotWantedIsNotKnown) {
  EXPECT_EQ(ahead.take("a"), nullptr);
  ahead.want("c");
  EXPECT_EQ(ahead.take("c"), nullptr) << "not read yet";
  ahead.read(disk, family::state);
  EXPECT_EQ(ahead.take("a"), nullptr);
  EXPECT_NE(ahead.take("c"), nullptr) << "asking for another one takes nothing";
  EXPECT_EQ(ahead.take("c"), nullptr) << "taken";
  ahead.clear();
  ahead.read(disk, family::state);
  EXPECT_EQ(ahead.take("c"), nullptr);
}

}  // namespace
}  // namespace signalbox
