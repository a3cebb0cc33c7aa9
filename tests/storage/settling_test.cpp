#include "storage/settling.hpp"

#include <gmock/gmock.h>

#include "storage/verify.hpp"
#include "tests/storage/workload.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox::testing {
namespace {

using ::testing::ElementsAre;

constexpr account_id account{1};

std::vector<std::string> problems_of(const store& of) {
  std::vector<std::string> problems;
  EXPECT_EQ(verify_contents(of, [&](const std::string& what) { problems.push_back(what); }), problems.size());
  return problems;
}

/// What the indexes say, however many pieces and commits it took.
contents settled_view(const store& of) {
  auto all = everything_in(of);
  all[static_cast<std::size_t>(family::meta)].erase(keys::commit_number());
  std::map<std::string, std::string> history;  // position by (conversation, seq)
  for (const auto& [key, value] : all[static_cast<std::size_t>(family::conversation_log)]) {
    auto seq = keys::read_be64(std::string_view{key}.substr(key.size() - 8));
    for (const auto position : keys::read_positions(value)) {
      auto one = key.substr(0, key.size() - 8);
      keys::append_be64(one, seq++);
      EXPECT_TRUE(history.emplace(one, std::to_string(position)).second) << "a seq is logged twice";
    }
  }
  all[static_cast<std::size_t>(family::conversation_log)] = std::move(history);
  return all;
}

TEST(Settling, AConversationMovesUpInTheActivityList) {
  memory_store store;
  stored_conversation of;
  of.value.id = conversation_id{5};
  of.value.inbox = inbox_id{2};
  of.value.last_message_at = time_point{milliseconds{1000}};
  list_counter counts{store, account, of.value.inbox};
  const auto settle = [&](std::uint64_t first_seq, const std::vector<std::uint64_t>& positions) {
    change_set set{keys::group_of(account)};
    settle_conversation(set, account, of, first_seq, positions, counts);
    counts.write(set);
    const change_set* const one = &set;
    std::uint64_t unused = 0;
    store.commit({&one, 1}, {&unused, 1});
  };
  settle(1, {10, 12});
  EXPECT_EQ(of.logged_seq, 2u);
  EXPECT_EQ(of.indexed_activity, of.value.last_message_at);
  of.value.last_message_at = time_point{milliseconds{2000}};
  settle(3, {15});
  const auto state = everything_in(store)[static_cast<std::size_t>(family::state)];
  EXPECT_EQ(state.size(), 4u);
  EXPECT_TRUE(
      state.contains(keys::list_row(account, of.value.inbox, list_class::unassigned, of.value.last_message_at, of.value.id)));
  EXPECT_EQ(counts_of(read_list_counts(store, account, of.value.inbox)).unassigned, 1);
  EXPECT_TRUE(state.contains(keys::activity(account, of.value.inbox, of.value.last_message_at, of.value.id)));
  const auto record = decode_conversation(state.at(keys::conversation(account, of.value.id)));
  EXPECT_EQ(record.logged_seq, 3u);
  EXPECT_EQ(record.indexed_activity, of.value.last_message_at);
  EXPECT_THAT(keys::read_positions(store.get(family::conversation_log, keys::conversation_log(account, of.value.id, 1)).value()),
              ElementsAre(10, 12));
  EXPECT_THAT(keys::read_positions(store.get(family::conversation_log, keys::conversation_log(account, of.value.id, 3)).value()),
              ElementsAre(15));
}

TEST(Settling, MessageIdsAreOrderedAsTheirKeysAre) {
  std::vector<unsettled_id> ids;
  for (std::uint64_t i = 0; i < 50; ++i) {
    ids.push_back({keys::id_bucket_of(time_point{std::chrono::days{6 + i % 2}}), channel_id{i % 3},
                   keys::hash_external_id(std::to_string(i)), message_id{i + 1}});
  }
  std::ranges::sort(ids);
  change_set set{0};
  settle_message_ids(set, account, ids);
  std::vector<std::string> written;
  set.for_each([&](const change_set::operation& of) { written.emplace_back(of.key); });
  EXPECT_EQ(written.size(), 50u);
  EXPECT_TRUE(std::ranges::is_sorted(written));
}

TEST(Recovery, AnEmptyStoreHasNothingToReplay) {
  memory_store store;
  EXPECT_EQ(recover(store, {}), 0u);
  EXPECT_EQ(store.commits(), 3u);  // that there are lists, due rows and contacts' audit rows is noted
}

TEST(Recovery, SettlesEveryConversationAndMessageId) {
  memory_store store;
  workload work{1};
  std::uint64_t events = 0;
  for (int i = 0; i < 200; ++i) events += work.commit(store, 2);
  std::uint64_t last_done = 0;
  EXPECT_EQ(recover(store,
                    [&](std::uint64_t done, std::uint64_t of) {
                      EXPECT_GE(done, last_done);
                      EXPECT_EQ(of, events);
                      last_done = done;
                    }),
            events);
  EXPECT_EQ(last_done, events);
  EXPECT_THAT(problems_of(store), ElementsAre());
  for (const auto& [key, expected] : work.conversations()) {
    const auto record = decode_conversation(store.get(family::state, keys::conversation(key.first, key.second)).value());
    EXPECT_EQ(record.value, expected.value);
    EXPECT_EQ(record.logged_seq + 1, expected.value.next_seq);
    EXPECT_EQ(record.indexed_activity, expected.value.last_message_at);
  }
  std::uint64_t ids = 0;
  store.scan(family::events, {}, {}, [&](std::string_view, std::string_view bytes) {
    const auto what = decode_event(bytes);
    if (what.external_id.empty()) return true;
    ++ids;
    const auto key =
        keys::message_id(what.account, keys::id_bucket_of(what.at), what.channel, keys::hash_external_id(what.external_id));
    EXPECT_EQ(keys::read_be64(store.get(family::message_ids, key).value()), what.message.value);
    return true;
  });
  EXPECT_EQ(everything_in(store)[static_cast<std::size_t>(family::message_ids)].size(), ids);
  EXPECT_EQ(recover(store, {}), 0u);
}

TEST(Recovery, AClockThatWasSetBackDoesNotMoveAConversationDown) {
  memory_store store;
  change_set set{keys::group_of(account)};
  stored_conversation of;
  of.value.id = conversation_id{5};
  of.value.inbox = inbox_id{2};
  std::string bytes;
  encode(bytes, of);
  set.put(family::state, keys::conversation(account, of.value.id), bytes);
  for (const std::uint64_t at : {5000, 9000, 7000}) {
    event what;
    what.kind = event_kind::message;
    what.account = account;
    what.inbox = of.value.inbox;
    what.conversation = of.value.id;
    what.seq = set.events() + 1;
    what.at = time_point{milliseconds{at}};
    bytes.clear();
    encode(bytes, what);
    set.add_event(bytes);
  }
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  store.commit({&one, 1}, {&unused, 1});
  EXPECT_EQ(recover(store, {}), 3u);
  const auto record = decode_conversation(store.get(family::state, keys::conversation(account, of.value.id)).value());
  EXPECT_EQ(record.value.last_message_at, time_point{milliseconds{9000}});
  EXPECT_EQ(record.value.next_seq, 4u);
}

TEST(Recovery, OftenOrOnceGivesTheSame) {
  memory_store once, often;
  workload for_once{9}, for_often{9};
  for (int i = 0; i < 100; ++i) {
    for_once.commit(once, 3);
    for_often.commit(often, 3);
    if (i % 7 == 0) recover(often, {});
    // The actors' records of a running server know what is settled; the workload's must too.
    if (i % 7 == 0) for_often.learn_settled(often);
  }
  recover(once, {});
  recover(often, {});
  EXPECT_EQ(settled_view(once), settled_view(often));
  EXPECT_THAT(problems_of(often), ElementsAre());
}

TEST(Recovery, ACrashAtAnyCommitOfItIsHarmless) {
  memory_store unsettled;
  workload work{3, 40};
  for (int i = 0; i < 60; ++i) work.commit(unsettled, 4);
  const auto whole = unsettled.crash();
  recover(*whole, {});
  const auto commits = whole->commits();
  ASSERT_GT(commits, 5u);
  for (std::uint64_t at = 0; at < commits; ++at) {
    for (const std::size_t kept : {std::size_t{0}, std::size_t{SIZE_MAX}}) {
      auto store = unsettled.crash();
      store->fail_after(at, kept);
      EXPECT_THROW(recover(*store, {}), storage_error);
      store = store->crash();
      recover(*store, {});
      EXPECT_EQ(settled_view(*store), settled_view(*whole)) << "crashed at commit " << at;
      EXPECT_THAT(problems_of(*store), ElementsAre());
    }
  }
}

TEST(Recovery, MoreThanOneRoundIsSettledInParts) {
  memory_store store;
  workload work{4, 1};
  std::uint64_t events = 0;
  while (events <= 210'000) events += work.commit(store, 200);
  std::vector<std::uint64_t> steps;
  EXPECT_EQ(recover(store, [&](std::uint64_t done, std::uint64_t) { steps.push_back(done); }), events);
  EXPECT_THAT(steps, ElementsAre(100'000, 200'000, events));
  EXPECT_THAT(problems_of(store), ElementsAre());
}

TEST(Recovery, NoChangeSetOfItIsTooLarge) {
  memory_store store;
  workload work{5};
  for (int i = 0; i < 300; ++i) work.commit(store, 50);
  store.before_commit([](std::span<const change_set* const> sets) {
    for (const auto* set : sets) EXPECT_LE(set->bytes(), change_set_bytes_max);
  });
  recover(store, {});
  EXPECT_GT(store.commits(), 303u) << "three groups, more than one set each";
}

TEST(UnsettledTail, IsWhatTheLogHasBeyondTheSettledPosition) {
  memory_store store;
  workload work{6, 1};
  work.commit(store, 5);
  recover(store, {});
  const auto group = keys::group_of(account_id{1});
  const auto settled = store.head(group);
  EXPECT_TRUE(unsettled_tail(store, account_id{1}, inbox_id{11}).empty());
  const auto events = work.commit(store, 5);
  const auto tail = unsettled_tail(store, account_id{1}, inbox_id{11});
  ASSERT_EQ(tail.size(), events);
  for (std::size_t i = 0; i < tail.size(); ++i) {
    EXPECT_EQ(tail[i].first, settled + 1 + i);
    EXPECT_EQ(tail[i].second, store.event_at(group, tail[i].first));
  }
  EXPECT_TRUE(unsettled_tail(store, account_id{1}, inbox_id{12}).empty());
  EXPECT_TRUE(unsettled_tail(store, account_id{2}, inbox_id{11}).empty());
}

}  // namespace
}  // namespace signalbox::testing
