#include "actors/standing_board.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

namespace signalbox {
namespace {

constexpr inbox_id sales{1}, support{2};

/// With room for `room` more.
agent_standing at(std::uint64_t user, std::uint64_t epoch, std::uint32_t room) {
  agent_standing one;
  one.user = user_id{user};
  one.epoch = epoch;
  one.status = presence::available;
  one.capacity = 10;
  one.open = 10 - room;
  return one;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> read(const standing_board& board, std::uint64_t& seen,
                                                          const std::unordered_set<user_id>& of) {
  std::vector<standing_board::statement> all;
  board.read(seen, of, all);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
  for (const auto& one : all) found.emplace_back(one.now.user.value, one.now.epoch);
  std::sort(found.begin(), found.end());
  return found;
}

using pairs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

TEST(StandingBoard, ReadsWhatWasSaidSinceEachOnce) {
  standing_board board;
  const std::unordered_set<user_id> of{user_id{1}, user_id{2}, user_id{3}};
  std::uint64_t seen = 0;
  EXPECT_EQ(read(board, seen, of), pairs{});
  for (const auto& one : {at(1, 1, 3), at(2, 1, 3), at(1, 2, 2), at(9, 1, 3)}) EXPECT_TRUE(board.say(one, false).empty());
  EXPECT_EQ(read(board, seen, of), (pairs{{1, 2}, {2, 1}}));
  EXPECT_EQ(read(board, seen, of), pairs{});
  (void)board.say(at(2, 2, 1), true);
  EXPECT_EQ(read(board, seen, of), (pairs{{2, 2}}));
}

TEST(StandingBoard, WhoIsListenedToLaterIsToldAtOnceHowTheyStand) {
  standing_board board;
  EXPECT_FALSE(board.listen(sales, user_id{1}));
  (void)board.say(at(1, 4, 3), false);
  const auto known = board.listen(support, user_id{1});
  ASSERT_TRUE(known);
  EXPECT_EQ(known->epoch, 4u);
}

TEST(StandingBoard, WakesOnceWhoListensAndSleepsWhenSomebodyGainsRoom) {
  standing_board board;
  (void)board.listen(sales, user_id{1});
  (void)board.listen(support, user_id{2});
  std::uint64_t seen = 0;
  const std::unordered_set<user_id> of{user_id{1}, user_id{2}};
  EXPECT_TRUE(board.sleep(sales, {}, seen));
  EXPECT_TRUE(board.sleep(support, {}, seen));
  EXPECT_EQ(board.say(at(1, 1, 0), false).size(), 1u);  // the first word of theirs, and sales alone listens
  EXPECT_FALSE(board.sleep(sales, {}, seen));           // which has not read it
  (void)read(board, seen, of);
  EXPECT_TRUE(board.sleep(sales, {}, seen));
  EXPECT_TRUE(board.say(at(1, 2, 0), false).empty());
  EXPECT_EQ(board.say(at(1, 3, 1), false).size(), 1u);
  EXPECT_TRUE(board.say(at(1, 4, 0), false).empty());
  EXPECT_TRUE(board.say(at(1, 5, 1), false).empty());  // awake
  EXPECT_EQ(board.say(at(2, 1, 1), false).size(), 1u);
}

TEST(StandingBoard, WhoIsIgnoredWakesNobody) {
  standing_board board;
  (void)board.listen(sales, user_id{1});
  EXPECT_TRUE(board.sleep(sales, {}, 0));
  board.ignore(sales, user_id{1});
  EXPECT_TRUE(board.say(at(1, 1, 1), false).empty());
}

// Few and many speakers, few and many that are listened to: both ways of reading, against a model.
TEST(StandingBoard, RandomlyAgainstAModel) {
  for (const std::uint64_t listened : {0, 1, 3, 20}) {
    standing_board board;
    std::unordered_set<user_id> of;
    for (std::uint64_t i = 1; i <= listened; ++i) of.insert(user_id{i});
    std::map<std::uint64_t, std::uint64_t> epochs, unread;
    std::uint64_t seen = 0;
    std::mt19937_64 random{listened};
    for (int i = 0; i < 20'000; ++i) {
      if (random() % 8 != 0) {
        const auto who = 1 + random() % 25;
        (void)board.say(at(who, ++epochs[who], 1), false);
        if (who <= listened) unread[who] = epochs[who];
        continue;
      }
      ASSERT_EQ(read(board, seen, of), pairs(unread.begin(), unread.end()));
      unread.clear();
    }
  }
}

// An INBOX that sleeps is woken by every gain, whatever the threads do in between: or it would wait for ever.
TEST(StandingBoard, NoGainIsSleptThrough) {
  constexpr std::uint64_t rounds = 20'000;
  standing_board board;
  (void)board.listen(sales, user_id{1});
  std::atomic<std::uint64_t> asleep{0}, woken{0};  // how often
  std::atomic<std::uint64_t> read_up_to{0};
  std::thread agent{[&] {
    std::uint64_t epoch = 0;
    for (std::uint64_t i = 1; i <= rounds; ++i) {
      woken += board.say(at(1, ++epoch, 0), false).size();
      woken += board.say(at(1, ++epoch, 1), false).size();
      while (read_up_to.load() < epoch) std::this_thread::yield();  // hangs, and the test with it, if that is slept through
    }
  }};
  const std::unordered_set<user_id> of{user_id{1}};
  std::uint64_t seen = 0;
  std::vector<standing_board::statement> all;
  while (read_up_to.load() < 2 * rounds) {
    board.read(seen, of, all);
    if (!all.empty()) read_up_to = all.back().now.epoch;
    if (read_up_to.load() == 2 * rounds || !board.sleep(sales, {}, seen)) continue;
    for (++asleep; woken.load() < asleep.load();) std::this_thread::yield();
  }
  agent.join();
  EXPECT_EQ(read_up_to.load(), 2 * rounds);
}

}  // namespace
}  // namespace signalbox
