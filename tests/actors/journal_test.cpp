#include "actors/journal.hpp"

#include <gmock/gmock.h>

#include <caf/send.hpp>
#include <numeric>

#include "actors/pending_commit.hpp"
#include "storage/keys.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using ::testing::Each;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

constexpr std::size_t set_bytes = 100'000;

class Journal : public ::testing::Test {
protected:
  /// WRITERs get everything, from the first byte on.
  void begin(unsigned writers, std::uint64_t seed = 1) {
    actor_settings settings;
    settings.writers = writers;
    settings.writers_from_bytes = 0;
    w = std::make_unique<world>(std::make_unique<memory_store>(), settings);
    w->seed = seed;
    w->shuffled = seed > 1;
    commits.clear();
    durable.clear();
    w->disk->before_commit([this](std::span<const change_set* const> sets) {
      commits.push_back(std::accumulate(sets.begin(), sets.end(), std::size_t{0},
                                        [](std::size_t sum, const change_set* one) { return sum + one->bytes(); }));
    });
  }
  /// Sets number 0, 1 and so on; nothing happens before `run`.
  void send(int count, bool unhurried = false) {
    for (int i = 0; i < count; ++i) {
      auto one = std::make_shared<pending_commit>(std::uint8_t{0});
      one->unhurried = unhurried;
      one->set.add_event(std::string(set_bytes, 'x'));
      one->then.emplace_back([this, number = sent++] { durable.push_back(number); });
      caf::anon_send(w->env().journal, commit{std::move(one)});
    }
  }
  [[nodiscard]] std::vector<int> all_sent() const {
    std::vector<int> all(static_cast<std::size_t>(sent));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

  std::unique_ptr<world> w;
  std::vector<std::size_t> commits;  ///< how large they were
  std::vector<int> durable;
  int sent = 0;
};

TEST_F(Journal, AloneItWritesAllThatWaitsWithOneCommit) {
  begin(0);
  send(20);
  w->run();
  EXPECT_THAT(commits, SizeIs(1));
  EXPECT_THAT(durable, ElementsAreArray(all_sent()));
}

TEST_F(Journal, CommitsThatOverlapAreOfOneSizeAndToldInTheirOrder) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    begin(2, seed);
    sent = 0;
    for (int burst = 0; burst < 5; ++burst) {
      send(12);
      w->run_some(seed % 7);
    }
    w->run();
    EXPECT_THAT(durable, ElementsAreArray(all_sent()));
    EXPECT_THAT(commits, Each(Le(std::size_t{512 << 10} + 2 * set_bytes)));
    EXPECT_EQ(w->disk->head(0), 60);
    EXPECT_EQ(w->disk->untold_most(), 2) << "that many were under way";
  }
}

TEST_F(Journal, WhatNobodyHurriesWaitsForWhatSomebodyDoesThoughAWriterIsFree) {
  begin(2);
  send(1);
  while (w->next_actor() != "writer") w->run_some(1);
  send(1, true);
  w->run();
  EXPECT_THAT(commits, SizeIs(1));
  send(1);
  w->run();
  EXPECT_THAT(commits, SizeIs(2));
  EXPECT_THAT(durable, ElementsAreArray(all_sent()));
}

TEST_F(Journal, WhatAWriterCantWriteEndsTheProcessAndNobodyIsToldOfItOrWhatIsBehindIt) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    begin(2, seed);
    sent = 0;
    w->disk->fail_next_commit();
    send(12);
    w->run();
    EXPECT_TRUE(w->fatal);
    send(1);
    w->run();
    EXPECT_THAT(durable, IsEmpty());
  }
}

}  // namespace
}  // namespace signalbox
