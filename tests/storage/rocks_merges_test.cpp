// What is flushed and merged: how often rows are written, and what writers wait for.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <rocksdb/db.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "storage/direct_files.hpp"
#include "storage/rocks_access.hpp"
#include "tests/storage/rocks_fixture.hpp"
#include "tests/storage/temporary_directory.hpp"

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

struct bytes_of_tables {
  std::size_t all = 0, cached = 0;
};
/// Of the store's tables, what there is and what lies in the page cache.
bytes_of_tables look_at_tables(const fs::path& directory) {
  bytes_of_tables found;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (const auto& file : fs::directory_iterator{directory}) {
    if (file.path().extension() != ".sst") continue;
    const auto size = file.file_size();
    const int opened = ::open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
    auto* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, opened, 0);
    ::close(opened);
    if (bytes == MAP_FAILED) throw std::runtime_error{"mmap of " + file.path().string()};
    std::vector<unsigned char> resident((size + page - 1) / page);
    EXPECT_EQ(::mincore(bytes, size, resident.data()), 0);
    ::munmap(bytes, size);
    found.all += size;
    for (const auto each : resident) found.cached += (each & 1) * page;
  }
  return found;
}

TEST_F(RocksStore, WhatIsFlushedAndMergedStaysOutOfThePageCache) {
  const auto store = open_rocks_store({.directory = path_});
  if (!takes_direct_files(path_)) GTEST_SKIP() << path_ << " takes no O_DIRECT";
  const auto& database = dynamic_cast<const rocks_store&>(*store).database();
  auto* const rows = database.in(family::state);
  std::mt19937_64 random{5};
  std::string value(100 << 10, '\0');
  for (int table = 0; table < 2; ++table) {
    for (int row = 0; row < 80; ++row) {
      for (auto& each : value) each = static_cast<char>(random());  // so that nothing is gained by compressing
      put(*store, family::state, std::to_string(row), value);
    }
    ASSERT_TRUE(database.db().Flush({}, rows).ok());
  }
  // What is opened has its end read, with what the system reads ahead.
  const auto flushed = look_at_tables(path_);
  EXPECT_GT(flushed.all, 15'000'000u);
  EXPECT_LT(flushed.cached, flushed.all / 4);
  ASSERT_TRUE(database.db().CompactRange({}, rows, nullptr, nullptr).ok());
  const auto merged = look_at_tables(path_);
  EXPECT_LT(merged.all, 12'000'000u);
  EXPECT_LT(merged.cached, merged.all / 4);
}

TEST_F(RocksStore, TablesAreWrittenToMemoryToo) {
  const fs::path in_memory = "/dev/shm";  // before Linux 6.6 without O_DIRECT
  std::error_code failed;
  if (!fs::is_directory(in_memory, failed)) GTEST_SKIP() << "no " << in_memory;
  const temporary_directory directory{in_memory};
  const auto store = open_rocks_store({.directory = directory.path() / "store"});
  put(*store, family::state, "key", "value");
  const auto& database = dynamic_cast<const rocks_store&>(*store).database();
  EXPECT_TRUE(database.db().Flush({}, database.in(family::state)).ok());
  EXPECT_EQ(store->get(family::state, "key"), "value");
  EXPECT_GT(look_at_tables(directory.path() / "store").all, 0u);
}

TEST(DirectFiles, AreNotTakenWhereNoFileCanBeAndLeaveNothing) {
  const temporary_directory directory;
  EXPECT_FALSE(takes_direct_files("/proc"));
  EXPECT_FALSE(takes_direct_files(directory.path() / "missing"));
  static_cast<void>(takes_direct_files(directory.path()));
  EXPECT_TRUE(fs::is_empty(directory.path()));
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
