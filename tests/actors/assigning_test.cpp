// Whom the rule gives a conversation to, and what waits.
#include "tests/actors/office.hpp"

namespace signalbox {
namespace {

using Assigning = office;

TEST_F(Assigning, S51_BalancedGivesTheNextOneToWhoHasFewest) {
  staff(3);
  std::map<user_id, int> loads;
  for (int i = 0; i < 9; ++i) ++loads[assignee_of(write("t" + std::to_string(i), "m" + std::to_string(i))).value()];
  for (const auto who : agents) EXPECT_EQ(loads[who], 3);
}

TEST_F(Assigning, AManyAtOnceBatchIsBalancedToo) {
  staff(4);
  std::vector<written> all;
  for (int i = 0; i < 40; ++i) all.push_back({"t" + std::to_string(i), "m" + std::to_string(i)});
  const auto frame = w.publish(company, chat, all);
  w.run();
  std::map<user_id, int> loads;
  for (const auto& one : frame->results) ++loads[assignee_of(*one.conversation).value()];
  for (const auto who : agents) EXPECT_EQ(loads[who], 10);
  for (const auto& socket : sockets) EXPECT_EQ(socket->gaps, 0);
}

TEST_F(Assigning, TheAgentGetsTheAssignmentThenEveryLaterMessage) {
  staff(1);
  const auto which = write("t", "1");
  write("t", "2");
  write("t", "3");
  ASSERT_EQ(sockets[0]->assigned(), std::vector{which});
  const auto found = std::find_if(sockets[0]->seen.begin(), sockets[0]->seen.end(),
                                  [](const agent_event& one) { return one.what.kind == event_kind::assignment; });
  ASSERT_TRUE(found->newest_message);
  EXPECT_EQ(found->newest_message->external_id, "1");
  ASSERT_TRUE(found->conversation);
  EXPECT_EQ(found->conversation->id, which);
  EXPECT_EQ(found->what.reason, assignment_reason::rule);
  EXPECT_EQ(sockets[0]->count(event_kind::message), 2u);  // not again the one that came with the assignment
}

TEST_F(Assigning, A33_CapacityIsNeverOvershotAndTheRestWaits) {
  staff(2, 2);
  std::vector<written> all;
  for (int i = 0; i < 10; ++i) all.push_back({"t" + std::to_string(i), "m" + std::to_string(i)});
  const auto frame = w.publish(company, chat, all);
  w.run();
  std::map<user_id, int> loads;
  int waiting = 0;
  for (const auto& one : frame->results) {
    const auto stored = w.stored(company, *one.conversation);
    if (const auto who = stored->assigned_user())
      ++loads[*who];
    else
      waiting += stored->waiting_since ? 1 : 0;
  }
  EXPECT_EQ(loads[agents[0]], 2);
  EXPECT_EQ(loads[agents[1]], 2);
  EXPECT_EQ(waiting, 6);
}

TEST_F(Assigning, A33_WhatIsTakenByHandCountsToo) {
  staff(1, 2);
  const auto by_rule = write("a", "1");
  ASSERT_EQ(assignee_of(by_rule), agents[0]);
  const auto by_hand = write("b", "2");
  const auto full = write("c", "3");
  ASSERT_FALSE(assignee_of(full));
  w.command(company, agents[0], full, assign{agents[0]});
  EXPECT_EQ(assignee_of(full), agents[0]) << "by hand nobody is skipped";
  w.command(company, agents[0], by_rule, set_status{conversation_status::closed});
  const auto fourth = write("d", "4");
  EXPECT_FALSE(assignee_of(fourth)) << "two are open still";
  w.command(company, agents[0], by_hand, remove_conversation{});
  EXPECT_EQ(assignee_of(fourth), agents[0]);
  w.command(company, agents[0], by_hand, restore_conversation{});
  w.command(company, agents[0], fourth, unassign{});
  const auto fifth = write("e", "5");
  EXPECT_FALSE(assignee_of(fifth)) << "a restored one counts again";
  w.command(company, agents[0], by_hand, set_status{conversation_status::closed});
  EXPECT_EQ(assignee_of(fifth), agents[0]);
}

TEST_F(Assigning, A33_WhatIsOpenCountsAfterARestart) {
  staff(1, 1);
  const auto by_hand = write("a", "1");
  w.command(company, agents[0], by_hand, unassign{});
  w.command(company, agents[0], by_hand, reply_to_contact{});
  ASSERT_EQ(assignee_of(by_hand), agents[0]) << "A35";
  world next{w.crash()};
  const auto socket = next.attach(company, agents[0]);
  const auto frame = next.publish(company, chat, {{"b", "2"}});
  next.run();
  EXPECT_FALSE(next.stored(company, *frame->results[0].conversation)->assigned_user());
  next.command(company, agents[0], by_hand, set_status{conversation_status::closed});
  next.run();
  EXPECT_EQ(next.stored(company, *frame->results[0].conversation)->assigned_user(), agents[0]);
}

TEST_F(Assigning, A33_CapacityByTypeHoldsAcrossTheInboxesChannels) {
  const auto mail = w.add_email_channel(company, inbox, "help@acme.example");
  staff(1, 3);
  w.rule(company, mail, agents);
  user_fields fields;
  fields.capacity_by_type.emplace();
  (*fields.capacity_by_type)[static_cast<std::size_t>(channel_type::email)] = 1;
  ASSERT_TRUE(std::holds_alternative<touched>(w.change(company, update_user{agents[0], fields, {}})));
  w.run();
  const auto mails = w.publish(company, mail, {{"m1", "1"}, {"m2", "2"}});
  w.run();
  EXPECT_EQ(assignee_of(*mails->results[0].conversation), agents[0]);
  EXPECT_FALSE(assignee_of(*mails->results[1].conversation));
  EXPECT_EQ(assignee_of(write("a", "3")), agents[0]) << "another type";
  w.command(company, agents[0], *mails->results[0].conversation, set_status{conversation_status::closed});
  w.run();
  EXPECT_EQ(assignee_of(*mails->results[1].conversation), agents[0]);
}

TEST_F(Assigning, S58_ClosingTakesTheLongestWaiting) {
  staff(1, 1);
  const auto first = write("a", "1");
  w.pass(milliseconds{10});
  const auto second = write("b", "2");
  w.pass(milliseconds{10});
  const auto third = write("c", "3");
  EXPECT_FALSE(assignee_of(second));
  w.acknowledge(company, agents[0], sockets[0]);
  const auto closed = w.command(company, agents[0], first, set_status{conversation_status::closed});
  ASSERT_TRUE(std::holds_alternative<conversation>(closed));
  EXPECT_TRUE(std::get<conversation>(closed).closed_at);
  EXPECT_EQ(assignee_of(second), agents[0]);
  EXPECT_FALSE(assignee_of(third));
  EXPECT_EQ(sockets[0]->seen.back().what.reason, assignment_reason::queue);
  EXPECT_EQ(sockets[0]->seen.back().newest_message->external_id, "2");
}

TEST_F(Assigning, S58_WhatWaitedIsAssignedOldestFirstWhenSomebodyComes) {
  staff(1, 3);
  w.set(company, agents[0], presence::away);
  std::vector<conversation_id> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(write("t" + std::to_string(i), "m" + std::to_string(i)));
    w.pass(milliseconds{5});
  }
  EXPECT_TRUE(sockets[0]->assigned().empty());
  EXPECT_EQ(sockets[0]->count(event_kind::waiting), 5u);
  w.set(company, agents[0], presence::available);
  EXPECT_EQ(sockets[0]->assigned(), (std::vector{all[0], all[1], all[2]}));
  EXPECT_EQ(w.watch.oldest_seconds(w.env().now_ns()), 0.0);
}

TEST_F(Assigning, S58_WithoutAQueueItStaysUnassigned) {
  staff(1, std::nullopt, [](assignment_rule& rule) { rule.queue = false; });
  w.set(company, agents[0], presence::away);
  const auto which = write("t", "1");
  w.set(company, agents[0], presence::available);
  EXPECT_FALSE(assignee_of(which));
  EXPECT_FALSE(w.stored(company, which)->waiting_since);
}

TEST_F(Assigning, S59_AvailabilityCanBeIgnored) {
  staff(1, std::nullopt, [](assignment_rule& rule) { rule.only_available = false; });
  w.set(company, agents[0], presence::away);
  EXPECT_EQ(assignee_of(write("t", "1")), agents[0]);
}

TEST_F(Assigning, A39_AnIneligibleAgentLosesItToTheRule) {
  staff(2);
  const auto which = write("t", "1");
  const auto who = *assignee_of(which);
  w.command(company, who, which, set_status{conversation_status::closed});
  w.set(company, who, presence::away);
  write("t", "2");
  ASSERT_TRUE(assignee_of(which));
  EXPECT_NE(*assignee_of(which), who);
}

TEST_F(Assigning, S18_AFreeSeatIsNeverChosen) {
  staff(1);
  const auto paid = agents[0];
  update_user lost;
  lost.user = paid;
  lost.fields.seat = seat::free;
  w.change(company, lost);
  const auto which = write("t", "1");
  EXPECT_FALSE(assignee_of(which));
  EXPECT_TRUE(w.stored(company, which)->waiting_since);
  lost.fields.seat = seat::paid;
  w.change(company, lost);
  EXPECT_EQ(assignee_of(which), paid);  // invariant 6: the seat is an event that wakes the inbox
}

}  // namespace
}  // namespace signalbox
