#include "rules/webhook_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace signalbox {
namespace {

using namespace std::chrono_literals;

constexpr time_point start_time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
constexpr conversation_id ann{1}, bob{2}, cy{3};
const webhook_answer good{204, "", false};
const webhook_answer broken{500, "", false};

TEST(BackOff, DoublesFromTwoSecondsToAnHourWithAFifthEitherWay) {
  const std::vector<std::int64_t> wanted{2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600};
  for (std::uint32_t attempts = 1; attempts <= wanted.size(); ++attempts) {
    const auto middle = wanted[attempts - 1] * 1000;
    std::int64_t least = middle * 2;
    std::int64_t most = 0;
    for (std::uint64_t chance = 0; chance < 100'000; chance += 7) {
      const auto wait = back_off(attempts, chance * 7919).count();
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    EXPECT_GE(least, middle * 4 / 5) << attempts;
    EXPECT_LE(most, middle * 6 / 5) << attempts;
    EXPECT_GT(most, least) << attempts;
  }
  EXPECT_LE(back_off(4'000'000'000, 5), 72min);
  EXPECT_GE(back_off(0, 0), 1600ms);
}

TEST(BackOff, ADayOfFailureEndsInADeadLetter) {
  auto now = start_time;
  std::uint32_t attempts = 0;
  for (;;) {
    ++attempts;
    const auto next = next_attempt(attempts, start_time, now, 24h, attempts * 12345);
    if (!next) break;
    EXPECT_GT(*next, now);
    now = *next;
    ASSERT_LT(attempts, 100u);
  }
  EXPECT_GT(now - start_time, 22h);
  EXPECT_LE(now - start_time, 24h);
  EXPECT_GT(attempts, 25u);
  EXPECT_NE(next_attempt(500, start_time, start_time + 999h, 0ms, 1), std::nullopt) << "0 never gives up";
}

TEST(PauseReason, LongFailureOrManyDeadInARow) {
  const webhook_limits within;
  webhook_progress of;
  EXPECT_EQ(pause_reason(of, within, start_time), std::nullopt);
  of.failing_since = start_time;
  EXPECT_EQ(pause_reason(of, within, start_time + 71h), std::nullopt);
  EXPECT_NE(pause_reason(of, within, start_time + 72h), std::nullopt);
  EXPECT_EQ(pause_reason(of, {24h, 0ms, 1000}, start_time + 720h), std::nullopt) << "switched off";
  of.dead_in_a_row = 1000;
  EXPECT_NE(pause_reason(of, within, start_time), std::nullopt);
}

struct WebhookQueue : testing::Test {
  webhook_queue queue{webhook_queue::bounds{.window = 6, .at_once = 3, .kept = 5, .dead = 2}};
  time_point now = start_time;
  using places = std::vector<std::uint64_t>;
  std::map<std::uint64_t, webhook_queue::start> away;

  void add(std::uint64_t place, conversation_id of) { queue.add(place, happening::message_created, of); }
  places take() {
    places all;
    for (const auto& one : queue.take_due(now)) {
      all.push_back(one.place);
      away.insert_or_assign(one.place, one);
    }
    return all;
  }
  auto done(std::uint64_t place, const webhook_answer& with) {
    auto node = away.extract(place);
    return queue.done(node.mapped(), with, now, 24h, 0);
  }
  places put(const webhook_queue::changes& of) {
    places all;
    for (const auto& one : of.put) all.push_back(one.place);
    return all;
  }
};

TEST_F(WebhookQueue, OneOfAConversationIsOnItsWayAtATime) {
  add(1, ann), add(2, ann), add(3, bob);
  EXPECT_EQ(take(), (places{1, 3}));
  EXPECT_EQ(take(), places{});
  EXPECT_EQ(done(1, good), webhook_queue::verdict::delivered);
  EXPECT_EQ(take(), places{2});
}

TEST_F(WebhookQueue, OneOfAContactOrResourceIsOnItsWayAtATime) {
  const auto about = [&](std::uint64_t place, std::uint64_t id) { queue.add(place, happening::configuration_changed, {}, id); };
  about(1, 70), about(2, 71), about(3, 70), add(4, ann);
  EXPECT_EQ(take(), (places{1, 2, 4}));
  EXPECT_EQ(done(1, broken), webhook_queue::verdict::again);
  EXPECT_EQ(take(), places{}) << "3 waits behind 1";
  const auto written = queue.take_changes();
  ASSERT_EQ(put(written), (places{1, 3}));
  webhook_queue after;
  after.restore(written.progress, written.put);
  EXPECT_TRUE(after.take_due(now).empty()) << "a restart knows its line";
  EXPECT_EQ(after.take_due(now + 1h).size(), 1u);
}

TEST_F(WebhookQueue, SoManyAtOnceAndNoMore) {
  for (std::uint64_t i = 1; i <= 6; ++i) add(i, conversation_id{i});
  EXPECT_EQ(queue.room(), 0u);
  EXPECT_EQ(take(), (places{1, 2, 3}));
  EXPECT_EQ(done(2, good), webhook_queue::verdict::delivered);
  EXPECT_EQ(take(), places{4});
  EXPECT_EQ(queue.room(), 1u);
}

TEST_F(WebhookQueue, OneThatFailsHoldsBackItsConversationAndNoOther) {
  add(1, ann), add(2, bob), add(3, ann), add(4, bob);
  EXPECT_EQ(take(), (places{1, 2}));
  EXPECT_EQ(done(1, broken), webhook_queue::verdict::again);
  EXPECT_EQ(done(2, good), webhook_queue::verdict::delivered);
  EXPECT_EQ(take(), places{4});
  now += 1s;
  EXPECT_EQ(take(), places{}) << "not before its time";
  ASSERT_TRUE(queue.next_due());
  now = *queue.next_due();
  EXPECT_EQ(take(), places{1});
  EXPECT_EQ(done(1, good), webhook_queue::verdict::delivered);
  EXPECT_EQ(take(), places{3});
}

TEST_F(WebhookQueue, TheCursorPassesOnlyWhatIsDeliveredOrKept) {
  add(2, ann), add(4, bob), add(6, ann), add(8, cy);
  queue.scanned_to(9);
  EXPECT_EQ(queue.take_changes().progress.cursor, 1u);
  EXPECT_EQ(take(), (places{2, 4, 8}));
  done(4, good);
  EXPECT_EQ(queue.take_changes().progress.cursor, 1u);
  done(2, broken);
  const auto changes = queue.take_changes();
  EXPECT_EQ(put(changes), (places{2, 6})) << "what is held back is kept too";
  EXPECT_EQ(changes.progress.cursor, 7u) << "8 is on its way";
  done(8, good);
  EXPECT_EQ(queue.take_changes().progress.cursor, 9u);
  now += 1h;
  take();
  done(2, good);
  EXPECT_EQ(queue.take_changes().erased, places{2});
  EXPECT_EQ(queue.kept(), 1u);
}

TEST_F(WebhookQueue, WhatComesBehindOneThatFailedIsKeptAtOnce) {
  add(1, ann);
  take();
  done(1, broken);
  (void)queue.take_changes();
  add(2, ann), add(3, bob);
  const auto changes = queue.take_changes();
  EXPECT_EQ(put(changes), places{2});
  EXPECT_EQ(changes.progress.cursor, 2u);
}

TEST_F(WebhookQueue, BeyondItsBoundsTheLogIsTheQueue) {
  add(1, ann);
  take();
  done(1, broken);
  std::uint64_t place = 1;
  while (queue.room() > 0) {
    add(++place, ann);
    ASSERT_LT(place, 100u);
  }
  EXPECT_EQ(queue.kept(), 5u);
  EXPECT_LE(queue.pending(), 5u + 6u);
}

TEST_F(WebhookQueue, GivenUpAfterADayItLetsTheNextGo) {
  add(1, ann), add(2, ann);
  take();
  done(1, broken);
  now += 24h;
  take();
  EXPECT_EQ(done(1, broken), webhook_queue::verdict::dead);
  const auto changes = queue.take_changes();
  ASSERT_EQ(put(changes), (places{1, 2}));
  EXPECT_EQ(changes.put[0].state, webhook_delivery_state::dead);
  EXPECT_EQ(changes.put[0].attempts, 2u);
  EXPECT_EQ(changes.put[0].http_status, 500u);
  EXPECT_EQ(changes.progress.dead_in_a_row, 1u);
  EXPECT_EQ(take(), places{2});
  EXPECT_EQ(done(2, good), webhook_queue::verdict::delivered);
  EXPECT_EQ(queue.progress().dead_in_a_row, 0u);
  EXPECT_EQ(queue.progress().failing_since, std::nullopt);
}

TEST_F(WebhookQueue, OnlyTheNewestDeadOnesAreKept) {
  for (std::uint64_t i = 1; i <= 3; ++i) {
    add(i, conversation_id{i});
    take();
    EXPECT_EQ(queue.done(away.at(i), broken, now, 1ms, 0), webhook_queue::verdict::dead);
  }
  EXPECT_EQ(queue.dead(), 2u);
  const auto changes = queue.take_changes();
  EXPECT_EQ(put(changes), (places{2, 3}));
  EXPECT_EQ(changes.erased, places{1});
}

TEST_F(WebhookQueue, ADeadOneIsSentAgainWithItsWholeTime) {
  add(1, ann);
  take();
  queue.done(away.at(1), broken, now, 1ms, 0);
  (void)queue.take_changes();
  EXPECT_TRUE(queue.knows(1));
  EXPECT_EQ(queue.send_again(1), 1u);
  EXPECT_EQ(queue.dead(), 0u);
  EXPECT_EQ(take(), places{1});
  now += 30h;
  EXPECT_EQ(done(1, broken), webhook_queue::verdict::again);
  const auto changes = queue.take_changes();
  ASSERT_EQ(put(changes), places{1});
  EXPECT_EQ(changes.put[0].state, webhook_delivery_state::pending);
  EXPECT_EQ(changes.put[0].attempts, 1u);
}

TEST_F(WebhookQueue, AllDeadOnesAreSentAgain) {
  for (std::uint64_t i = 1; i <= 2; ++i) {
    add(i, ann);
    take();
    queue.done(away.at(i), broken, now, 1ms, 0);
  }
  EXPECT_EQ(queue.send_all_dead_again(), 2u);
  EXPECT_EQ(take(), places{1}) << "in order, as ever";
  EXPECT_EQ(queue.send_all_dead_again(), 0u);
}

TEST_F(WebhookQueue, APendingOneMaySkipItsWait) {
  add(1, ann);
  take();
  done(1, broken);
  EXPECT_EQ(take(), places{});
  EXPECT_EQ(queue.send_again(1), 1u);
  EXPECT_EQ(take(), places{1});
}

TEST_F(WebhookQueue, OneThatWasDeliveredGoesAgainBehindNothing) {
  add(1, ann);
  take();
  done(1, good);
  EXPECT_FALSE(queue.knows(1));
  EXPECT_EQ(queue.send_again(1, happening::message_created, ann), 1u);
  EXPECT_EQ(put(queue.take_changes()), places{1}) << "it survives a restart";
  EXPECT_EQ(take(), places{1});
}

TEST_F(WebhookQueue, RewoundItForgetsWhatComesLater) {
  add(2, ann), add(4, bob), add(6, cy);
  take();
  done(4, broken);
  done(2, good);
  const auto late = away.at(6);
  (void)queue.take_changes();
  queue.rewind(3);
  EXPECT_EQ(queue.scanned(), 3u);
  EXPECT_EQ(queue.pending(), 0u);
  const auto changes = queue.take_changes();
  EXPECT_EQ(changes.erased, places{4});
  EXPECT_EQ(changes.progress.cursor, 3u);
  EXPECT_EQ(queue.done(late, good, now, 24h, 0), std::nullopt) << "what was on its way is forgotten";
  EXPECT_EQ(queue.on_their_way(), 0u);
  add(4, bob);
  EXPECT_EQ(take(), places{4});
}

TEST_F(WebhookQueue, ARestartTakesUpWhatWasWritten) {
  add(1, ann), add(2, bob), add(3, ann), add(4, cy);
  take();
  done(1, broken);
  done(4, broken);
  const auto changes = queue.take_changes();
  EXPECT_EQ(changes.progress.cursor, 1u);
  webhook_queue again;
  again.restore(changes.progress, changes.put);
  EXPECT_EQ(again.scanned(), 1u);
  EXPECT_EQ(again.kept(), 3u);
  // What comes after the cursor is read again; those that are kept are known.
  again.add(2, happening::message_created, bob);
  again.add(3, happening::message_created, ann);
  again.add(4, happening::message_created, cy);
  EXPECT_EQ(again.pending(), 4u);
  const auto due = again.take_due(now);
  ASSERT_EQ(due.size(), 1u) << "the failed ones have their wait before them still";
  EXPECT_EQ(due[0].place, 2u);
}

TEST_F(WebhookQueue, AfterAPauseEverythingPendingStartsOver) {
  add(1, ann);
  take();
  done(1, broken);
  now += 100h;
  queue.start_over();
  EXPECT_EQ(queue.progress().failing_since, std::nullopt);
  EXPECT_EQ(take(), places{1});
  EXPECT_EQ(done(1, broken), webhook_queue::verdict::again) << "its day begins now";
}

TEST_F(WebhookQueue, TheMostRecentDeliveriesAreRemembered) {
  for (std::uint64_t i = 1; i <= recent_deliveries_max + 5; ++i) {
    add(i, ann);
    take();
    done(i, good);
  }
  const auto& recent = queue.progress().recent;
  ASSERT_EQ(recent.size(), recent_deliveries_max);
  EXPECT_EQ(recent.front().place, 6u);
  EXPECT_EQ(recent.back().state, webhook_delivery_state::delivered);
  EXPECT_EQ(recent.back().http_status, 204u);
}

TEST_F(WebhookQueue, AnswersOutsideOfTheTwoHundredsAreFailures) {
  for (const std::uint32_t status : {0u, 100u, 199u, 300u, 302u, 404u, 500u})
    EXPECT_FALSE((webhook_answer{status, "", false}).good());
  for (const std::uint32_t status : {200u, 202u, 204u, 299u}) EXPECT_TRUE((webhook_answer{status, "", false}).good());
}

}  // namespace
}  // namespace signalbox
