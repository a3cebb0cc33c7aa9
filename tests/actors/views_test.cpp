// What supervisors watch: VIEWS with everything behind it.
#include <gtest/gtest.h>

#include <caf/send.hpp>

#include "actors/conversation_reader.hpp"
#include "storage/keys.hpp"
#include "storage/list_counts.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

/// A supervisor's socket: what it was shown, by the number of the watch.
struct noted_screen final : view_port {
  void show(std::uint32_t watch, view_pointer now) override { shown[watch].push_back(std::move(now)); }
  void end(std::uint32_t watch, refusal why) override { ended[watch] = why.code; }
  [[nodiscard]] const view_picture& last(std::uint32_t watch) { return *shown.at(watch).back(); }

  std::map<std::uint32_t, std::vector<view_pointer>> shown;
  std::map<std::uint32_t, refusal_code> ended;
};

struct Views : testing::Test {
  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company = w->found("acme");
  inbox_id inbox = w->default_inbox(company);
  channel_id chat = w->add_channel(company, inbox, "chat");
  user_id boss = w->admin(company).user.value();
  std::shared_ptr<noted_screen> screen = std::make_shared<noted_screen>();
  session_key session = 900;

  std::optional<refusal_code> watch(std::uint32_t number, watched_view what, std::optional<user_id> by = {}) {
    std::optional<outcome<done>> answered;
    caf::anon_send(*w->actors().views(company),
                   watch_view{session, number, by.value_or(boss), what, screen,
                              make_answer<done>([&](outcome<done> with) { answered = std::move(with); })});
    w->run();
    EXPECT_TRUE(answered.has_value());
    const auto* no = answered ? std::get_if<refusal>(&*answered) : nullptr;
    return no ? std::optional{no->code} : std::nullopt;
  }
  static watched_view all_of(inbox_id in) { return {in, view::all, std::nullopt}; }
  void unwatch(std::optional<std::uint32_t> number) {
    caf::anon_send(*w->actors().views(company), unwatch_view{session, number});
    w->run();
  }
  conversation_id write(const std::string& thread, const std::string& id) {
    const auto frame = w->publish(company, chat, {{thread, id}});
    w->run();
    return frame->results[0].conversation.value();
  }
  void act(conversation_id on, conversation_command what) {
    const auto answered = w->command(company, boss, on, std::move(what));
    EXPECT_FALSE(std::holds_alternative<refusal>(answered));
  }
  /// The counts, and that the store as a whole is sound, counts included.
  view_counts counted(inbox_id in) {
    verify_contents(*w->disk, [](const std::string& problem) { ADD_FAILURE() << problem; });
    return counts_of(read_list_counts(*w->disk, company, in));
  }
};

TEST_F(Views, AWatchBeginsWithTheFirstRowsAndCounts) {
  const auto first = write("a", "a-1");
  w->pass(10ms);
  const auto second = write("b", "b-1");
  EXPECT_EQ(watch(1, all_of(inbox)), std::nullopt);
  ASSERT_EQ(screen->shown[1].size(), 1u);
  const auto& now = screen->last(1);
  ASSERT_EQ(now.rows.size(), 2u);
  EXPECT_EQ(now.rows[0].id, second) << "newest activity first";
  EXPECT_EQ(now.rows[1], *w->stored(company, first)) << "whole, as it is stored";
  EXPECT_EQ(now.counts.open, 2);
  EXPECT_EQ(now.counts.unassigned, 2);
}

TEST_F(Views, AQuietInboxIsNotShownAgain) {
  write("a", "a-1");
  watch(1, all_of(inbox));
  for (int i = 0; i < 20; ++i) w->pass(1s);
  EXPECT_EQ(screen->shown[1].size(), 1u);
  const auto commits = w->disk->commits();
  w->pass(1s);
  EXPECT_EQ(w->disk->commits(), commits);
}

TEST_F(Views, HoweverMuchComesItIsShownAFewTimesASecond) {
  watch(1, all_of(inbox));
  const auto before = screen->shown[1].size();
  for (int i = 0; i < 1'000; ++i) {
    write("t" + std::to_string(i % 60), std::to_string(i));
    w->pass(2ms);
  }
  w->pass(1s);
  const auto updates = screen->shown[1].size() - before;
  EXPECT_GE(updates, 4u);
  EXPECT_LE(updates, 9u) << "in two seconds and a bit";
  const auto& last = screen->last(1);
  EXPECT_EQ(last.rows.size(), view_rows_max);
  EXPECT_EQ(last.counts.open, 60);
  EXPECT_EQ(last.rows[0].thread, "t39") << "nothing is left behind when it gets quiet";
}

