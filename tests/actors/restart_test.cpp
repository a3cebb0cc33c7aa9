// What is left after a crash, and actors that are restarted in place.
#include <gtest/gtest.h>

#include <algorithm>
#include <caf/send.hpp>

#include "actors/conversation_reader.hpp"
#include "storage/keys.hpp"
#include "storage/presence_history.hpp"
#include "storage/records.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

actor_settings settle_often() {
  actor_settings settings;
  settings.settle_after_events = 5;
  return settings;
}

struct Company {
  account_id id;
  channel_id chat;
  user_id ann;
};

Company set_up(world& w) {
  Company c;
  c.id = w.found("acme");
  c.chat = w.add_channel(c.id, w.default_inbox(c.id), "chat");
  c.ann = w.add_agent(c.id, "ann", 3);
  w.rule(c.id, c.chat, {c.ann});
  return c;
}

TEST(Restart, AnEndRightAfterTheBeginningIsOrderly) {
  world w;
  const auto c = set_up(w);
  auto& actors = w.actors();
  (void)actors.agent(c.id, c.ann);
  (void)actors.channel(c.id, c.chat);
  (void)actors.inbox(c.id, w.default_inbox(c.id));
  actors.end_all();  // before any of them ran for the first time
  w.run();
  EXPECT_EQ(w.fatal, std::nullopt);
  EXPECT_FALSE(actors.agent(c.id, c.ann));
}

TEST(Restart, AChangeWithAKeyIsMadeOnceAcrossACrash) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  const auto teams = [&] {
    std::size_t n = 0;
    w->actors().configuration(c.id)->teams.for_each([&](const team&) { ++n; });
    return n;
  };
  const auto made = w->change(c.id, create_team{"Support", {}}, "POST /v1/teams k");
  const auto again = w->change(c.id, create_team{"Support", {}}, "POST /v1/teams k");
  EXPECT_EQ(std::get<touched>(made), std::get<touched>(again));
  w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
  const auto after = w->change(c.id, create_team{"Support", {}}, "POST /v1/teams k");
  EXPECT_EQ(std::get<touched>(made), std::get<touched>(after));
  EXPECT_EQ(teams(), 1u);
  (void)w->change(c.id, create_team{"Support", {}}, "POST /v1/teams other");
  EXPECT_EQ(teams(), 2u);
  w->pass(std::chrono::hours{25});
  (void)w->change(c.id, create_team{"Support", {}}, "POST /v1/teams k");
  EXPECT_EQ(teams(), 3u) << "a key is known for 24 hours";
}

TEST(Restart, AnAccountIsFoundedOnceByItsKeyAcrossACrash) {
  auto w = std::make_unique<world>();
  const auto acme = w->found("acme", plan::professional, "k");
  EXPECT_EQ(w->found("acme", plan::professional, "k"), acme);
  w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
  EXPECT_EQ(w->found("acme", plan::professional, "k"), acme);
  EXPECT_NE(w->found("bolt", plan::professional, "k"), acme) << "another account isn't what it made";
  EXPECT_THROW(w->found("acme", plan::professional, "other"), std::runtime_error);
  w->pass(std::chrono::hours{24});
  EXPECT_THROW(w->found("acme", plan::professional, "k"), std::runtime_error) << "a key is known for 24 hours";
}

TEST(Restart, A44_ARestoreWithAKeyIsDoneOnceAcrossACrash) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  const auto frame = w->publish(c.id, c.chat, {{"t", "1"}});
  w->run();
  const auto which = *frame->results[0].conversation;
  const auto command = [&](conversation_command what, std::optional<std::string> key = {}) {
    return std::holds_alternative<conversation>(w->command(c.id, c.ann, which, std::move(what), std::move(key)));
  };
  EXPECT_TRUE(command(remove_conversation{}));
  EXPECT_TRUE(command(restore_conversation{}, "k"));
  EXPECT_TRUE(command(remove_conversation{}));
  EXPECT_TRUE(command(restore_conversation{}, "k"));
  EXPECT_TRUE(w->stored(c.id, which)->deleted_at) << "it was deleted again since: the same key changes nothing";
  w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
  EXPECT_TRUE(command(restore_conversation{}, "k"));
  EXPECT_TRUE(w->stored(c.id, which)->deleted_at);
  EXPECT_TRUE(command(restore_conversation{}, "other"));
  EXPECT_FALSE(w->stored(c.id, which)->deleted_at);
}

