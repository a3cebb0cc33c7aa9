#include "storage/rocks_store.hpp"

#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <fstream>
#include <thread>

#include "storage/rocks_access.hpp"
#include "storage/settling.hpp"
#include "tests/storage/rocks_fixture.hpp"

namespace signalbox::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

TEST_F(RocksStore, ReopenedItHoldsWhatWasCommittedAndGoesOnAfterIt) {
  workload work{1};
  auto store = open();
  for (int i = 0; i < 300; ++i) work.commit(*store, 5);
  const auto before = everything_in(*store);
  std::array<std::uint64_t, keys::groups> heads;
  for (std::uint8_t group = 0; group < keys::groups; ++group) heads[group] = store->head(group);
  store.reset();
  store = open();
  EXPECT_EQ(everything_in(*store), before);
  for (std::uint8_t group = 0; group < keys::groups; ++group) EXPECT_EQ(store->head(group), heads[group]);
  work.commit(*store, 5);
  recover(*store, {});
  store.reset();
  EXPECT_THAT(problems_of(path_), ::testing::IsEmpty());
}

TEST_F(RocksStore, UsageSaysWhatIsInMemoryInTheLogAndInTables) {
  workload work{3};
  auto store = open();
  work.commit(*store, 5);
  const auto at_first = store->usage();
  EXPECT_GT(at_first.memtables, 0u);
  EXPECT_GT(at_first.log_on_disk, 0u);
  EXPECT_EQ(at_first.tables_on_disk, 0u);
  EXPECT_THAT(at_first.runs, ::testing::Each(0u));
  for (int i = 0; i < 3'000; ++i) work.commit(*store, 5);
  store.reset();
  store = open();  // which brings what was in the log to tables
  (void)everything_in(*store);
  const auto later = store->usage();
  EXPECT_GT(later.tables_on_disk, std::uint64_t{small_memtable});
  EXPECT_GT(later.block_cache, 0u);
  EXPECT_GE(later.memtables, later.memtables_flushing);
  EXPECT_GT(later.runs.at(static_cast<std::size_t>(family::events)), 0u);
}

TEST_F(RocksStore, PositionsGoOnAfterTheLogWasDropped) {
  workload work{2, 1};
  auto store = open();
  work.commit(*store, 5);
  recover(*store, {});
  const auto group = keys::group_of(account_id{1});
  const auto head = store->head(group);
  store->drop_range(family::events, keys::event(group, 0), keys::event(group, head + 1));
  store.reset();
  store = open();
  EXPECT_EQ(store->event_at(group, head), std::nullopt);
  EXPECT_EQ(store->head(group), head);
}

TEST_F(RocksStore, ANewerFormatIsRefusedAndLeftAlone) {
  auto store = open();
  std::string newer;
  keys::append_be32(newer, storage_format_version + 1);
  put(*store, family::meta, keys::format(), newer);
  store.reset();
  EXPECT_THAT(refusal_of([&] { open().reset(); }), AllOf(HasSubstr("newer"), HasSubstr(path_.string())));
  EXPECT_THAT(refusal_of([&] { problems_of(path_); }), HasSubstr("newer"));
}

TEST_F(RocksStore, AnotherOrderOfFamiliesIsRefused) {
  auto store = open();
  put(*store, family::meta, keys::family_map(), "default\nstate\n");
  store.reset();
  EXPECT_THAT(refusal_of([&] { open().reset(); }), HasSubstr("another order"));
}

TEST_F(RocksStore, ASecondServerIsRefused) {
  const auto store = open();
  EXPECT_THAT(refusal_of([&] { open().reset(); }), AllOf(HasSubstr("in use"), HasSubstr(path_.string())));
  EXPECT_THAT(refusal_of([&] { problems_of(path_); }), HasSubstr("in use"));
}

TEST_F(RocksStore, ADirectoryOfSomethingElseIsRefused) {
  fs::create_directories(path_);
  std::ofstream{path_ / "diary.txt"} << "dear diary";
  EXPECT_THAT(refusal_of([&] { open().reset(); }), HasSubstr("diary.txt"));
  EXPECT_FALSE(fs::exists(path_ / "CURRENT"));
  const auto file = directory_.path() / "file";
  std::ofstream{file} << "x";
  EXPECT_THAT(refusal_of([&] { open_rocks_store({.directory = file}).reset(); }), HasSubstr("not a directory"));
}

TEST_F(RocksStore, ADatabaseOfAnotherProgramIsRefused) {
  auto store = open();
  change_set set{0};
  set.erase(family::meta, keys::format());
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  store->commit({&one, 1}, {&unused, 1});
  store.reset();
  EXPECT_THAT(refusal_of([&] { open().reset(); }), HasSubstr("another program"));
}

TEST_F(RocksStore, AStoreWhoseMakingWasCutShortIsMadeAnew) {
  {
    rocksdb::DB* db = nullptr;
    rocksdb::Options options;
    options.create_if_missing = true;
    ASSERT_TRUE(rocksdb::DB::Open(options, path_.string(), &db).ok());
    delete db;
  }
  put(*open(), family::state, "key", "value");
  EXPECT_EQ(open()->get(family::state, "key"), "value");
}

TEST_F(RocksStore, FamiliesOfALaterVersionAreRefused) {
  open().reset();
  {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto name : family_names) families.emplace_back(std::string{name}, rocksdb::ColumnFamilyOptions{});
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(rocksdb::DB::Open({}, path_.string(), families, &handles, &db).ok());
    rocksdb::ColumnFamilyHandle* later = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "webhooks", &later).ok());
    ASSERT_TRUE(db->Put({}, keys::format(), std::string{"\0\0\0\x09", 4}).ok());
    handles.push_back(later);
    for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    delete db;
  }
  EXPECT_THAT(refusal_of([&] { open().reset(); }), HasSubstr("storage format 9"));
  EXPECT_THAT(refusal_of([&] { problems_of(path_); }), HasSubstr("storage format 9"));
}

