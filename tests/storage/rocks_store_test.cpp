#include "storage/rocks_store.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "storage/prepared_log.hpp"
#include "storage/rocks_access.hpp"
#include "storage/settling.hpp"
#include "tests/storage/overlapping_commits.hpp"
#include "tests/storage/temporary_directory.hpp"
#include "tests/storage/workload.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::size_t small_memtable = 256 << 10;

std::string refusal_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const storage_refused& refused) {
    return refused.what();
  }
  return "not refused";
}

void put(store& to, family in, std::string_view key, std::string_view value) {
  change_set set{0};
  set.put(in, key, value);
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  to.commit({&one, 1}, {&unused, 1});
}

std::vector<std::string> problems_of(const fs::path& directory) {
  std::vector<std::string> problems;
  verify_store({.directory = directory}, [&](const std::string& what) { problems.push_back(what); });
  return problems;
}

/// The contents without what only RocksDB's store has.
contents comparable(const store& of) {
  auto all = everything_in(of);
  all[0].erase(keys::format());
  all[0].erase(keys::family_map());
  return all;
}

class RocksStore : public ::testing::Test {
protected:
  [[nodiscard]] std::unique_ptr<store> open() const {
    return open_rocks_store({.directory = path_, .memtable_bytes = small_memtable});
  }
  temporary_directory directory_;
  fs::path path_ = directory_.path() / "store";
};

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

TEST_F(RocksStore, ABackupTakenWhileItIsWrittenIsAWholeStore) {
  workload work{3};
  auto store = open();
  for (int i = 0; i < 50; ++i) work.commit(*store, 5);
  recover(*store, {});
  const auto before = everything_in(*store);
  const auto to = directory_.path() / "backups" / "first";
  backup_store(*store, to);
  for (int i = 0; i < 10; ++i) work.commit(*store, 5);
  EXPECT_THAT(problems_of(to), ::testing::IsEmpty());
  EXPECT_EQ(everything_in(*open_rocks_store({.directory = to})), before);
  EXPECT_THAT(refusal_of([&] { backup_store(*store, to); }), HasSubstr("exists"));
  EXPECT_EQ(everything_in(*open_rocks_store({.directory = to})), before) << "a refusal changed it";
  memory_store memory;
  EXPECT_THAT(refusal_of([&] { backup_store(memory, directory_.path() / "second"); }), HasSubstr("on disk"));
}

// A backup copies a log up to its size, while commits are written over the filler behind that: in it a copy would hold parts of later ones.
TEST_F(RocksStore, AnOpenLogIsAsLongAsWhatIsWritten) {
  fs::create_directories(path_);
  const auto name = (path_ / "000001.log").string();
  auto& env = env_with_prepared_logs();
  std::unique_ptr<rocksdb::WritableFile> log;
  ASSERT_TRUE(env.NewWritableFile(name, &log, {}).ok());
  std::uint64_t bytes = 1;
  ASSERT_TRUE(env.GetFileSize(name, &bytes).ok());
  EXPECT_EQ(bytes, 0u);
  for (const std::uint64_t written : {100, 200, 300}) {
    ASSERT_TRUE(log->Append(std::string(100, 'x')).ok());
    ASSERT_TRUE(env.GetFileSize(name, &bytes).ok());
    EXPECT_EQ(bytes, written);
    EXPECT_GT(fs::file_size(name), written) << "nothing lies ready";
  }
  ASSERT_TRUE(log->Close().ok());
  ASSERT_TRUE(env.GetFileSize(name, &bytes).ok());
  EXPECT_EQ(bytes, 300u);
  EXPECT_EQ(fs::file_size(name), 300u);
}

TEST_F(RocksStore, ABackupSaysUpToWhichCommitItGoesAndHowLargeItIs) {
  workload work{4};
  const auto store = open();
  for (int i = 0; i < 20; ++i) work.commit(*store, 5);
  const auto commit = keys::read_be64(store->get(family::meta, keys::commit_number()).value());
  fs::create_directory(directory_.path() / "empty");
  const auto made = backup_store(*store, directory_.path() / "empty/");
  EXPECT_EQ(made.commit, commit);
  EXPECT_GT(made.bytes, 1000u);
  EXPECT_THAT(problems_of(directory_.path() / "empty"), ::testing::IsEmpty());
  EXPECT_FALSE(fs::exists(directory_.path() / "empty.backing-up"));
}

