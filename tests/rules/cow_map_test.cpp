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

TEST(CowMap, AsManyAsAnAccountMayHaveAreFoundUntilTheyAreErased) {
  constexpr std::uint64_t many = 20'000;  // three levels
  numbers all;
  for (std::uint64_t i = 1; i <= many; ++i) all.set(user_id{i << 20}, static_cast<int>(i));
  for (std::uint64_t i = 1; i <= many; i += 7) all.set(user_id{i << 20}, -1);
  EXPECT_EQ(all.size(), many);
  const auto whole = all;
  for (std::uint64_t i = 1; i <= many; ++i) {
    const auto* found = all.find(user_id{i << 20});
    ASSERT_TRUE(found) << i;
    EXPECT_EQ(*found, i % 7 == 1 ? -1 : static_cast<int>(i));
    EXPECT_FALSE(all.find(user_id{(i << 20) + 1}));
    all.erase(user_id{(i << 20) + 1});
    all.erase(user_id{i << 20});
    EXPECT_FALSE(all.find(user_id{i << 20}));
  }
  EXPECT_EQ(all.size(), 0u);
  std::size_t met = 0;
  all.for_each([&](int) { ++met; });
  EXPECT_EQ(met, 0u);
  EXPECT_EQ(differences(all, whole).size(), many);
  EXPECT_EQ(differences(all, {}).size(), 0u);
  EXPECT_EQ(whole.ordered().size(), many);
  EXPECT_EQ(*whole.ordered()[99], 100 % 7 == 1 ? -1 : 100);
}

struct alike {
  std::uint64_t value = 0;
  auto operator<=>(const alike&) const = default;
};

}  // namespace
}  // namespace signalbox

template <>
struct std::hash<signalbox::alike> {
  std::size_t operator()(const signalbox::alike&) const { return 7; }
};

namespace signalbox {
namespace {

TEST(CowMap, KeysOfOneHashAreKeptApart) {
  cow_map<alike, int> all;
  for (std::uint64_t i = 0; i < 500; ++i) all.set(alike{i}, static_cast<int>(i));
  const auto before = all;
  for (std::uint64_t i = 0; i < 500; i += 2) all.erase(alike{i});
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_EQ(all.find(alike{i}) != nullptr, i % 2 == 1) << i;
  std::size_t changed = 0;
  all.for_each_difference(before, [&](alike key, const int* now, const int* then) {
    EXPECT_EQ(key.value % 2, 0u);
    EXPECT_FALSE(now);
    EXPECT_TRUE(then);
    ++changed;
  });
  EXPECT_EQ(changed, 250u);
}

// Leaves split between two of them: the first one has one leaf.
TEST(CowMap, DifferencesAreWhatWasSetAndErasedSince) {
  std::mt19937_64 random{7};
  numbers before;
  for (std::uint64_t i = 0; i < 40; ++i) before.set(user_id{1 + random() % 1'000}, 0);
  for (int round = 1; round <= 100; ++round) {
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
