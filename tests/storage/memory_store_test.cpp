#include "tests/support/memory_store.hpp"

#include <gtest/gtest.h>

#include "tests/storage/workload.hpp"

namespace signalbox::testing {
namespace {

change_set with_event(std::uint8_t group, std::string_view record) {
  change_set set{group};
  set.add_event(record);
  return set;
}

void commit(store& to, const change_set& set) {
  const change_set* const one = &set;
  std::uint64_t first = 0;
  to.commit({&one, 1}, {&first, 1});
}

TEST(MemoryStore, AFailedCommitWritesNothingAndEndsAllWriting) {
  memory_store store;
  commit(store, with_event(0, "kept"));
  store.fail_next_commit();
  EXPECT_THROW(commit(store, with_event(0, "lost")), storage_error);
  EXPECT_THROW(commit(store, with_event(0, "refused")), storage_error);
  EXPECT_EQ(store.event_at(0, 1), "kept");
  EXPECT_EQ(store.event_at(0, 2), std::nullopt);
  const auto after = store.crash();
  commit(*after, with_event(0, "next"));
  EXPECT_EQ(after->event_at(0, 2), "next");
}

TEST(MemoryStore, FailAfterCountsTheCommitsThatSucceed) {
  memory_store store;
  store.fail_after(2);
  commit(store, with_event(0, "1"));
  commit(store, with_event(0, "2"));
  EXPECT_THROW(commit(store, with_event(0, "3")), storage_error);
  EXPECT_EQ(store.commits(), 2u);
}

TEST(MemoryStore, AFailingCommitMayLeaveSomeOfItsBatches) {
  for (const bool forget : {false, true}) {
    memory_store store;
    store.forget_unsynced(forget);
    store.fail_next_commit(1);
    const auto a = with_event(0, "a"), b = with_event(1, "b");
    const std::array<const change_set*, 2> sets{&a, &b};
    std::array<std::uint64_t, 2> first{};
    EXPECT_THROW(store.commit(sets, first), storage_error);
    EXPECT_EQ(store.event_at(0, 1), "a");
    EXPECT_EQ(store.event_at(1, 1), std::nullopt);
    const auto after = store.crash();
    EXPECT_EQ(after->event_at(0, 1).has_value(), !forget);
    EXPECT_EQ(after->head(0), forget ? 0u : 1u);
  }
}

TEST(MemoryStore, ACommitWhoseAnswerIsLostIsThereAfterTheCrash) {
  memory_store store;
  store.fail_next_commit(SIZE_MAX);
  EXPECT_THROW(commit(store, with_event(3, "there")), storage_error);
  EXPECT_EQ(store.crash()->event_at(3, 1), "there");
}

TEST(MemoryStore, TheHookSeesEachCommitBeforeItIsWritten) {
  memory_store store;
  std::vector<std::uint64_t> heads;
  store.before_commit([&](std::span<const change_set* const> sets) {
    heads.push_back(store.head(0));
    EXPECT_EQ(sets.size(), 1u);
    EXPECT_EQ(store.crash()->head(0), store.head(0));
  });
  commit(store, with_event(0, "1"));
  commit(store, with_event(0, "2"));
  EXPECT_EQ(heads, (std::vector<std::uint64_t>{0, 1}));
}

}  // namespace
}  // namespace signalbox::testing