TEST(Restart, S12_AnOldKeyShowsNothingToWhoLostTheAccess) {
  world w;
  const auto c = set_up(w);
  const auto frame = w.publish(c.id, c.chat, {{"t", "1"}});
  w.run();
  const auto which = *frame->results[0].conversation;
  const add_comment words{message_id{w.env().next_id()}, R"("text":"hm")", {}};
  ASSERT_TRUE(std::holds_alternative<conversation>(w.command(c.id, c.ann, which, words, "k")));
  w.change(c.id, set_access{w.default_inbox(c.id), {access_mode::specific, {}, {}}, {}});
  const auto again = w.command(c.id, c.ann, which, words, "k");
  ASSERT_TRUE(std::holds_alternative<refusal>(again));
}

TEST(Restart, CommandsOfBeforeYesterdayAreForgottenOnDisk) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  (void)w->change(c.id, create_team{"Support", {}}, "k");
  const auto kept = [&] {
    std::size_t n = 0;
    const auto day = keys::day_of(w->env().now());
    w->disk->scan(family::state, keys::command_ref_day_prefix(c.id, 0), keys::command_ref_day_prefix(c.id, day + 1),
                  [&](std::string_view, std::string_view) {
                    ++n;
                    return true;
                  });
    return n;
  };
  EXPECT_EQ(kept(), 1u);
  w->pass(std::chrono::hours{20});
  EXPECT_EQ(kept(), 1u);
  w->pass(std::chrono::hours{48});
  EXPECT_EQ(kept(), 0u);
}

TEST(Restart, AnIdIsKnownAfterACrash) {
  for (const auto& settings : {actor_settings{}, settle_often()}) {
    auto w = std::make_unique<world>(std::make_unique<memory_store>(), settings);
    const auto c = set_up(*w);
    for (int i = 0; i < 12; ++i) w->publish(c.id, c.chat, {{"t" + std::to_string(i), "m" + std::to_string(i)}});
    w->run();
    auto left = w->crash();
    w = std::make_unique<world>(std::move(left), settings);
    for (int i = 0; i < 12; ++i) {
      const auto again = w->publish(c.id, c.chat, {{"t" + std::to_string(i), "m" + std::to_string(i)}});
      w->run();
      EXPECT_EQ(again->results[0].status, publish_status::duplicate) << i;
    }
  }
}

TEST(Settling, PagesThatAPlanHoldsStayInMemory) {
  // A round ends, and memory is given back, while agents are being asked: in all orders that chance makes.
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    actor_settings settings;
    settings.conversations_kept = 0;
    auto w = std::make_unique<world>(std::make_unique<memory_store>(), settings);
    const auto c = set_up(*w);
    auto socket = w->attach(c.id, c.ann);
    w->set(c.id, c.ann, presence::available);
    const auto inbox = *w->actors().inbox(c.id, w->default_inbox(c.id));
    w->publish(c.id, c.chat, {{"known", "1"}});
    w->run();
    w->seed = seed;
    w->shuffled = true;
    bool settled = false;
    caf::anon_send(inbox, settle{1, 1000, [&](bool more) { settled = !more; }});
    const auto frame = w->publish(c.id, c.chat, {{"known", "2"}, {"new", "3"}});
    w->run();
    EXPECT_TRUE(settled);
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    EXPECT_EQ(frame->results[1].status, publish_status::accepted);
    EXPECT_EQ(socket->gaps, 0);
    EXPECT_EQ(socket->count(event_kind::message), 1u) << "seed " << seed;
  }
}

