#include <gmock/gmock.h>

#include <functional>

#include "storage/keys.hpp"
#include "storage/rocks_store.hpp"
#include "tests/storage/temporary_directory.hpp"
#include "tests/storage/workload.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox::testing {
namespace {

using ::testing::ElementsAre;

enum class kind { memory, rocks };

class StoreContract : public ::testing::TestWithParam<kind> {
protected:
  StoreContract() { store_ = make(); }
  std::unique_ptr<store> make() {
    if (GetParam() == kind::memory) return std::make_unique<memory_store>();
    return open_rocks_store({.directory = directory_.path() / "store"});
  }
  std::uint64_t commit(const change_set& set) {
    const change_set* const one = &set;
    std::uint64_t first = 0;
    store_->commit({&one, 1}, {&first, 1});
    return first;
  }
  std::vector<std::string> keys_in(family in, std::string_view from, std::string_view to, bool back = false) {
    std::vector<std::string> keys;
    const auto visit = [&](std::string_view key, std::string_view) {
      keys.emplace_back(key);
      return true;
    };
    if (back) {
      store_->scan_back(in, from, to, visit);
    } else {
      store_->scan(in, from, to, visit);
    }
    return keys;
  }

  temporary_directory directory_;
  std::unique_ptr<store> store_;
};

TEST_P(StoreContract, PositionsRiseByOneFromOneInEachGroup) {
  change_set a{3}, b{3}, c{4};
  a.add_event("a0");
  a.add_event("a1");
  b.add_event("b0");
  c.add_event("c0");
  const std::array<const change_set*, 3> sets{&a, &c, &b};
  std::array<std::uint64_t, 3> first{};
  store_->commit(sets, first);
  EXPECT_THAT(first, ElementsAre(1, 1, 3));
  EXPECT_EQ(store_->head(3), 3u);
  EXPECT_EQ(store_->head(4), 1u);
  EXPECT_EQ(store_->head(5), 0u);
  EXPECT_EQ(store_->event_at(3, 3), "b0");
  EXPECT_EQ(store_->event_at(3, 4), std::nullopt);
  EXPECT_EQ(store_->event_at(3, 0), std::nullopt);
  EXPECT_EQ(commit(b), 4u);
}

TEST_P(StoreContract, EventsAtGivesThoseThatExistInOrder) {
  change_set set{0};
  for (int i = 0; i < 5; ++i) set.add_event("event " + std::to_string(i));
  commit(set);
  const std::array<std::uint64_t, 4> wanted{1, 4, 5, 9};
  const auto found = store_->events_at(0, wanted);
  EXPECT_THAT(
      found, ElementsAre(std::pair{std::uint64_t{1}, std::string{"event 0"}}, std::pair{std::uint64_t{4}, std::string{"event 3"}},
                         std::pair{std::uint64_t{5}, std::string{"event 4"}}));
}

TEST_P(StoreContract, OperationsOfOneSetApplyInTheirOrder) {
  change_set set{0};
  set.put(family::state, "key", "first");
  set.erase(family::state, "key");
  set.put(family::state, "key", "last");
  set.put(family::state, "gone", "value");
  set.erase(family::state, "gone");
  commit(set);
  EXPECT_EQ(store_->get(family::state, "key"), "last");
  EXPECT_EQ(store_->get(family::state, "gone"), std::nullopt);
  EXPECT_EQ(store_->get(family::config, "key"), std::nullopt);
}

TEST_P(StoreContract, LaterSetsOfAGroupWinOverEarlierOnes) {
  change_set a{7}, b{7};
  a.put(family::state, "key", "a");
  b.put(family::state, "key", "b");
  const std::array<const change_set*, 2> sets{&a, &b};
  std::array<std::uint64_t, 2> first{};
  store_->commit(sets, first);
  EXPECT_EQ(store_->get(family::state, "key"), "b");
}

TEST_P(StoreContract, PutPositionFillsInThePositionOfItsEvent) {
  change_set before{2}, set{2};
  before.add_event("before");
  commit(before);
  set.add_event("0");
  const auto number = set.add_event("1");
  set.put_position(family::outbox, "reply", number);
  commit(set);
  EXPECT_EQ(keys::read_be64(store_->get(family::outbox, "reply").value()), 3u);
}

TEST_P(StoreContract, AFeedGetsOneEntryACommitWithAllItsPositions) {
  const account_id account{1};
  const auto group = keys::group_of(account);
  const auto ada = keys::feed(account, user_id{1}), ben = keys::feed(account, user_id{2});
  change_set a{group}, b{group};
  a.add_event("0");
  a.feed(ada, 0);
  a.add_event("1");
  a.feed(ada, 1);
  a.feed(ben, 0);
  a.feed(ada, 1);  // twice is once
  b.add_event("2");
  b.feed(ada, 0);
  const std::array<const change_set*, 2> sets{&a, &b};
  std::array<std::uint64_t, 2> first{};
  store_->commit(sets, first);
  commit(b);
  const auto positions = [&](const std::string& feed) {
    std::vector<std::vector<std::uint64_t>> entries;
    store_->scan(family::feeds, feed, keys::after_prefix(feed), [&](std::string_view key, std::string_view value) {
      entries.push_back(keys::read_positions(value));
      EXPECT_EQ(keys::read_be64(key.substr(feed.size())), entries.back().front());
      return true;
    });
    return entries;
  };
  EXPECT_THAT(positions(ada), ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4)));
  EXPECT_THAT(positions(ben), ElementsAre(ElementsAre(1)));
}

