#include "storage/presence_history.hpp"

#include <gtest/gtest.h>

#include <array>

#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

struct PresenceHistory : testing::Test {
  const account_id acme{1}, other{2};
  const user_id ada{7}, bob{8};
  const time_point noon = std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 12h;
  memory_store disk;

  void commit(const change_set& set) {
    std::array<std::uint64_t, 1> first{};
    const std::array sets{&set};
    disk.commit(sets, first);
  }
  void note(user_id who, time_point at, presence status, presence_reason why = presence_reason::manual) {
    change_set set{keys::group_of(acme)};
    put_presence(set, acme, who, {at, status, why});
    commit(set);
  }
  std::vector<kept_presence> between(user_id who, time_point begin, time_point end) {
    std::vector<kept_presence> all;
    for_each_presence(disk, acme, who, begin, end, [&](const kept_presence& one) {
      all.push_back(one);
      return true;
    });
    return all;
  }
};

TEST_F(PresenceHistory, IsReadAsItWasNoted) {
  note(ada, noon, presence::available);
  note(ada, noon + 1h, presence::away, presence_reason::disconnected);
  note(bob, noon, presence::away, presence_reason::no_ack);
  const kept_presence first{noon, presence::available, presence_reason::manual};
  const kept_presence second{noon + 1h, presence::away, presence_reason::disconnected};
  EXPECT_EQ(between(ada, noon, noon + 2h), (std::vector{first, second}));
  EXPECT_EQ(between(ada, noon + 1ms, noon + 1h), std::vector<kept_presence>{}) << "the end is not part of it";
  EXPECT_EQ(presence_before(disk, acme, ada, noon + 1h), first);
  EXPECT_EQ(presence_before(disk, acme, ada, noon + 2h), second);
  EXPECT_EQ(presence_before(disk, acme, ada, latest_time), second);
  EXPECT_EQ(presence_before(disk, acme, ada, noon), std::nullopt);
  EXPECT_EQ(presence_before(disk, other, ada, latest_time), std::nullopt);
}

TEST_F(PresenceHistory, WhatIsTooOldGoesButForHowTheKeptTimeBegan) {
  for (int day = 0; day < 100; ++day) note(ada, noon + day * 24h, day % 2 ? presence::away : presence::available);
  note(bob, noon, presence::available);
  const auto now = noon + 95 * 24h + 1h;
  change_set set{keys::group_of(acme)};
  drop_old_presences(disk, set, acme, ada, now);
  commit(set);
  EXPECT_EQ(between(ada, noon, now - presence_kept).size(), 1u);
  EXPECT_EQ(presence_before(disk, acme, ada, now - presence_kept)->at, noon + 5 * 24h);
  EXPECT_EQ(between(ada, noon + 6 * 24h, latest_time).size(), 94u);
  EXPECT_EQ(between(bob, noon, latest_time).size(), 1u) << "another's";

  change_set again{keys::group_of(acme)};
  drop_old_presences(disk, again, acme, ada, now);
  EXPECT_TRUE(again.empty());
}

TEST_F(PresenceHistory, WhoHasOneIsFoundAndWhatIsOldOfItIsOneRange) {
  EXPECT_TRUE(users_with_presences(disk, acme).empty());
  for (int day = 0; day < 100; ++day) note(ada, noon + day * 24h, presence::away);
  note(bob, noon, presence::available);
  EXPECT_EQ(users_with_presences(disk, acme), (std::vector{ada, bob}));
  EXPECT_TRUE(users_with_presences(disk, other).empty());
  const auto [begin, end] = old_presences(acme, ada, noon + 95 * 24h + 1h);
  disk.drop_range(family::state, begin, end);
  EXPECT_EQ(between(ada, noon, latest_time).size(), 94u);
  EXPECT_EQ(between(bob, noon, latest_time).size(), 1u) << "another's";
}

TEST_F(PresenceHistory, DamageIsKnown) {
  note(ada, noon, presence::available);
  change_set set{keys::group_of(acme)};
  auto key = keys::config_prefix(acme) + 'P';
  keys::append_be64(key, ada.value);
  keys::append_be64(key, static_cast<std::uint64_t>(noon.time_since_epoch().count()));
  set.put(family::state, key, std::string_view{"\x09\x00", 2});
  commit(set);
  EXPECT_THROW(static_cast<void>(presence_before(disk, acme, ada, latest_time)), corrupt_record);
}

}  // namespace
}  // namespace signalbox
