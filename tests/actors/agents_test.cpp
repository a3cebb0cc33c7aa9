#include <gtest/gtest.h>

#include "storage/records.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

struct Agents : testing::Test {
  world w;
  account_id company = w.found("acme");
  inbox_id inbox = w.default_inbox(company);
  channel_id chat = w.add_channel(company, inbox, "chat");
  user_id ann = w.add_agent(company, "ann");
  user_id bob = w.add_agent(company, "bob");
  int sent = 0;

  conversation_id write(const std::string& thread) {
    const auto frame = w.publish(company, chat, {{thread, "m" + std::to_string(++sent)}});
    w.run();
    return frame->results[0].conversation.value();
  }
  std::optional<user_id> assignee_of(conversation_id which) { return w.stored(company, which)->assigned_user(); }
};

TEST_F(Agents, ANewUserIsAwayUntilTheySayOtherwise) {
  EXPECT_EQ(w.available(company, ann).status, presence::away);
  w.set(company, ann, presence::available);
  EXPECT_EQ(w.available(company, ann).status, presence::available);
}

TEST_F(Agents, WithoutAConnectionForLongerThanTheGraceTheyAreAway) {
  const auto socket = w.attach(company, ann);
  w.set(company, ann, presence::available);
  w.detach(company, ann, socket);
  w.pass(milliseconds{59'000});
  EXPECT_EQ(w.available(company, ann).status, presence::available);
  w.pass(milliseconds{2'000});
  EXPECT_EQ(w.available(company, ann), (availability{presence::away, presence_reason::disconnected, std::nullopt}));
  w.attach(company, ann);
  EXPECT_EQ(w.available(company, ann).status, presence::available);
}

TEST_F(Agents, A29_OthersStatusNeedsThePermission) {
  principal by;
  by.account = company;
  by.user = bob;
  std::optional<outcome<availability>> said;
  caf::anon_send(*w.actors().agent(company, ann), set_availability{by, presence::available, std::nullopt,
                                                                   make_answer<availability>([&](auto what) { said = what; })});
  w.run();
  ASSERT_TRUE(said && std::holds_alternative<refusal>(*said));
  EXPECT_EQ(std::get<refusal>(*said).code, refusal_code::access_denied);
  EXPECT_EQ(w.available(company, ann).status, presence::away);
}

TEST_F(Agents, AnUnacknowledgedAssignmentGoesToTheNextWithItsAgeKept) {
  w.rule(company, chat, {ann, bob});
  const auto at_ann = w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto which = write("t");
  ASSERT_EQ(assignee_of(which), ann);
  const auto at_bob = w.attach(company, bob);
  w.set(company, bob, presence::available);
  w.pass(milliseconds{16'000});
  EXPECT_EQ(assignee_of(which), bob);
  EXPECT_EQ(w.available(company, ann), (availability{presence::away, presence_reason::no_ack, std::nullopt}));
  ASSERT_EQ(at_bob->assigned(), std::vector{which});
  EXPECT_EQ(at_bob->seen.back().what.reason, assignment_reason::no_ack);
  std::size_t withdrawn = 0;
  for (const auto& one : at_ann->seen) withdrawn += one.withdrawn ? 1 : 0;
  EXPECT_EQ(withdrawn, 1u);
  EXPECT_EQ(at_ann->gaps + at_bob->gaps, 0);
}

TEST_F(Agents, AnAcknowledgedAssignmentStays) {
  w.rule(company, chat, {ann, bob});
  const auto at_ann = w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto which = write("t");
  w.acknowledge(company, ann, at_ann);
  w.attach(company, bob);
  w.set(company, bob, presence::available);
  w.pass(milliseconds{60'000});
  EXPECT_EQ(assignee_of(which), ann);
  EXPECT_EQ(w.available(company, ann).status, presence::available);
}

TEST_F(Agents, ALapsedAssignmentWithNobodyElseWaitsAndKeepsItsPlaceInTheQueue) {
  w.rule(company, chat, {ann});
  w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto first = write("a");
  w.pass(milliseconds{10'000});
  w.set(company, ann, presence::away);
  const auto second = write("b");
  w.pass(milliseconds{6'000});
  ASSERT_TRUE(w.stored(company, first)->waiting_since);
  ASSERT_TRUE(w.stored(company, second)->waiting_since);
  EXPECT_LT(*w.stored(company, first)->waiting_since, *w.stored(company, second)->waiting_since);
  w.set(company, ann, presence::available);  // back, and again the only one
  EXPECT_EQ(assignee_of(first), ann);
  EXPECT_EQ(assignee_of(second), ann);
}

TEST_F(Agents, ASocketThatComesBackGetsExactlyWhatItMissed) {
  w.rule(company, chat, {ann});
  auto socket = w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto which = write("t");
  const auto cursor = socket->last;
  w.detach(company, ann, socket);
  for (int i = 0; i < 3; ++i) write("t");
  socket = w.attach(company, ann, cursor);
  ASSERT_TRUE(socket->greeting);
  EXPECT_TRUE(socket->greeting->resumed);
  EXPECT_EQ(socket->greeting->cursor, cursor);
  ASSERT_EQ(socket->greeting->open.size(), 1u);
  EXPECT_EQ(socket->greeting->open[0].id, which);
  EXPECT_EQ(socket->count(event_kind::message), 3u);
  EXPECT_EQ(socket->gaps, 0);
  write("t");
  EXPECT_EQ(socket->count(event_kind::message), 4u);
}

TEST_F(Agents, WhoComesBackIsShownWhoBeganToWaitMeanwhileOnce) {
  w.rule(company, chat, {bob});
  auto socket = w.attach(company, ann);
  write("before");
  EXPECT_EQ(socket->count(event_kind::waiting), 1u);
  for (int round = 0; round < 3; ++round) {
    const auto cursor = socket->last;
    w.detach(company, ann, socket);
    for (int i = 0; i < 3; ++i) write("away" + std::to_string(round * 10 + i));
    socket = w.attach(company, ann, cursor);
    ASSERT_TRUE(socket->greeting);
    EXPECT_TRUE(socket->greeting->resumed) << round;
    EXPECT_EQ(socket->count(event_kind::waiting), 3u) << round;
    write("live" + std::to_string(round));
    EXPECT_EQ(socket->count(event_kind::waiting), 4u) << round;
    EXPECT_EQ(socket->gaps, 0);
  }
}

TEST_F(Agents, WhoComesAnewStartsFromNowAndCanComeBackToThat) {
  w.rule(company, chat, {bob});
  w.attach(company, bob);
  w.set(company, ann, presence::available);
  w.pass(milliseconds{120'000});  // away by now, so that coming is an event of hers
  for (int i = 0; i < 5; ++i) write("before" + std::to_string(i));
  const auto before = w.log(company).size();
  auto socket = w.attach(company, ann);
  ASSERT_TRUE(socket->greeting);
  EXPECT_EQ(socket->greeting->cursor, before);
  EXPECT_EQ(socket->count(event_kind::waiting), 0u) << "that was before";
  EXPECT_EQ(socket->count(event_kind::availability), 1u) << "and that is what came of it";
  const auto cursor = socket->last;
  w.detach(company, ann, socket);
  socket = w.attach(company, ann, cursor);
  EXPECT_TRUE(socket->greeting->resumed);
  write("after");
  EXPECT_EQ(socket->count(event_kind::waiting), 1u);
  EXPECT_EQ(socket->gaps, 0);
}

TEST_F(Agents, WhatIsAssignedSinceTheyCameIsAnEventToo) {
  w.rule(company, chat, {ann});
  w.set(company, ann, presence::available);
  w.pass(milliseconds{120'000});  // away, for want of a connection
  const auto which = write("t");
  EXPECT_FALSE(assignee_of(which));
  const auto socket = w.attach(company, ann);
  EXPECT_EQ(assignee_of(which), ann);
  EXPECT_EQ(socket->assigned(), std::vector{which});
}

TEST_F(Agents, WhatIsAcknowledgedAfterANoticeOfMeanwhileDoesNotLapse) {
  w.rule(company, chat, {ann});
  const auto other = w.add_channel(company, inbox, "other");
  w.rule(company, other, {bob});
  auto socket = w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto before = socket->last;
  const auto which = write("t");
  w.detach(company, ann, socket);
  w.publish(company, other, {{"u", "waits for bob"}});
  w.run();
  socket = w.attach(company, ann, before);
  ASSERT_EQ(socket->assigned(), std::vector{which});
  ASSERT_EQ(socket->count(event_kind::waiting), 1u);
  w.acknowledge(company, ann, socket);
  w.pass(milliseconds{60'000});
  EXPECT_EQ(assignee_of(which), ann);
  EXPECT_EQ(w.available(company, ann).status, presence::available);
}

/// Who comes without a cursor in the moment of an assignment is shown it in what is open, or as an event, and may acknowledge it.
TEST_F(Agents, WhatIsAssignedInTheMomentInWhichTheyComeAnewCanBeAcknowledged) {
  w.rule(company, chat, {ann});
  auto socket = w.attach(company, ann);
  w.set(company, ann, presence::available);
  for (std::size_t jobs = 0; jobs < 40; ++jobs) {
    w.detach(company, ann, socket);
    const auto frame = w.publish(company, chat, {{"t" + std::to_string(jobs), "moment" + std::to_string(jobs)}});
    w.run_some(jobs);
    socket = w.attach(company, ann);
    const auto which = frame->results[0].conversation.value();
    const auto& open = socket->greeting->open;
    const auto shown = std::count_if(open.begin(), open.end(), [&](const conversation& one) { return one.id == which; });
    EXPECT_GE(shown + std::ssize(socket->assigned()), 1) << "after " << jobs << " jobs";
    w.acknowledge(company, ann, socket);
    w.pass(milliseconds{60'000});
    EXPECT_EQ(assignee_of(which), ann) << "after " << jobs << " jobs";
    EXPECT_EQ(socket->gaps, 0);
  }
}

/// Wherever the message is on its way when they come.
TEST_F(Agents, WhoBeginsToWaitInTheMomentInWhichTheyComeBackIsShownOnce) {
  w.rule(company, chat, {bob});
  auto socket = w.attach(company, ann);
  write("first");
  for (std::size_t jobs = 0; jobs < 40; ++jobs) {
    const auto cursor = socket->last;
    w.detach(company, ann, socket);
    w.publish(company, chat, {{"t" + std::to_string(jobs), "moment" + std::to_string(jobs)}});
    w.run_some(jobs);
    socket = w.attach(company, ann, cursor);
    EXPECT_EQ(socket->count(event_kind::waiting), 1u) << "after " << jobs << " jobs";
    EXPECT_EQ(socket->gaps, 0);
  }
}

TEST_F(Agents, ManyPagesAreCaughtUpWithoutAGap) {
  w.rule(company, chat, {ann});
  auto socket = w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto cursor = socket->last;
  w.detach(company, ann, socket);
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<written> all;
    for (int i = 0; i < 100; ++i)
      all.push_back({"t" + std::to_string(i % 7), "b" + std::to_string(batch) + "-" + std::to_string(i)});
    w.publish(company, chat, all);
  }
  w.run();
  socket = w.attach(company, ann, cursor);
  EXPECT_EQ(socket->count(event_kind::message) + socket->assigned().size(), 2000u);
  EXPECT_EQ(socket->gaps, 0);
}

TEST_F(Agents, ACursorFromNowhereStartsAnew) {
  const auto socket = w.attach(company, ann, std::uint64_t{1} << 40);
  ASSERT_TRUE(socket->greeting);
  EXPECT_FALSE(socket->greeting->resumed);
  EXPECT_TRUE(socket->greeting->cursor_too_old);
}

TEST_F(Agents, SeveralSocketsOfOneUserAllGetEverything) {
  w.rule(company, chat, {ann});
  const auto one = w.attach(company, ann);
  const auto two = w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto which = write("t");
  EXPECT_EQ(one->assigned(), std::vector{which});
  EXPECT_EQ(two->assigned(), std::vector{which});
  w.detach(company, ann, one);
  w.pass(milliseconds{120'000});
  EXPECT_NE(w.available(company, ann).reason, presence_reason::disconnected);
}

TEST_F(Agents, ASlowSocketIsForgottenAndTheOthersGoOn) {
  w.rule(company, chat, {ann});
  const auto slow = w.attach(company, ann);
  const auto quick = w.attach(company, ann);
  w.set(company, ann, presence::available);
  slow->reads = false;
  write("t");
  write("t");
  EXPECT_EQ(quick->gaps, 0);
  EXPECT_EQ(quick->count(event_kind::message), 1u);
}

TEST_F(Agents, SomeoneDeactivatedIsClosedOut) {
  const auto socket = w.attach(company, ann);
  update_user off;
  off.user = ann;
  off.fields.active = false;
  w.change(company, off);
  EXPECT_EQ(socket->closed, close_reason::unauthorised);
}

TEST_F(Agents, S12_NoticesOfAnInboxAreShownToThoseWhoMayViewItOnly) {
  w.rule(company, chat, {ann});
  const auto at_ann = w.attach(company, ann);
  const auto at_bob = w.attach(company, bob);
  set_access only;
  only.inbox = inbox;
  only.access.mode = access_mode::specific;
  only.access.users = {ann};
  w.change(company, only);
  write("t");  // nobody is available: it waits
  EXPECT_EQ(at_ann->count(event_kind::waiting), 1u);
  EXPECT_EQ(at_bob->count(event_kind::waiting), 0u);
  EXPECT_EQ(w.attach(company, bob, 0)->count(event_kind::waiting), 0u);  // nor later
}

TEST_F(Agents, WhoAnswersHasReceivedItAcknowledgedOrNot) {
  w.rule(company, chat, {ann});
  const auto at_ann = w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto answered = write("t");
  const auto noted = write("u");
  w.command(company, ann, answered, reply_to_contact{message_id{w.env().next_id()}, R"("text":"hi")"});
  w.command(company, ann, noted, add_comment{message_id{w.env().next_id()}, R"("text":"hm")", {}});
  w.pass(milliseconds{60'000});
  EXPECT_EQ(assignee_of(answered), ann);
  EXPECT_EQ(assignee_of(noted), ann);
  EXPECT_EQ(w.available(company, ann).status, presence::available);
}

TEST_F(Agents, ADecisionCountsItsAttempts) {
  w.rule(company, chat, {ann, bob});
  for (const auto who : {ann, bob}) {
    w.attach(company, who);
    w.set(company, who, presence::available);
  }
  const auto which = write("t");
  w.pass(milliseconds{16'000});
  std::vector<std::uint32_t> attempts;
  for (const auto& one : w.log(company))
    if (one.conversation == which && !one.decision_bytes.empty()) attempts.push_back(decode_decision(one.decision_bytes).attempt);
  EXPECT_EQ(attempts, (std::vector<std::uint32_t>{1, 2}));
}

TEST_F(Agents, S12_AnAssigneeWhoLosesAccessIsToldNothingMoreButThatItIsTaken) {
  w.rule(company, chat, {ann});
  const auto at_ann = w.attach(company, ann);
  w.set(company, ann, presence::available);
  const auto which = write("t");
  ASSERT_EQ(at_ann->assigned(), std::vector{which});
  const auto before = at_ann->last;
  set_access only;
  only.inbox = inbox;
  only.access.mode = access_mode::specific;
  only.access.users = {bob};
  w.change(company, only);
  w.publish(company, chat, {{"t", "unseen"}});
  w.run();
  EXPECT_EQ(at_ann->count(event_kind::message), 0u);
  const auto back = w.attach(company, ann, before);
  EXPECT_EQ(back->count(event_kind::message), 0u) << "nor when they come back";
  EXPECT_TRUE(back->greeting->open.empty());
  w.command(company, bob, which, assign{bob});
  for (const auto& one : {at_ann, back}) {
    ASSERT_FALSE(one->seen.empty());
    EXPECT_TRUE(one->seen.back().withdrawn);
    EXPECT_EQ(one->gaps, 0);
  }
}

}  // namespace
}  // namespace signalbox