TEST_F(Views, A45_EachViewShowsItsOwnAndTheCountsFollow) {
  const auto one = write("a", "a-1");
  const auto two = write("b", "b-1");
  const auto three = write("c", "c-1");
  watch(1, {inbox, view::unassigned, conversation_status::open});
  watch(2, {inbox, view::mine, std::nullopt});
  watch(3, {inbox, view::all, conversation_status::closed});
  watch(4, {inbox, view::deleted, std::nullopt});
  EXPECT_EQ(screen->last(1).rows.size(), 3u);
  act(one, assign{boss});
  act(two, set_status{conversation_status::closed});
  act(three, remove_conversation{});
  w->pass(1s);
  EXPECT_TRUE(screen->last(1).rows.empty());
  ASSERT_EQ(screen->last(2).rows.size(), 1u);
  EXPECT_EQ(screen->last(2).rows[0].id, one);
  ASSERT_EQ(screen->last(3).rows.size(), 1u);
  EXPECT_EQ(screen->last(3).rows[0].id, two);
  ASSERT_EQ(screen->last(4).rows.size(), 1u);
  EXPECT_EQ(screen->last(4).rows[0].id, three);
  EXPECT_EQ(screen->last(1).counts, (view_counts{.open = 1, .closed = 1, .deleted = 1}));
  EXPECT_EQ(counted(inbox), screen->last(1).counts);
  act(three, restore_conversation{});
  act(two, set_status{conversation_status::open});
  w->pass(1s);
  EXPECT_EQ(screen->last(1).rows.size(), 2u);
  EXPECT_TRUE(screen->last(4).rows.empty());
  EXPECT_EQ(screen->last(1).counts, (view_counts{.open = 3, .unassigned = 2}));
  EXPECT_EQ(counted(inbox), screen->last(1).counts);
}

TEST_F(Views, AllWhoWatchTheSameAreShownTheSamePicture) {
  write("a", "a-1");
  watch(1, all_of(inbox));
  watch(2, all_of(inbox));
  write("a", "a-2");
  w->pass(1s);
  EXPECT_EQ(screen->shown[1].back(), screen->shown[2].back());
}

TEST_F(Views, NobodyIsShownWhatTheyNoLongerWatch) {
  watch(1, all_of(inbox));
  watch(2, {inbox, view::waiting, std::nullopt});
  unwatch(1);
  const auto before = screen->shown[1].size();
  write("a", "a-1");
  w->pass(1s);
  EXPECT_EQ(screen->shown[1].size(), before);
  unwatch(std::nullopt);
  const auto waiting = screen->shown[2].size();
  write("b", "b-1");
  w->pass(1s);
  EXPECT_EQ(screen->shown[2].size(), waiting);
  for (std::uint32_t i = 0; i < session_watches_max; ++i) EXPECT_EQ(watch(10 + i, all_of(inbox)), std::nullopt);
  EXPECT_EQ(watch(99, all_of(inbox)), refusal_code::conflict);
  unwatch(10);
  EXPECT_EQ(watch(100, all_of(inbox)), std::nullopt);
}

TEST_F(Views, S12_WhoLosesAccessIsShownNothingMore) {
  const auto agent = w->add_agent(company, "agent");
  EXPECT_EQ(watch(1, all_of(inbox), agent), std::nullopt);
  EXPECT_EQ(watch(2, all_of(inbox)), std::nullopt);
  w->change(company, set_access{inbox, {access_mode::specific, {boss}, {}, 1}, std::nullopt});
  EXPECT_EQ(screen->ended.at(1), refusal_code::access_denied);
  EXPECT_FALSE(screen->ended.contains(2));
  const auto before = screen->shown[1].size();
  write("a", "a-1");
  w->pass(1s);
  EXPECT_EQ(screen->shown[1].size(), before);
  EXPECT_EQ(screen->last(2).rows.size(), 1u);
  EXPECT_EQ(watch(3, all_of(inbox), agent), refusal_code::access_denied);
  EXPECT_EQ(watch(4, all_of(inbox_id{12345})), refusal_code::not_found);
}

TEST_F(Views, AnotherAccountsInboxIsNotFound) {
  const auto other = w->found("other");
  EXPECT_EQ(watch(1, all_of(w->default_inbox(other))), refusal_code::not_found);
}

