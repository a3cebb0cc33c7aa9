// Bytes that changed on the disk: what is noticed, and what is forgiven.
#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <fstream>
#include <functional>

#include "storage/prepared_log.hpp"
#include "storage/rocks_access.hpp"
#include "storage/rocks_store.hpp"
#include "tests/storage/temporary_directory.hpp"
#include "tests/storage/workload.hpp"

namespace signalbox::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

std::vector<std::string> problems_of(const fs::path& directory) {
  std::vector<std::string> problems;
  verify_store({.directory = directory}, [&](const std::string& what) { problems.push_back(what); });
  return problems;
}

/// The largest file with this ending.
fs::path largest(const fs::path& directory, std::string_view ending) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator{directory}) {
    if (entry.path().extension() == ending && (found.empty() || entry.file_size() > fs::file_size(found))) found = entry.path();
  }
  return found;
}

void flip(const fs::path& file, std::uint64_t at) {
  std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
  bytes.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(bytes.get() ^ 0x40);
  bytes.seekp(static_cast<std::streamoff>(at));
  bytes.put(byte);
}

change_set with_events(std::uint8_t group, int count, std::size_t size = 4000) {
  change_set set{group};
  std::string record;
  for (int i = 0; i < count; ++i) {
    event what;
    // An account of the group, so that `verify` finds nothing wrong but the damage.
    for (std::uint64_t id = 1; keys::group_of(what.account = account_id{id}) != group; ++id) {
    }
    const std::string body(size, 'b');
    what.kind = event_kind::message;
    what.body = body;
    record.clear();
    encode(record, what);
    set.add_event(record);
  }
  return set;
}

void commit(store& to, std::initializer_list<change_set> sets) {
  std::vector<const change_set*> pointers;
  for (const auto& set : sets) pointers.push_back(&set);
  std::vector<std::uint64_t> first(sets.size());
  to.commit(pointers, first);
}

class Damage : public ::testing::Test {
protected:
  /// Copies the store, so that each case damages a fresh one.
  fs::path copy() {
    const auto to = directory_.path() / std::to_string(++copies_);
    fs::copy(path_, to, fs::copy_options::recursive);
    return to;
  }
  /// How long the log is when this was committed. While a store is open filler lies behind it.
  std::uint64_t log_bytes_after(const std::function<void(store&)>& commits) {
    const auto beside = directory_.path() / "beside";
    commits(*open_rocks_store({.directory = beside}));
    return fs::file_size(largest(beside, ".log"));
  }
  temporary_directory directory_;
  fs::path path_ = directory_.path() / "store";
  int copies_ = 0;
};

TEST_F(Damage, AFlippedByteOfATableIsFoundByVerify) {
  {
    workload work{1};
    const auto store = open_rocks_store({.directory = path_, .memtable_bytes = 128 << 10});
    for (int i = 0; i < 200; ++i) work.commit(*store, 10);
  }
  ASSERT_THAT(problems_of(path_), IsEmpty());
  ASSERT_FALSE(largest(path_, ".sst").empty());
  for (const auto part : {1, 5, 9}) {
    const auto damaged = copy();
    const auto table = largest(damaged, ".sst");
    flip(table, fs::file_size(table) * static_cast<std::uint64_t>(part) / 10);
    EXPECT_THAT(problems_of(damaged), Not(IsEmpty())) << part << "/10";
  }
}

TEST_F(Damage, AFlippedByteInTheLogIsFoundByVerifyAndStopsTheServer) {
  {
    const auto store = open_rocks_store({.directory = path_});
    for (int i = 0; i < 10; ++i) commit(*store, {with_events(0, 20)});
  }
  ASSERT_THAT(problems_of(path_), IsEmpty());
  for (const auto part : {1, 4, 7}) {
    const auto damaged = copy();
    const auto log = largest(damaged, ".log");
    flip(log, fs::file_size(log) * static_cast<std::uint64_t>(part) / 10);
    EXPECT_THAT(problems_of(damaged), Not(IsEmpty())) << part << "/10";
    EXPECT_THROW(static_cast<void>(open_rocks_store({.directory = damaged})), storage_error) << part << "/10";
  }
}