TEST_F(RocksStore, ABackupIsRefusedWhereItCantBe) {
  const auto store = open();
  std::ofstream{directory_.path() / "file"} << "mine";
  EXPECT_THAT(refusal_of([&] { backup_store(*store, directory_.path() / "file"); }), HasSubstr("exists"));
  EXPECT_THAT(refusal_of([&] { backup_store(*store, directory_.path() / "file" / "below"); }), HasSubstr("can't be made"));
  EXPECT_THAT(refusal_of([&] { backup_store(*store, "/"); }), HasSubstr("exists"));
  EXPECT_THAT(refusal_of([&] { backup_store(*store, path_ / "inside"); }), HasSubstr("data directory"));
  EXPECT_THAT(refusal_of([&] { backup_store(*store, path_ / "a" / ".." / "inside"); }), HasSubstr("data directory"));
  fs::create_directory_symlink(directory_.path() / "nowhere", directory_.path() / "link");
  EXPECT_THAT(refusal_of([&] { backup_store(*store, directory_.path() / "link"); }), HasSubstr("exists"));
  EXPECT_FALSE(fs::exists(path_ / "inside"));
}

TEST_F(RocksStore, ABackupThatWasCutShortIsNotInTheWayOfTheNext) {
  const auto store = open();
  fs::create_directories(directory_.path() / "copy.backing-up" / "000001.sst");
  backup_store(*store, directory_.path() / "copy");
  EXPECT_THAT(problems_of(directory_.path() / "copy"), ::testing::IsEmpty());
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

/// Runs store_writer until `commits` were acknowledged, kills it, and gives how many were.
std::uint64_t write_until_killed(const fs::path& path, std::uint64_t seed, std::uint64_t commits, bool overlapping) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return 0;
  const auto text = std::to_string(seed);
  const auto child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl(STORE_WRITER, STORE_WRITER, path.c_str(), text.c_str(), overlapping ? "overlapping" : nullptr, nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::uint64_t acknowledged = 0, said = 0;
  bool killed = false;
  while (read(ends[0], &said, sizeof said) == sizeof said) {
    acknowledged = said;
    if (acknowledged >= commits && !killed) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);
  return acknowledged;
}

/// What a store holds that died after `acknowledged` commits, and `more` of whose answer nobody heard, and so many batches of one more.
contents after_death(std::uint64_t seed, std::uint64_t acknowledged, std::uint64_t more, std::size_t batches) {
  memory_store expected;
  expected.fail_after(acknowledged + more, batches);
  workload work{seed, 5};
  for (std::uint64_t i = 0; i < acknowledged + more; ++i) work.commit(expected, 4);
  EXPECT_THROW(work.commit(expected, 4), storage_error);
  return everything_in(expected);
}

/// `under_way`: how many commits may be.
void kill_often(const fs::path& directory, std::uint64_t under_way) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto path = directory / std::to_string(seed);
    const auto acknowledged = write_until_killed(path, seed, 40 * seed, under_way > 1);
    ASSERT_GE(acknowledged, 40 * seed);
    const auto found = comparable(*open_rocks_store({.directory = path}));
    bool one_of_them = false;
    for (std::uint64_t more = 0; more < under_way && !one_of_them; ++more)
      for (std::size_t batches = 0; batches <= 4 && !one_of_them; ++batches)
        one_of_them = after_death(seed, acknowledged, more, batches) == found;
    EXPECT_TRUE(one_of_them);
    EXPECT_THAT(problems_of(path), ::testing::IsEmpty());
    const auto store = open_rocks_store({.directory = path});
    recover(*store, {});
  }
}

TEST_F(RocksStore, KilledItHoldsEverythingAcknowledgedAndAtMostAPrefixOfOneCommitMore) { kill_often(directory_.path(), 1); }

TEST_F(RocksStore, KilledWhileCommitsOverlapItHoldsAPrefixOfThem) { kill_often(directory_.path(), 2); }