TEST(Settling, AReaderIsAnsweredBehindWhatIsOnItsWay) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  const auto frame = w->publish(c.id, c.chat, {{"t", "1"}});
  w->run();
  const auto inbox = *w->actors().inbox(c.id, w->default_inbox(c.id));
  const auto which = frame->results[0].conversation;
  std::size_t found = 0;
  caf::anon_send(inbox, settle{1, 1000, [](bool) {}});
  caf::anon_send(inbox, prepare_read{which, [&] { found = read_history(*w->disk, c.id, *which, 0, 10).size(); }});
  w->run();
  EXPECT_GE(found, 1u) << "the piece that shows it was not durable yet";
}

TEST(Restart, AnIdIsNotKnownBeforeItsMessageIsDurable) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  w->disk->fail_after(1);  // what is settled reaches the disk, the message doesn't
  w->publish(c.id, c.chat, {{"t", "1"}});
  caf::anon_send(*w->actors().channel(c.id, c.chat), settle{1, 1000, [](bool) {}});
  w->run();
  w = std::make_unique<world>(w->crash());
  const auto again = w->publish(c.id, c.chat, {{"t", "1"}});
  w->run();
  std::size_t messages = 0;
  for (const auto& one : w->log(c.id)) messages += one.external_id == "1" ? 1 : 0;
  EXPECT_EQ(messages, 1u);
  EXPECT_TRUE(w->was_answered(again));
}

TEST(Restart, IdsAreDroppedAfterTheirRetentionAndNotBefore) {
  world w;
  const auto c = set_up(w);
  const auto indexed = [&] {
    std::size_t count = 0;
    w.disk->scan(family::message_ids, {}, {}, [&](std::string_view, std::string_view) { return ++count > 0; });
    return count;
  };
  w.publish(c.id, c.chat, {{"t", "1"}, {"t", "2"}});
  w.run();
  w.pass(std::chrono::minutes{1});
  EXPECT_EQ(indexed(), 2u);
  for (int day = 0; day < 7; ++day) w.pass(std::chrono::hours{24});
  EXPECT_EQ(indexed(), 2u);
  for (int day = 0; day < 9; ++day) w.pass(std::chrono::hours{24});  // with the week that they are filed under
  EXPECT_EQ(indexed(), 0u);
}

TEST(Restart, AnIdFiledUnderItsDayIsKnown) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  const auto hash = keys::hash_external_id("1");
  const auto today = keys::day_of(w->env().now());
  const auto day = today % keys::id_bucket_days == 0 ? today - 1 : today;  // as a store of before the weeks has it
  change_set set{keys::group_of(c.id)};
  std::string given;
  keys::append_be64(given, 4711);
  set.put(family::message_ids, keys::message_id(c.id, day, c.chat, hash), given);
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  w->disk->commit({&one, 1}, {&unused, 1});
  w = std::make_unique<world>(w->crash());
  const auto frame = w->publish(c.id, c.chat, {{"t", "1"}, {"t", "2"}, {"t", "2"}});
  w->run();
  EXPECT_EQ(frame->results[0].status, publish_status::duplicate);
  EXPECT_EQ(frame->results[0].message, message_id{4711});
  EXPECT_EQ(frame->results[1].status, publish_status::accepted);
  EXPECT_EQ(frame->results[2].status, publish_status::duplicate) << "within one frame";
  EXPECT_EQ(frame->results[2].message, frame->results[1].message);
}

TEST(Restart, WhatADeletedUsersPresencesWereGoesAfterNinetyDays) {
  world w;
  const auto c = set_up(w);
  const auto bob = w.add_agent(c.id, "bob");
  for (const auto who : {c.ann, bob}) w.set(c.id, who, presence::available);
  EXPECT_EQ(users_with_presences(*w.disk, c.id), (std::vector{c.ann, bob}));
  w.change(c.id, delete_user{bob});
  for (int day = 0; day < 89; ++day) w.pass(std::chrono::hours{24});
  EXPECT_EQ(users_with_presences(*w.disk, c.id), (std::vector{c.ann, bob})) << "questions about the past may want it";
  for (int day = 0; day < 3; ++day) w.pass(std::chrono::hours{24});
  EXPECT_EQ(users_with_presences(*w.disk, c.id), std::vector{c.ann}) << "how a user stands is kept";
}

