#include "rules/cow_map.hpp"

#include <gtest/gtest.h>

#include <random>

#include "rules/ids.hpp"

namespace signalbox {
namespace {

using numbers = cow_map<user_id, int>;

std::map<std::uint64_t, std::pair<std::optional<int>, std::optional<int>>> differences(const numbers& now,
                                                                                       const numbers& before) {
  std::map<std::uint64_t, std::pair<std::optional<int>, std::optional<int>>> all;
  now.for_each_difference(before, [&](user_id key, const int* is, const int* was) {
    const auto value = [](const int* of) { return of ? std::optional{*of} : std::nullopt; };
    EXPECT_TRUE(all.emplace(key.value, std::pair{value(is), value(was)}).second) << "each once";
  });
  return all;
}

TEST(CowMap, ACopyDiffersInNothing) {
  numbers one;
  for (std::uint64_t i = 1; i < 300; ++i) one.set(user_id{i}, static_cast<int>(i));
  EXPECT_TRUE(differences(one, one).empty());
  EXPECT_TRUE(differences({}, {}).empty());
}

// As many in a shard that those before, between and behind the changed ones are met.
TEST(CowMap, DifferencesAreWhatWasSetAndErasedSince) {
  std::mt19937_64 random{7};
  numbers before;
  for (std::uint64_t i = 0; i < 500; ++i) before.set(user_id{1 + random() % 1'000}, 0);
  for (int round = 1; round <= 50; ++round) {
    auto now = before;
    std::map<std::uint64_t, std::pair<std::optional<int>, std::optional<int>>> expected;
    for (std::uint64_t i = 0; i < random() % 20; ++i) {
      const user_id key{1 + random() % 1'000};
      const auto* was = before.find(key);
      const auto then = was ? std::optional{*was} : std::nullopt;
      if (random() % 3 == 0) {
        now.erase(key);
        expected[key.value] = {std::nullopt, then};
      } else {
        now.set(key, round);
        expected[key.value] = {round, then};
      }
      if (!expected[key.value].first && !then) expected.erase(key.value);
    }
    EXPECT_EQ(differences(now, before), expected);
    before = now;
  }
}

}  // namespace
}  // namespace signalbox