TEST_F(Damage, ATornEndOfTheLogIsACommitThatWasNeverAcknowledged) {
  const auto acknowledged = [](store& to) {
    for (int i = 0; i < 3; ++i) commit(to, {with_events(0, 3)});
  };
  const auto acknowledged_bytes = log_bytes_after(acknowledged);
  {
    const auto store = open_rocks_store({.directory = path_});
    acknowledged(*store);
    commit(*store, {with_events(0, 30)});
  }
  const auto whole = fs::file_size(largest(path_, ".log"));
  ASSERT_GT(whole, acknowledged_bytes + 100'000);
  for (const auto size :
       {acknowledged_bytes, acknowledged_bytes + 1, acknowledged_bytes + 7, acknowledged_bytes + 50'000, whole - 1}) {
    for (const std::size_t filler : {0, 1, 100'000, 300'000}) {
      const auto torn = copy();
      fs::resize_file(largest(torn, ".log"), size);
      std::ofstream{largest(torn, ".log"), std::ios::app | std::ios::binary} << std::string(filler, '\xFF');
      EXPECT_THAT(problems_of(torn), IsEmpty()) << size << " and " << filler;
      const auto store = open_rocks_store({.directory = torn});
      EXPECT_EQ(store->head(0), 9u) << size << " and " << filler;
      commit(*store, {with_events(0, 1)});
      EXPECT_EQ(store->head(0), 10u);
    }
  }
}

// As a backup may copy it: the log before last isn't closed yet, and the last one is empty.
TEST_F(Damage, FillerOfALogThatAnotherOneFollowsIsNoDamage) {
  {
    const auto store = open_rocks_store({.directory = path_});
    commit(*store, {with_events(0, 3)});
    const auto& database = dynamic_cast<rocks_store&>(*store).database();
    ASSERT_TRUE(database.db().Flush({}, database.in(family::events)).ok());  // its next rows are of a newer log
  }
  const auto damaged = copy();
  std::ofstream{largest(damaged, ".log"), std::ios::app | std::ios::binary} << std::string(100'000, '\xFF');
  EXPECT_THAT(problems_of(damaged), IsEmpty());
  EXPECT_EQ(open_rocks_store({.directory = damaged})->head(0), 3u);
}

TEST_F(Damage, APageThatAPowerCutLeftOutIsNoHoleThatIsPassedOver) {
  const auto acknowledged = [](store& to) { commit(to, {with_events(0, 3)}); };
  const auto acknowledged_bytes = log_bytes_after(acknowledged);
  {
    const auto store = open_rocks_store({.directory = path_});
    acknowledged(*store);
    // A batch for each group: the first reaches into the next blocks of 32 KiB, the others lie behind it.
    commit(*store, {with_events(0, 8), with_events(1, 8), with_events(2, 8)});
  }
  for (const std::uint64_t pages : {1, 3, 9}) {
    const auto cut = copy();
    {
      std::fstream log{largest(cut, ".log"), std::ios::in | std::ios::out | std::ios::binary};
      log.seekp(static_cast<std::streamoff>(acknowledged_bytes));
      log << std::string(pages * 4096, '\xFF');
    }
    EXPECT_THAT(problems_of(cut), IsEmpty()) << pages;
    const auto store = open_rocks_store({.directory = cut});
    EXPECT_EQ(store->head(0), 3u) << pages;
    EXPECT_EQ(store->head(1), 0u) << pages;
    EXPECT_EQ(store->head(2), 0u) << pages;
  }
}

TEST_F(Damage, WhatReadsAsFillerInFrontOfAnAcknowledgedCommitIsDamage) {
  const auto first = [](store& to) { commit(to, {with_events(0, 3)}); };
  const auto first_bytes = log_bytes_after(first);
  {
    const auto store = open_rocks_store({.directory = path_});
    first(*store);
    commit(*store, {with_events(0, 8)});
    commit(*store, {with_events(1, 30)});
    commit(*store, {with_events(1, 1)});
  }
  {
    std::fstream log{largest(path_, ".log"), std::ios::in | std::ios::out | std::ios::binary};
    log.seekp(static_cast<std::streamoff>(first_bytes));
    log << std::string(2 * 4096, '\xFF');
  }
  EXPECT_THAT(problems_of(path_), Not(IsEmpty()));
  EXPECT_THROW(static_cast<void>(open_rocks_store({.directory = path_})), storage_error);
}

TEST_F(Damage, ASecondServerTouchesNoLogOfTheFirst) {
  const auto store = open_rocks_store({.directory = path_});
  commit(*store, {with_events(0, 1)});
  const auto size = fs::file_size(largest(path_, ".log"));
  EXPECT_THROW(static_cast<void>(open_rocks_store({.directory = path_})), storage_locked);
  EXPECT_EQ(fs::file_size(largest(path_, ".log")), size);
}

TEST_F(Damage, TheLogLiesReadyAndItsFillerIsNothing) {
  fs::path cut_off;
  std::uint64_t size_while_open = 0;
  {
    const auto store = open_rocks_store({.directory = path_});
    for (int i = 0; i < 100; ++i) {
      commit(*store, {with_events(0, 1)});
      const auto size = fs::file_size(largest(path_, ".log"));
      EXPECT_TRUE(size == size_while_open || size > size_while_open + 200'000) << size;  // in steps: an fsync writes data alone
      size_while_open = size;
    }
    cut_off = copy();
  }
  EXPECT_LT(fs::file_size(largest(path_, ".log")), size_while_open);
  EXPECT_EQ(fs::file_size(largest(cut_off, ".log")), size_while_open);
  for (const auto& directory : {cut_off, path_}) {
    EXPECT_THAT(problems_of(directory), IsEmpty());
    const auto log = largest(directory, ".log");
    cut_prepared_logs(directory);
    EXPECT_EQ(fs::file_size(log), fs::file_size(largest(path_, ".log")));  // so that a start has nothing to judge
    EXPECT_EQ(open_rocks_store({.directory = directory})->head(0), 100u);
  }
}

TEST_F(Damage, PagesThatAPowerCutLeftOutOfTheLastCommitAreForgiven) {
  const auto acknowledged = [](store& to) {
    for (int i = 0; i < 3; ++i) commit(to, {with_events(0, 30)});
  };
  const auto acknowledged_bytes = log_bytes_after(acknowledged);
  {
    const auto store = open_rocks_store({.directory = path_});
    acknowledged(*store);
    commit(*store, {with_events(0, 30), with_events(1, 30), with_events(2, 30)});
  }
  flip(largest(path_, ".log"), acknowledged_bytes + 1000);  // two later batches of the same commit are whole
  EXPECT_THAT(problems_of(path_), IsEmpty());
  const auto store = open_rocks_store({.directory = path_});
  EXPECT_EQ(store->head(0), 90u);
  EXPECT_EQ(store->head(1), 0u);
  EXPECT_EQ(store->head(2), 0u);
  commit(*store, {with_events(1, 1)});
  EXPECT_EQ(store->head(1), 1u);
}

TEST_F(Damage, ADamagedAcknowledgedCommitIsNotForgotten) {
  const auto acknowledged = [](store& to) { commit(to, {with_events(0, 30)}); };
  const auto acknowledged_bytes = log_bytes_after(acknowledged);
  {
    const auto store = open_rocks_store({.directory = path_});
    acknowledged(*store);
    commit(*store, {with_events(0, 30)});
    commit(*store, {with_events(1, 30)});
  }
  flip(largest(path_, ".log"), acknowledged_bytes + 1000);
  EXPECT_THAT(problems_of(path_), Not(IsEmpty()));
  try {
    open_rocks_store({.directory = path_}).reset();
    ADD_FAILURE() << "opened without its second commit";
  } catch (const storage_error& broken) {
    EXPECT_THAT(broken.what(), HasSubstr(path_.string()));
  }
}

TEST_F(Damage, AMissingManifestIsFound) {
  open_rocks_store({.directory = path_}).reset();
  for (const auto& entry : fs::directory_iterator{path_}) {
    if (entry.path().filename().string().starts_with("MANIFEST")) fs::resize_file(entry.path(), 10);
  }
  EXPECT_THROW(static_cast<void>(open_rocks_store({.directory = path_})), storage_error);
  EXPECT_THAT(problems_of(path_), Not(IsEmpty()));
}

}  // namespace
}  // namespace signalbox::testing