TEST_F(RocksStore, CommitsThatOverlapAreDurableInTheirOrderAndLeaveWhatOthersDo) {
  workload work{3, 5};
  workload again{3, 5};
  memory_store expected;
  std::vector<std::uint64_t> heads;
  {
    const auto store = open_rocks_store({.directory = path_, .memtable_bytes = small_memtable, .overlapping = true});
    overlapping_commits all{*store, [&] { heads.push_back(store->head(0)); }};
    for (int i = 0; i < 400; ++i) {
      std::vector<change_set> sets;
      for (int n = 0; n < 20; ++n) sets.push_back(work.next());
      all.add(sets);
      again.commit(expected, 20);
    }
    all.wait();
    EXPECT_EQ(heads.size(), 400);
    EXPECT_TRUE(std::ranges::is_sorted(heads));
    EXPECT_EQ(comparable(*store), everything_in(expected));
  }
  EXPECT_EQ(comparable(*open()), everything_in(expected));
  EXPECT_THAT(problems_of(path_), ::testing::IsEmpty());
}

TEST_F(RocksStore, TheNextMayBeWrittenBeforeOneIsDurableAndIsLetOnce) {
  for (const bool overlapping : {false, true}) {
    const auto store = open_rocks_store({.directory = path_, .overlapping = overlapping});
    change_set set{0};
    set.put(family::state, "key", overlapping ? "new" : "old");
    const change_set* const one = &set;
    std::uint64_t unused = 0;
    const auto what = store->prepare({&one, 1}, {&unused, 1});
    std::vector<std::string> said;
    store->write(
        *what, [&] { said.push_back(store->get(family::state, "key").value_or("nothing")); },
        [&] { said.emplace_back("durable"); });
    // Overlapping, what was only just synced isn't in memory yet: nobody can read what isn't there for good.
    EXPECT_THAT(said, ::testing::ElementsAre("old", "durable"));
  }
}

TEST_F(RocksStore, NothingIsWrittenBehindACommitThatNeverWas) {
  const auto store = open();
  change_set set{0};
  set.put(family::state, "key", "value");
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  auto never = store->prepare({&one, 1}, {&unused, 1});
  const auto behind = store->prepare({&one, 1}, {&unused, 1});
  never.reset();
  EXPECT_THROW(store->write(
                   *behind, [] {}, [] { FAIL(); }),
               storage_error);
  EXPECT_THROW(put(*store, family::state, "key", "value"), storage_error);
  EXPECT_EQ(store->get(family::state, "key"), std::nullopt);
}

/// A small file system of its own; needs root.
class mounted_memory {
public:
  explicit mounted_memory(const fs::path& at) : at_(at) {
    fs::create_directories(at_);
    mounted_ = mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=10m") == 0;
  }
  mounted_memory(const mounted_memory&) = delete;
  mounted_memory& operator=(const mounted_memory&) = delete;
  ~mounted_memory() {
    if (mounted_) umount2(at_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool grow() const { return mount("tmpfs", at_.c_str(), "tmpfs", MS_REMOUNT, "size=128m") == 0; }
  explicit operator bool() const { return mounted_; }

private:
  fs::path at_;
  bool mounted_ = false;
};

TEST_F(RocksStore, AFullDiskIsSaidAndLosesNothingAcknowledged) {
  const auto at = directory_.path() / "small-disk";
  const mounted_memory disk{at};
  if (!disk) GTEST_SKIP() << "mounting a small file system needs root";
  auto store = open_rocks_store({.directory = at / "store", .memtable_bytes = small_memtable});
  workload work{8};
  memory_store acknowledged;
  workload again{8};
  std::string said;
  for (int i = 0; i < 20'000 && said.empty(); ++i) {
    try {
      work.commit(*store, 20);
      again.commit(acknowledged, 20);
    } catch (const storage_error& full) {
      said = full.what();
    }
  }
  EXPECT_THAT(said, AllOf(HasSubstr("full"), HasSubstr((at / "store").string())));
  EXPECT_THROW(work.commit(*store, 1), storage_error);
  store.reset();
  ASSERT_TRUE(disk.grow());
  store = open_rocks_store({.directory = at / "store"});
  for (std::uint8_t group = 0; group < keys::groups; ++group) EXPECT_GE(store->head(group), acknowledged.head(group));
  acknowledged.scan(family::events, {}, {}, [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(store->get(family::events, key), value);
    return true;
  });
  recover(*store, {});
  store.reset();
  EXPECT_THAT(problems_of(at / "store"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace signalbox::testing
