// What is there after a kill or a full disk, and in which order commits become durable.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "storage/settling.hpp"
#include "tests/storage/overlapping_commits.hpp"
#include "tests/storage/rocks_fixture.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

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
