#include "app/conformance/act.hpp"

#include <gtest/gtest.h>

#include <set>

#include "app/conformance/kept_messages.hpp"

namespace signalbox {
namespace {

std::vector<std::string_view> names(std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  std::vector<std::string_view> out;
  for (const auto& each : make_round(chance)) out.push_back(each.name);
  return out;
}

TEST(Acts, TheSameSeedPlaysTheSameRound) {
  EXPECT_EQ(names(7), names(7));
  EXPECT_NE(names(7), names(8));
}

TEST(Acts, EveryRoundEndsInEveryWayAndBeginsQuietly) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::mt19937_64 chance(seed);
    const auto round = make_round(chance);
    EXPECT_EQ(round.front().name, "quiet");
    std::set<act_end> ends;
    for (const auto& each : round) {
      ends.insert(each.end);
      EXPECT_GE(each.credit, 1u);
      EXPECT_GE(each.batch_max, 1u);
      EXPECT_GE(each.frames, 1u);
    }
    EXPECT_EQ(ends.size(), 9u);
  }
}

heard_publish publish(std::vector<std::string> ids, std::optional<std::string> offset = std::nullopt) {
  heard_publish out{1, std::move(offset), {}};
  for (auto& id : ids) out.messages.push_back({"chn_1", std::move(id), "t", "s", {}});
  return out;
}

TEST(KeptMessages, WhatIsKeptIsADuplicateFromThenOn) {
  std::mt19937_64 chance(1);
  kept_messages kept;
  EXPECT_EQ(kept.keep(publish({"a"}, "1"), {}, chance).results.at(0).status, "");
  const auto again = kept.keep(publish({"a", "b"}, "2"), {}, chance);
  EXPECT_EQ(again.results.at(0).status, "duplicate");
  EXPECT_EQ(again.results.at(1).status, "");
  EXPECT_EQ(kept.offset_of("chn_1"), "2");
  EXPECT_EQ(kept.offset_of("chn_2"), std::nullopt);
}

TEST(KeptMessages, WhatIsNotTakenHoldsTheOffsetBack) {
  std::mt19937_64 chance(1);
  kept_messages kept;
  const auto refused = kept.keep(publish({"a"}, "1"), {.unavailable_percent = 100}, chance);
  EXPECT_EQ(refused.results.at(0).status, "rejected");
  EXPECT_TRUE(refused.not_taken.contains({"chn_1", "a"}));
  EXPECT_EQ(kept.offset_of("chn_1"), std::nullopt);
  EXPECT_EQ(kept.keep(publish({"a"}, "1"), {}, chance).results.at(0).status, "");
}

}  // namespace
}  // namespace signalbox