TEST_P(StoreContract, AFeedNamedOutOfOrderIsWrittenAscending) {
  const auto feed = keys::feed(account_id{1}, user_id{1});
  change_set set{0};
  for (int i = 0; i < 3; ++i) set.add_event("e");
  for (const std::uint32_t number : {2u, 0u, 1u}) set.feed(feed, number);
  commit(set);
  std::string key = feed;
  keys::append_be64(key, 1);
  EXPECT_THAT(keys::read_positions(store_->get(family::feeds, key).value()), ElementsAre(1, 2, 3));
}

TEST_P(StoreContract, ScansAreHalfOpenAndStopWhenTold) {
  change_set set{0};
  for (const auto* key : {"a", "b", "ba", "c", "d"}) set.put(family::state, key, key);
  commit(set);
  EXPECT_THAT(keys_in(family::state, "b", "d"), ElementsAre("b", "ba", "c"));
  EXPECT_THAT(keys_in(family::state, "bb", ""), ElementsAre("c", "d"));
  EXPECT_THAT(keys_in(family::state, "", ""), ElementsAre("a", "b", "ba", "c", "d"));
  EXPECT_THAT(keys_in(family::state, "d", "b"), ElementsAre());
  EXPECT_THAT(keys_in(family::state, "b", "d", true), ElementsAre("c", "ba", "b"));
  EXPECT_THAT(keys_in(family::state, "bb", "", true), ElementsAre("d", "c"));
  EXPECT_THAT(keys_in(family::state, "c", "c", true), ElementsAre());
  int seen = 0;
  store_->scan(family::state, "", "", [&](std::string_view, std::string_view) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
  seen = 0;
  store_->scan_back(family::state, "", "", [&](std::string_view, std::string_view) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

TEST_P(StoreContract, GetManyKeepsTheOrderOfItsKeys) {
  change_set set{0};
  set.put(family::state, "a", "1");
  set.put(family::state, "b", "");
  commit(set);
  const std::vector<std::string> wanted{"b", "missing", "a", "b"};
  const auto found = store_->get_many(family::state, wanted);
  EXPECT_THAT(found, ElementsAre(std::optional<std::string>{""}, std::nullopt, std::optional<std::string>{"1"},
                                 std::optional<std::string>{""}));
  EXPECT_TRUE(store_->get_many(family::state, {}).empty());
}

TEST_P(StoreContract, DropRangeTakesWhatIsInsideAndNothingElse) {
  change_set set{0};
  for (const auto* key : {"a", "b", "c", "d"}) set.put(family::message_ids, key, "v");
  set.put(family::state, "b", "v");
  commit(set);
  store_->drop_range(family::message_ids, "b", "d");
  EXPECT_THAT(keys_in(family::message_ids, "", ""), ElementsAre("a", "d"));
  EXPECT_EQ(store_->get(family::state, "b"), "v");
}

TEST_P(StoreContract, EventsOnBothSidesOfADroppedRangeStay) {
  change_set set{2};
  for (int i = 0; i < 100; ++i) set.add_event("event");
  commit(set);
  for (std::uint64_t from = 11; from < 91; from += 20) {
    store_->drop_range(family::events, keys::event(2, from), keys::event(2, from + 10));
    commit(set);
  }
  std::uint64_t kept = 0;
  store_->scan(family::events, {}, {}, [&](std::string_view key, std::string_view) {
    const auto position = keys::read_be64(key.substr(1));
    EXPECT_TRUE(position > 100 || (position - 1) / 10 % 2 == 0 || position > 90) << position;
    ++kept;
    return true;
  });
  EXPECT_EQ(kept, 460u);
}

TEST_P(StoreContract, AnEmptyCommitChangesNothing) {
  const auto before = everything_in(*store_);
  const change_set nothing{1};
  EXPECT_EQ(commit(nothing), 1u);
  store_->commit({}, {});
  EXPECT_EQ(everything_in(*store_), before);
}

TEST_P(StoreContract, ASetAboveItsBoundIsStillWrittenWhole) {
  change_set large{0}, small{0};
  for (int i = 0; i < 3; ++i) large.add_event(std::string(700'000, static_cast<char>('a' + i)));
  small.add_event("small");
  const std::array<const change_set*, 3> sets{&small, &large, &small};
  std::array<std::uint64_t, 3> first{};
  store_->commit(sets, first);
  EXPECT_THAT(first, ElementsAre(1, 2, 5));
  EXPECT_EQ(store_->event_at(0, 4), std::string(700'000, 'c'));
  EXPECT_EQ(store_->event_at(0, 5), "small");
}

TEST_P(StoreContract, KeysMayHoldAnyBytes) {
  change_set set{15};
  const std::string key{"\0\xFF\0", 3};
  set.put(family::state, key, std::string{"\0", 1});
  set.add_event("");
  commit(set);
  EXPECT_EQ(store_->get(family::state, key), (std::string{"\0", 1}));
  EXPECT_EQ(store_->event_at(15, 1), "");
  EXPECT_THAT(keys_in(family::events, keys::event(15, 0), ""), ElementsAre(keys::event(15, 1)));
}

INSTANTIATE_TEST_SUITE_P(Both, StoreContract, ::testing::Values(kind::memory, kind::rocks),
                         [](const auto& of) { return of.param == kind::memory ? "Memory" : "Rocks"; });

TEST(StoreContractOfBoth, TheSameWorkLeavesTheSameBytes) {
  const temporary_directory directory;
  memory_store memory;
  auto rocks = open_rocks_store({.directory = directory.path() / "store", .memtable_bytes = 64 << 10});
  workload for_memory{7}, for_rocks{7};
  for (int i = 0; i < 400; ++i) {
    const auto sets = static_cast<std::size_t>(1 + i % 9);
    for_memory.commit(memory, sets);
    for_rocks.commit(*rocks, sets);
  }
  auto of_rocks = everything_in(*rocks);
  of_rocks[0].erase(keys::format());
  of_rocks[0].erase(keys::family_map());
  EXPECT_EQ(everything_in(memory), of_rocks);
  for (std::uint8_t group = 0; group < keys::groups; ++group) EXPECT_EQ(memory.head(group), rocks->head(group));
}

}  // namespace
}  // namespace signalbox::testing
