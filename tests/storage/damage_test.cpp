// Bytes that changed on the disk: what is noticed, and what is forgiven.
#include <gmock/gmock.h>

#include <fstream>

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
  std::uint64_t acknowledged_bytes = 0;
  {
    const auto store = open_rocks_store({.directory = path_});
    for (int i = 0; i < 3; ++i) commit(*store, {with_events(0, 3)});
    acknowledged_bytes = fs::file_size(largest(path_, ".log"));
    commit(*store, {with_events(0, 30)});
  }
  const auto whole = fs::file_size(largest(path_, ".log"));
  ASSERT_GT(whole, acknowledged_bytes + 100'000);
  for (const auto size : {acknowledged_bytes, acknowledged_bytes + 1, acknowledged_bytes + 50'000, whole - 1}) {
    const auto torn = copy();
    fs::resize_file(largest(torn, ".log"), size);
    EXPECT_THAT(problems_of(torn), IsEmpty()) << size;
    EXPECT_EQ(open_rocks_store({.directory = torn})->head(0), 9u) << size;
  }
}

TEST_F(Damage, PagesThatAPowerCutLeftOutOfTheLastCommitAreForgiven) {
  std::uint64_t acknowledged_bytes = 0;
  {
    const auto store = open_rocks_store({.directory = path_});
    for (int i = 0; i < 3; ++i) commit(*store, {with_events(0, 30)});
    acknowledged_bytes = fs::file_size(largest(path_, ".log"));
    commit(*store, {with_events(0, 30), with_events(1, 30), with_events(2, 30)});
  }
  flip(largest(path_, ".log"), acknowledged_bytes + 1000);  // two later batches of the same commit are whole
  const auto store = open_rocks_store({.directory = path_});
  EXPECT_EQ(store->head(0), 90u);
  EXPECT_EQ(store->head(1), 0u);
  EXPECT_EQ(store->head(2), 0u);
  commit(*store, {with_events(1, 1)});
  EXPECT_EQ(store->head(1), 1u);
}

TEST_F(Damage, ADamagedAcknowledgedCommitIsNotForgotten) {
  std::uint64_t acknowledged_bytes = 0;
  {
    const auto store = open_rocks_store({.directory = path_});
    commit(*store, {with_events(0, 30)});
    acknowledged_bytes = fs::file_size(largest(path_, ".log"));
    commit(*store, {with_events(0, 30)});
    commit(*store, {with_events(1, 30)});
  }
  flip(largest(path_, ".log"), acknowledged_bytes + 1000);
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