TEST_F(Views, AMovedConversationIsCountedWhereItIs) {
  const auto second = std::get<inbox_id>(std::get<touched>(w->change(company, create_inbox{"second", {}})));
  watch(1, all_of(inbox));
  watch(2, all_of(second));
  const auto moved = write("a", "a-1");
  write("b", "b-1");
  w->pass(1s);
  act(moved, move_conversation{second});
  w->pass(1s);
  EXPECT_EQ(screen->last(1).counts.open, 1);
  ASSERT_EQ(screen->last(2).rows.size(), 1u);
  EXPECT_EQ(screen->last(2).rows[0].id, moved);
  EXPECT_EQ(screen->last(2).counts.open, 1);
  act(moved, set_status{conversation_status::closed});
  w->pass(1s);
  EXPECT_EQ(counted(second), (view_counts{.closed = 1}));
  act(moved, move_conversation{inbox});
  w->pass(1s);
  EXPECT_EQ(counted(second), view_counts{});
  EXPECT_EQ(counted(inbox), (view_counts{.open = 1, .closed = 1, .unassigned = 1}));
}

TEST_F(Views, CountsAreRightAfterACrash) {
  const auto closed = write("a", "a-1");
  write("b", "b-1");
  watch(1, all_of(inbox));
  act(closed, set_status{conversation_status::closed});
  write("c", "c-1");  // not settled
  auto disk = w->crash();
  w = std::make_unique<world>(std::move(disk));
  EXPECT_EQ(counted(inbox), (view_counts{.open = 2, .closed = 1, .unassigned = 2}));
  screen->shown.clear();
  EXPECT_EQ(watch(1, all_of(inbox)), std::nullopt);
  EXPECT_EQ(screen->last(1).rows.size(), 3u);
}

TEST_F(Views, AStoreOfBeforeThereWereCountsGetsThem) {
  const auto closed = write("a", "a-1");
  write("b", "b-1");
  act(closed, set_status{conversation_status::closed});
  watch(1, all_of(inbox));  // settles
  auto disk = w->crash();
  // As it was written before: activity entries, and nothing that tells of classes.
  change_set before{keys::group_of(company)};
  disk->scan(family::state, {}, {}, [&](std::string_view key, std::string_view value) {
    const auto owner = keys::split_owned(key).value();
    if (owner.rest[0] == 'E' || owner.rest[0] == 'N') before.erase(family::state, key);
    if (owner.rest[0] != 'C') return true;
    auto stored = decode_conversation(value);
    stored.indexed_class.reset();
    std::string record;
    encode(record, stored);
    before.put(family::state, key, record);
    return true;
  });
  before.erase(family::meta, keys::lists_kept());
  const change_set* const one = &before;
  std::uint64_t unused = 0;
  disk->commit({&one, 1}, {&unused, 1});
  w = std::make_unique<world>(std::move(disk));
  EXPECT_EQ(counted(inbox), (view_counts{.open = 1, .closed = 1, .unassigned = 1}));
  screen->shown.clear();
  watch(1, {inbox, view::all, conversation_status::closed});
  ASSERT_EQ(screen->last(1).rows.size(), 1u);
  act(closed, set_status{conversation_status::open});
  w->pass(1s);
  EXPECT_TRUE(screen->last(1).rows.empty());
  EXPECT_EQ(counted(inbox), (view_counts{.open = 2, .unassigned = 2}));
}

TEST_F(Views, AListOfOnesOwnOpenConversationsIsTheSameByEitherIndex) {
  std::vector<conversation_id> mine;
  for (int i = 0; i < 7; ++i) {
    const auto id = write("t" + std::to_string(i), std::to_string(i));
    w->pass(10ms);
    if (i % 2 == 0) {
      act(id, assign{boss});
      mine.insert(mine.begin(), id);
    }
  }
  watch(1, {inbox, view::mine, conversation_status::open});
  std::vector<conversation_id> shown;
  for (const auto& one : screen->last(1).rows) shown.push_back(one.id);
  EXPECT_EQ(shown, mine);
  list_wanted wanted;
  wanted.inboxes = {inbox};
  wanted.assignee = boss;
  wanted.status = conversation_status::open;
  wanted.limit = 2;
  std::vector<conversation_id> paged;
  for (int pages = 0; pages < 5; ++pages) {
    const auto found = list_conversations(*w->disk, company, wanted);
    const auto& page = std::get<list_page>(found);
    for (const auto& one : page.items) paged.push_back(one.id);
    if (!page.next) break;
    wanted.after = *page.next;
  }
  EXPECT_EQ(paged, mine);
}

}  // namespace
}  // namespace signalbox
