#include "storage/purging.hpp"

#include <gmock/gmock.h>

#include <deque>

#include "rules/retention.hpp"
#include "storage/settling.hpp"
#include "storage/verify.hpp"
#include "tests/storage/workload.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr account_id owner{1};
constexpr time_point some_day{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

std::vector<std::string> problems_in(const store& of) {
  std::vector<std::string> problems;
  verify_contents(of, [&](const std::string& what) { problems.push_back(what); });
  return problems;
}

void commit_to(store& to, const change_set& set) {
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  to.commit({&one, 1}, {&unused, 1});
}

std::vector<std::string> due_keys(const store& of) {
  std::vector<std::string> keys;
  const auto prefix = keys::due_prefix(owner, {}).substr(0, keys::owner_bytes + 1);
  of.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  });
  return keys;
}

struct Dues : ::testing::Test {
  memory_store store;
  stored_conversation of;
  list_counter counts{store, owner, inbox_id{2}};

  void SetUp() override {
    of.value.id = conversation_id{5};
    of.value.inbox = inbox_id{2};
    of.value.last_message_at = some_day;
  }
  void settle() {
    change_set set{keys::group_of(owner)};
    settle_conversation(set, owner, of, 0, {}, counts);
    counts.write(set);
    commit_to(store, set);
  }
  [[nodiscard]] std::string row(time_point at) const { return keys::due(owner, of.value.inbox, at, of.value.id); }
};

TEST_F(Dues, A44_A49_FollowWhatTheConversationSays) {
  settle();
  EXPECT_THAT(due_keys(store), IsEmpty());
  of.value.spam = true;
  settle();
  EXPECT_THAT(due_keys(store), ElementsAre(row(some_day + filtered_kept)));
  of.value.last_message_at += std::chrono::hours{1};
  settle();
  EXPECT_THAT(due_keys(store), ElementsAre(row(some_day + std::chrono::hours{1} + filtered_kept)));
  of.value.deleted_at = some_day;
  settle();
  EXPECT_THAT(due_keys(store), ElementsAre(row(some_day + deleted_kept)));
  of.value.deleted_at.reset();
  of.value.spam = false;
  settle();
  EXPECT_THAT(due_keys(store), IsEmpty());
  EXPECT_THAT(problems_in(store), IsEmpty());
}

TEST_F(Dues, GoWithAConversationThatIsMovedAway) {
  of.value.spam = true;
  settle();
  change_set set{keys::group_of(owner)};
  unlist_conversation(set, owner, of, counts);
  of.value.inbox = inbox_id{3};
  settle_conversation(set, owner, of, 0, {}, counts);
  counts.write(set);
  commit_to(store, set);
  EXPECT_THAT(due_keys(store), ElementsAre(row(some_day + filtered_kept)));
  EXPECT_THAT(problems_in(store), IsEmpty());
}

TEST_F(Dues, AreMadeOnceForAStoreOfBefore) {
  of.value.spam = true;
  of.value.deleted_at = some_day;  // hidden: in no list but the activity entries
  settle();
  const auto expected = everything_in(store)[static_cast<std::size_t>(family::state)];
  auto before = of;
  before.indexed_due.reset();
  change_set set{keys::group_of(owner)};
  std::string bytes;
  encode(bytes, before);
  set.put(family::state, keys::conversation(owner, of.value.id), bytes);
  set.erase(family::state, row(some_day + deleted_kept));
  commit_to(store, set);
  recover(store, {});
  EXPECT_EQ(everything_in(store)[static_cast<std::size_t>(family::state)], expected);
  EXPECT_TRUE(store.get(family::meta, keys::dues_kept()));
}

/// All sets of one conversation's end, as small as they get.
std::deque<change_set> end_of(const store& disk, account_id account, const stored_conversation& of) {
  std::deque<change_set> sets;
  list_counter counts{disk, account, of.value.inbox};
  sets.emplace_back(keys::group_of(account));
  (void)purge_conversation(disk, account, of, {true, true}, some_day, counts, [&]() -> change_set& {
    if (sets.back().bytes() > 200) sets.emplace_back(keys::group_of(account));
    return sets.back();
  });
  return sets;
}

TEST(Purging, A44_A49_LeavesNoRowOfItAndACrashInItCanBeGoneOver) {
  workload work{11, 1};
  memory_store original;
  for (int i = 0; i < 60; ++i) work.commit(original, 3);
  recover(original, {});
  ASSERT_THAT(problems_in(original), IsEmpty());
  int purged = 0;
  for (const auto& [key, unused] : work.conversations()) {
    const auto record = original.get(family::state, keys::conversation(key.first, key.second));
    if (!record || ++purged > 8) continue;
    const auto of = decode_conversation(*record);
    const auto whole = original.crash();
    for (const auto& set : end_of(*whole, key.first, of)) commit_to(*whole, set);
    EXPECT_THAT(problems_in(*whole), IsEmpty());
    EXPECT_FALSE(whole->get(family::state, keys::conversation(key.first, key.second)));
    const auto gone = everything_in(*whole);
    std::size_t events = 0;
    for (const auto& [unused_key, bytes] : gone[static_cast<std::size_t>(family::events)]) {
      const auto what = decode_event(bytes);
      if (what.conversation != key.second || what.seq == 0) continue;
      ++events;
      EXPECT_EQ(what.kind, event_kind::purged);
      EXPECT_TRUE(what.body.empty() && what.external_id.empty() && what.conversation_bytes.empty());
    }
    EXPECT_EQ(events, of.logged_seq);
    const auto broken = original.crash();
    const auto first_try = end_of(*broken, key.first, of);
    for (std::size_t i = 0; i < first_try.size() / 2; ++i) commit_to(*broken, first_try[i]);
    EXPECT_EQ(recover(*broken, {}), 0u);
    for (const auto& set : end_of(*broken, key.first, of)) commit_to(*broken, set);
    auto twice = everything_in(*broken);
    for (const auto in : {family::state, family::events, family::conversation_log, family::outbox})
      EXPECT_EQ(twice[static_cast<std::size_t>(in)], gone[static_cast<std::size_t>(in)]);
    // Replayed from the beginning, as if nothing had ever been settled, it doesn't come back.
    change_set set{0};
    for (std::uint8_t group = 0; group < keys::groups; ++group) set.erase(family::meta, keys::settled_position(group));
    commit_to(*broken, set);
    recover(*broken, {});
    EXPECT_FALSE(broken->get(family::state, keys::conversation(key.first, key.second)));
    EXPECT_THAT(problems_in(*broken), IsEmpty());
  }
  EXPECT_GE(purged, 3);
}

}  // namespace
}  // namespace signalbox::testing