TEST_F(RocksStore, NothingIsMadeUnlessWanted) {
  EXPECT_THAT(refusal_of([&] { open_rocks_store({.directory = path_, .create_if_missing = false}).reset(); }),
              HasSubstr("does not exist"));
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_THAT(refusal_of([&] { problems_of(path_); }), HasSubstr("holds no store"));
}

TEST_F(RocksStore, OpenForReadingItRefusesToWrite) {
  open().reset();
  const auto store = open_rocks_store({.directory = path_, .read_only = true});
  EXPECT_THROW(put(*store, family::state, "key", "value"), storage_error);
}

TEST_F(RocksStore, ACommitIsReportedToItsObserver) {
  std::vector<commit_report> reports;
  const auto store = open_rocks_store({.directory = path_}, [&](const commit_report& of) { reports.push_back(of); });
  change_set a{0}, b{1};
  a.add_event(std::string(1000, 'x'));
  b.add_event("y");
  const std::array<const change_set*, 2> sets{&a, &b};
  std::array<std::uint64_t, 2> first{};
  store->commit(sets, first);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].events, 2u);
  EXPECT_EQ(reports[0].sets, 2u);
  EXPECT_GT(reports[0].bytes, 1000u);
  EXPECT_LT(reports[0].bytes, 1300u);
  EXPECT_GT(reports[0].write_ns, 0u);
}

TEST_F(RocksStore, ReadersSeeWholeCommitsWhileOneWrites) {
  const auto store = open();
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto head = store->head(1);
        if (head > 0) {
          EXPECT_TRUE(store->event_at(1, head).has_value());
        }
        std::uint64_t expected = 1;
        store->scan(family::events, keys::event(1, 0), keys::event(2, 0), [&](std::string_view key, std::string_view) {
          EXPECT_EQ(keys::read_be64(key.substr(1)), expected++);
          return true;
        });
        EXPECT_GT(expected, head);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    change_set set{1};
    for (int j = 0; j < 10; ++j) set.add_event("event");
    const change_set* const one = &set;
    std::uint64_t first = 0;
    store->commit({&one, 1}, {&first, 1});
    EXPECT_EQ(first, static_cast<std::uint64_t>(i) * 10 + 1);
  }
  stop = true;
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace signalbox::testing
