#include "storage/keys.hpp"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "storage/records.hpp"

namespace signalbox::testing {
namespace {

using ::testing::ElementsAre;

constexpr account_id account{1};

TEST(Keys, SlotsAreWhatTheDocumentationSays) {
  EXPECT_EQ(keys::slot_of(account_id{0}), 217);
  EXPECT_EQ(keys::slot_of(account_id{1}), 1011);
  EXPECT_EQ(keys::slot_of(account_id{0x0123456789ABCDEF}), 610);
  EXPECT_EQ(keys::slot_of(account_id{UINT64_MAX}), 19);
  EXPECT_EQ(keys::group_of(account_id{0x0123456789ABCDEF}), 2);
}

TEST(Keys, AccountsSpreadOverSlotsAndGroups) {
  std::set<std::uint16_t> slots;
  std::array<int, keys::groups> in_group{};
  for (std::uint64_t i = 0; i < 16'000; ++i) {
    slots.insert(keys::slot_of(account_id{i}));
    ++in_group.at(keys::group_of(account_id{i}));
  }
  EXPECT_EQ(slots.size(), keys::slots);
  for (const auto count : in_group) EXPECT_NEAR(count, 1000, 200);
}

TEST(Keys, BigEndianNumbersSortAsNumbers) {
  std::string a, b;
  keys::append_be64(a, 0xFF);
  keys::append_be64(b, 0x0100);
  EXPECT_LT(a, b);
  EXPECT_EQ(keys::read_be64(b), 0x0100u);
  EXPECT_LT(keys::event(0, UINT64_MAX), keys::event(1, 0));
  EXPECT_LT(keys::event(3, 255), keys::event(3, 256));
}

TEST(Keys, ActivityIsNewestFirstAndEndsWithTheConversation) {
  const time_point earlier{milliseconds{1000}}, later{milliseconds{1001}};
  const std::string older = keys::activity(account, inbox_id{1}, earlier, conversation_id{9});
  const std::string newer = keys::activity(account, inbox_id{1}, later, conversation_id{1});
  EXPECT_LT(newer, older);
  EXPECT_EQ(keys::read_be64(std::string_view{newer}.substr(newer.size() - 8)), 1u);
  EXPECT_TRUE(newer.starts_with(keys::activity_prefix(account, inbox_id{1})));
  EXPECT_LT(older, keys::activity_prefix(account, inbox_id{2}));
}

TEST(Keys, WaitingIsOldestFirst) {
  const time_point earlier{milliseconds{1000}}, later{milliseconds{1001}};
  const std::string older = keys::waiting(account, inbox_id{1}, earlier, conversation_id{9});
  const std::string newer = keys::waiting(account, inbox_id{1}, later, conversation_id{1});
  EXPECT_LT(older, newer);
  EXPECT_TRUE(newer.starts_with(keys::waiting_prefix(account, inbox_id{1})));
}

TEST(Keys, TicketsAreNewestFirstWithinTheirInbox) {
  const auto older = keys::ticket_entry(account_id{42}, inbox_id{7}, ticket_id{1});
  const auto newer = keys::ticket_entry(account_id{42}, inbox_id{7}, ticket_id{2});
  EXPECT_LT(newer, older);
  EXPECT_TRUE(older.starts_with(keys::ticket_entries_prefix(account_id{42}, inbox_id{7})));
  EXPECT_TRUE(older.starts_with(keys::ticket_entries_prefix(account_id{42})));
  EXPECT_FALSE(older.starts_with(keys::ticket_entries_prefix(account_id{42}, inbox_id{8})));
}

TEST(Keys, HistoryIsInTheOrderOfItsSeq) {
  const auto key = [](std::uint64_t conversation, std::uint64_t seq) -> std::string {
    return keys::conversation_log(account, conversation_id{conversation}, seq);
  };
  EXPECT_LT(key(1, 255), key(1, 256));
  EXPECT_LT(key(1, UINT64_MAX), key(2, 0));
  EXPECT_TRUE(key(1, 255).starts_with(keys::conversation_log_prefix(account, conversation_id{1})));
}

TEST(Keys, EveryOwnedKeyBeginsWithItsAccountAndDiffersByKind) {
  const account_id owner{42};
  const std::set<std::string> all{keys::conversation(owner, conversation_id{1}),
                                  keys::thread(owner, channel_id{1}, ""),
                                  keys::assigned_prefix(owner, user_id{1}),
                                  keys::contact(owner, contact_id{1}),
                                  keys::owned_contact(owner, user_id{1}, contact_id{1}),
                                  keys::identity(owner, keys::identity_kind::email, 0, "x"),
                                  keys::identity(owner, keys::identity_kind::phone, 0, "x"),
                                  keys::offset(owner, channel_id{1}, token_id{1}),
                                  keys::out_status(owner, message_id{1}),
                                  keys::availability(owner, user_id{1}),
                                  keys::acked(owner, user_id{1}),
                                  keys::command_ref(owner, 20000, user_id{1}, ""),
                                  keys::mail(owner, 1),
                                  keys::orphaned_team(owner, team_id{1})};
  EXPECT_EQ(all.size(), 14u);
  for (const auto& key : all) {
    const auto parts = keys::split_owned(key);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->slot, keys::slot_of(owner));
    EXPECT_EQ(parts->account, owner);
  }
  EXPECT_TRUE(keys::config(owner, keys::config_kind::user, 7).starts_with(keys::config_prefix(owner)));
  EXPECT_FALSE(keys::config(account_id{43}, keys::config_kind::user, 7).starts_with(keys::config_prefix(owner)));
  EXPECT_FALSE(keys::split_owned("short").has_value());
}

TEST(Keys, AfterPrefixIsAboveAllThatBeginWithItAndNothingElse) {
  EXPECT_EQ(keys::after_prefix("ab"), "ac");
  EXPECT_EQ(keys::after_prefix("a\xFF\xFF"), "b");
  EXPECT_EQ(keys::after_prefix("\xFF"), "");
  EXPECT_LT(std::string{"ab\xFF\xFF\xFF"}, keys::after_prefix("ab"));
}

TEST(Keys, PositionsSurviveAndStaySmall) {
  const std::vector<std::uint64_t> some{1'000'000, 1'000'001, 1'000'300, UINT64_MAX};
  std::string bytes;
  keys::append_positions(bytes, some);
  EXPECT_EQ(keys::read_positions(bytes), some);
  bytes.clear();
  keys::append_positions(bytes, {100, 101, 102, 229});
  EXPECT_EQ(bytes.size(), 4u);
  EXPECT_TRUE(keys::read_positions("").empty());
}

TEST(Keys, DamagedPositionsAreRefused) {
  for (const std::string_view bad : {std::string_view{"\x80", 1}, std::string_view{"\x01\x00", 2},
                                     std::string_view{"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12}}) {
    EXPECT_THROW(static_cast<void>(keys::read_positions(bad)), corrupt_record);
  }
  // Adding up to more than 64 bits.
  std::string wraps;
  keys::append_positions(wraps, {UINT64_MAX});
  wraps += '\x01';
  EXPECT_THROW(static_cast<void>(keys::read_positions(wraps)), corrupt_record);
}

TEST(Keys, DaysBeginAtMidnightUtc) {
  EXPECT_EQ(keys::day_of(time_point{milliseconds{0}}), 0u);
  EXPECT_EQ(keys::day_of(time_point{milliseconds{86'399'999}}), 0u);
  EXPECT_EQ(keys::day_of(time_point{milliseconds{86'400'000}}), 1u);
  EXPECT_EQ(keys::id_bucket_of(time_point{std::chrono::days{6}}), 0u);
  EXPECT_EQ(keys::id_bucket_of(time_point{std::chrono::days{7}}), 7u);
  EXPECT_EQ(keys::id_bucket_of(time_point{std::chrono::days{20}}), 14u);
}

}  // namespace
}  // namespace signalbox::testing
