// What is flushed and merged: how often rows are written, and what writers wait for.
#include <gmock/gmock.h>
#include <rocksdb/db.h>
#include <sched.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "storage/rocks_access.hpp"
#include "tests/storage/rocks_fixture.hpp"

namespace signalbox::testing {
namespace {

namespace fs = std::filesystem;

TEST_F(RocksStore, UsageSaysWhetherWritesAreHeldUntilMergesCatchUp) {
  const auto store = open();
  const auto& database = dynamic_cast<const rocks_store&>(*store).database();
  auto* const rows = database.in(family::events);
  const auto bound = [&](const char* what, const char* tables) {
    ASSERT_TRUE(database.db().SetOptions(rows, {{what, tables}}).ok());
  };
  bound("level0_file_num_compaction_trigger", "2");
  bound("level0_slowdown_writes_trigger", "2");
  auto* const env = database.db().GetEnv();
  const auto merging = env->GetBackgroundThreads(rocksdb::Env::LOW);
  env->SetBackgroundThreads(0, rocksdb::Env::LOW);  // nothing is merged meanwhile
  const std::shared_ptr<void> merging_again{nullptr, [&](void*) { env->SetBackgroundThreads(merging, rocksdb::Env::LOW); }};
  rocksdb::FlushOptions even_if_held;
  even_if_held.allow_write_stall = true;
  workload work{3};
  for (int flushed = 0; flushed < 3; ++flushed) {
    EXPECT_EQ(store->usage().write_limit > 0, flushed >= 2) << flushed << " tables";
    work.commit(*store, 5);
    ASSERT_TRUE(database.db().Flush(even_if_held, rows).ok());
  }
  EXPECT_FALSE(store->usage().writes_stopped);
  bound("level0_stop_writes_trigger", "3");
  EXPECT_TRUE(store->usage().writes_stopped);
  bound("level0_stop_writes_trigger", "30");
  bound("level0_slowdown_writes_trigger", "30");
  EXPECT_FALSE(store->usage().writes_stopped);
  EXPECT_EQ(store->usage().write_limit, 0u);
}

/// Of the bytes that were flushed, how many were written to tables in all.
double write_amplification(const store& of, family in, double compactions_at_least) {
  const auto& database = dynamic_cast<const rocks_store&>(of).database();
  std::map<std::string, std::string> said;
  EXPECT_TRUE(database.db().GetMapProperty(database.in(in), rocksdb::DB::Properties::kCFStats, &said));
  EXPECT_GT(std::stod(said.at("compaction.Sum.CompCount")), compactions_at_least);
  return std::stod(said.at("compaction.Sum.WriteAmp"));
}

TEST_F(RocksStore, RowsThatComeInNoOrderAreWrittenAFewTimes) {
  const auto store = open_rocks_store({.directory = path_, .sync = false});
  const auto& database = dynamic_cast<const rocks_store&>(*store).database();
  auto* const rows = database.in(family::state);
  std::mt19937_64 random{5};
  const auto noise = [&](std::size_t bytes) {
    std::string out(bytes, '\0');
    for (auto& each : out) each = static_cast<char>(random());
    return out;
  };
  const auto running = [&] {
    std::uint64_t count = 0;
    database.db().GetIntProperty(rocksdb::DB::Properties::kNumRunningCompactions, &count);
    return count > 0;
  };
  for (int i = 0; i < 150; ++i) {
    change_set set{0};
    for (int k = 0; k < 400; ++k) set.put(family::state, noise(32), noise(200));
    const change_set* const one = &set;
    std::uint64_t unused = 0;
    store->commit({&one, 1}, {&unused, 1});
    ASSERT_TRUE(database.db().Flush({}, rows).ok());
    do {
      std::this_thread::sleep_for(std::chrono::milliseconds{3});
    } while (running());
  }
  EXPECT_LT(write_amplification(*store, family::state, 150), 7);  // 4.4; 19 where it is merged level by level
}

TEST_F(RocksStore, AThreadThatMergesRunsUnderTheIdleClassOnHalfOfTheProcessors) {
  const auto store = open();
  const auto& database = dynamic_cast<const rocks_store&>(*store).database();
  auto* const rows = database.in(family::state);
  for (const auto* value : {"old", "new"}) {
    put(*store, family::state, "key", value);
    ASSERT_TRUE(database.db().Flush({}, rows).ok());
  }
  ASSERT_TRUE(database.db().CompactRange({}, rows, nullptr, nullptr).ok());
  cpu_set_t mine;
  ASSERT_EQ(sched_getaffinity(0, sizeof mine, &mine), 0);
  bool any = false;
  for (const auto& task : fs::directory_iterator{"/proc/self/task"}) {
    const auto thread = std::stoi(task.path().filename());
    std::string name;
    std::getline(std::ifstream{task.path() / "comm"}, name);
    cpu_set_t its;
    if (sched_getaffinity(thread, sizeof its, &its) != 0) continue;
    if (name != "rocksdb:low") {
      EXPECT_EQ(CPU_COUNT(&its), CPU_COUNT(&mine)) << name;
      continue;
    }
    if (sched_getscheduler(thread) != SCHED_IDLE) continue;  // it had nothing to merge yet
    any = true;
    EXPECT_EQ(CPU_COUNT(&its), std::max(1, CPU_COUNT(&mine) / 2));
  }
  EXPECT_TRUE(any);
}

TEST_F(RocksStore, EventsOfManyGroupsAreHardlyEverWrittenAgain) {
  const auto store = open_rocks_store({.directory = path_, .memtable_bytes = small_memtable, .sync = false});
  std::mt19937_64 random{5};
  std::string record(1000, '\0');
  std::uint64_t first = 0;
  for (int i = 0; i < 400; ++i) {
    change_set set{static_cast<std::uint8_t>(i % keys::groups)};
    for (int k = 0; k < 100; ++k) {
      for (auto& each : record) each = static_cast<char>(random());  // so that nothing is gained by compressing
      set.add_event(record);
    }
    const change_set* const one = &set;
    store->commit({&one, 1}, {&first, 1});
  }
  // 40 MB in memtables of 256 KiB: 2.0 to 2.3; 5.4 where a first level over all groups is rewritten, and growing.
  EXPECT_LT(write_amplification(*store, family::events, 50), 3.5);
}

}  // namespace
}  // namespace signalbox::testing
