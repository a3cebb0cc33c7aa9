#include <gmock/gmock.h>
#include <rocksdb/env.h>

#include <fstream>

#include "storage/prepared_log.hpp"
#include "storage/settling.hpp"
#include "tests/storage/rocks_fixture.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

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

}  // namespace
}  // namespace signalbox::testing