TEST(Restart, TheOffsetIsDurableWithItsBatch) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  w->publish(c.id, c.chat, {{"t", "1"}}, "offset-7");
  w->publish(c.id, c.chat, {}, "offset-8");
  w->run();
  const auto left = w->crash();
  EXPECT_EQ(left->get(family::state, keys::offset(c.id, c.chat, w->connector_token)), "offset-8");
}

TEST(Restart, HistoryGoesOnWhereItWas) {
  auto w = std::make_unique<world>(std::make_unique<memory_store>(), settle_often());
  const auto c = set_up(*w);
  const auto frame = w->publish(c.id, c.chat, {{"t", "1"}, {"t", "2"}});
  w->run();
  w = std::make_unique<world>(w->crash(), settle_often());
  w->publish(c.id, c.chat, {{"t", "3"}});
  w->run();
  std::uint64_t seq = 0;
  for (const auto& one : w->log(c.id))
    if (one.conversation == frame->results[0].conversation && one.seq > 0) {
      EXPECT_EQ(one.seq, ++seq);
    }
  EXPECT_GE(seq, 3u);
}

// JOURNAL gives a round up that nobody goes on with, and asks anew; a piece of the old one may be on its way to the disk just then.
TEST(Restart, ANewRoundOfSettlingIsAnsweredThoughAPieceOfTheOneBeforeIsOnItsWay) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  w->publish(c.id, c.chat, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  w->run();
  std::vector<std::uint64_t> answered;
  const auto ask = [&](std::uint64_t round) {
    const auto say = [&answered, round](bool) { answered.push_back(round); };
    caf::anon_send(*w->actors().channel(c.id, c.chat), settle{round, 1, say});
    caf::anon_send(*w->actors().inbox(c.id, w->default_inbox(c.id)), settle{round, 1, say});
  };
  ask(1'001);
  ask(1'002);
  w->run();
  EXPECT_EQ(std::count(answered.begin(), answered.end(), 1'002), 2);
}

TEST(Restart, WaitingOnesWaitOnAndAreTakenWhenSomebodyComes) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  const auto frame = w->publish(c.id, c.chat, {{"a", "1"}, {"b", "2"}});
  w->run();
  w = std::make_unique<world>(w->crash());
  const auto socket = w->attach(c.id, c.ann);
  w->set(c.id, c.ann, presence::available);
  EXPECT_EQ(socket->assigned(), (std::vector{*frame->results[0].conversation, *frame->results[1].conversation}));
}

TEST(Restart, CapacityCountsWhatWasAssignedBefore) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  auto socket = w->attach(c.id, c.ann);
  w->set(c.id, c.ann, presence::available);
  w->publish(c.id, c.chat, {{"a", "1"}, {"b", "2"}});
  w->run();
  w->acknowledge(c.id, c.ann, socket);
  w->pass(milliseconds{2'000});
  const auto cursor = socket->last;
  w = std::make_unique<world>(w->crash());
  socket = w->attach(c.id, c.ann, cursor);
  EXPECT_TRUE(socket->greeting->resumed);
  const auto more = w->publish(c.id, c.chat, {{"c", "3"}, {"d", "4"}});
  w->run();
  EXPECT_TRUE(w->stored(c.id, *more->results[0].conversation)->assigned_user());
  EXPECT_TRUE(w->stored(c.id, *more->results[1].conversation)->waiting_since);  // 3 is the capacity
  EXPECT_EQ(socket->gaps, 0);
}

TEST(Restart, AnAssignmentNobodyAcknowledgedLapsesAfterTheRestartToo) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  w->attach(c.id, c.ann);
  w->set(c.id, c.ann, presence::available);
  const auto frame = w->publish(c.id, c.chat, {{"a", "1"}});
  w->run();
  w = std::make_unique<world>(w->crash());
  w->pass(milliseconds{20'000});
  EXPECT_FALSE(w->stored(c.id, *frame->results[0].conversation)->assigned_user());
  EXPECT_TRUE(w->stored(c.id, *frame->results[0].conversation)->waiting_since);
}

TEST(Restart, IdsRiseWhateverTheClockDoes) {
  auto w = std::make_unique<world>();
  const auto c = set_up(*w);
  const auto before = w->publish(c.id, c.chat, {{"a", "1"}});
  w->run();
  // Started again with the clock set back by a year.
  auto left = w->crash();
  w = std::make_unique<world>(std::move(left), actor_settings{},
                              time_point{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}});
  const auto after = w->publish(c.id, c.chat, {{"b", "2"}});
  w->run();
  EXPECT_LT(*before->results[0].conversation, *after->results[0].conversation);
}

TEST(Restart, ABrokenDiskAcknowledgesNothing) {
  world w;
  const auto c = set_up(w);
  w.disk->fail_next_commit();
  const auto frame = w.publish(c.id, c.chat, {{"a", "1"}});
  w.run();
  EXPECT_TRUE(w.fatal);
  EXPECT_FALSE(w.was_answered(frame));
  w.publish(c.id, c.chat, {{"a", "2"}});
  w.run();
  EXPECT_TRUE(w.answered.empty());
}

/// An INBOX that throws on one conversation: its record in the store is no record.
struct InPlace : testing::Test {
  world w;
  Company c = set_up(w);
  void poison(const std::string& thread) {
    change_set set{keys::group_of(c.id)};
    const conversation_id bad{w.env().next_id()};
    std::string id;
    keys::append_be64(id, bad.value);
    set.put(family::state, keys::thread(c.id, c.chat, thread), id);
    set.put(family::state, keys::conversation(c.id, bad), "\xff\xff\xff");
    const change_set* sets[] = {&set};
    std::uint64_t first[1];
    w.disk->commit(sets, first);
  }
};

TEST_F(InPlace, WhatWaitedOnItGetsAnErrorAndTheRestGoesOn) {
  const auto good = w.publish(c.id, c.chat, {{"good", "1"}});
  w.run();
  poison("bad");
  const auto refused = w.publish(c.id, c.chat, {{"bad", "2"}, {"other", "3"}});
  w.run();
  ASSERT_TRUE(w.was_answered(refused));
  EXPECT_EQ(refused->results[0].status, publish_status::rejected);
  EXPECT_EQ(refused->results[0].code, refusal_code::unavailable);
  EXPECT_FALSE(w.fatal);
  ASSERT_FALSE(w.logged.empty());
  const auto next = w.publish(c.id, c.chat, {{"good", "4"}, {"other", "3"}});  // what was refused may be sent again
  w.run();
  ASSERT_TRUE(w.was_answered(next));
  EXPECT_EQ(next->results[0].conversation, good->results[0].conversation);
  EXPECT_EQ(next->results[1].status, publish_status::accepted);
  std::uint64_t seq = 0;
  for (const auto& one : w.log(c.id))
    if (one.conversation == *good->results[0].conversation && one.seq > 0) {
      EXPECT_EQ(one.seq, ++seq);
    }
}

TEST_F(InPlace, SlotsThatItHeldAreFreeAgain) {
  w.attach(c.id, c.ann);
  w.set(c.id, c.ann, presence::available);
  poison("bad");
  for (int i = 0; i < 5; ++i) {
    w.publish(c.id, c.chat, {{"new" + std::to_string(i), "n" + std::to_string(i)}, {"bad", "b" + std::to_string(i)}});
    w.run();
  }
  const auto frame = w.publish(c.id, c.chat, {{"x", "x"}, {"y", "y"}, {"z", "z"}});
  w.run();
  for (const auto& one : frame->results) EXPECT_TRUE(w.stored(c.id, *one.conversation)->assigned_user());  // all of her 3 slots
}

}  // namespace
}  // namespace signalbox
