// A41: what a move changes: lists, assignee, waiting, where later messages go.
#include <set>

#include "actors/ticket_reader.hpp"
#include "tests/actors/moves.hpp"

namespace signalbox {
namespace {

TEST_F(Moves, A41_AConversationLeavesEveryIndexOfOneInboxAndEntersTheOthers) {
  w->change(company, set_tickets{chat, {true, {}, {}, {}, 1}, {}});
  const auto which = write("t", "1");
  const auto other = write("u", "2");
  const auto before = *w->stored(company, which);
  EXPECT_FALSE(move(which, second));
  const auto after = *w->stored(company, which);
  EXPECT_EQ(after.inbox, second);
  EXPECT_EQ(after.channel, chat);
  EXPECT_EQ(after.version, before.version + 1);
  EXPECT_EQ(listed(first), std::vector<conversation_id>{other});
  EXPECT_EQ(listed(second), std::vector<conversation_id>{which});
  const auto ticket = read_ticket(*w->disk, company, *after.ticket);
  EXPECT_EQ(ticket->inbox, second) << "its ticket goes along";
  tickets_wanted wanted;
  wanted.inboxes = {second};
  EXPECT_EQ(std::get<ticket_page>(list_tickets(*w->disk, company, wanted)).items.size(), 1u);
  const auto all = history(which);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].what.kind, event_kind::move);
  EXPECT_EQ(all[1].what.from_inbox, first);
  EXPECT_EQ(all[1].what.inbox, second);
  EXPECT_EQ(all[1].what.by, boss);
  expect_whole();
}

TEST_F(Moves, S2_S70_LaterMessagesArriveWhereItIsNow) {
  const auto which = write("t", "1");
  EXPECT_FALSE(move(which, second));
  EXPECT_EQ(write("t", "2"), which);
  EXPECT_EQ(write("t", "3"), which);
  const auto frame = w->publish(company, chat, {{"u", "4"}, {"t", "5"}, {"v", "6"}, {"t", "7"}});
  w->run();
  ASSERT_TRUE(w->was_answered(frame));
  for (const auto& one : frame->results) EXPECT_EQ(one.status, publish_status::accepted);
  EXPECT_EQ(frame->results[1].conversation, which);
  EXPECT_EQ(messages(which), (ids{"1", "2", "3", "5", "7"}));
  EXPECT_EQ(listed(first).size(), 2u);
  EXPECT_EQ(listed(second), std::vector<conversation_id>{which});
  for (const auto& one : w->log(company))
    if (one.conversation == which && one.seq > 2) {
      EXPECT_EQ(one.inbox, second);
    }
  const auto again = w->publish(company, chat, {{"t", "5"}});
  w->run();
  EXPECT_EQ(again->results[0].status, publish_status::duplicate);
  expect_whole();
}

TEST_F(Moves, RepliesGoOutByItsChannelAndTheirStatusComesBack) {
  const auto connector = w->connect(company, chat);
  const auto which = write("t", "1");
  EXPECT_FALSE(move(which, second));
  const message_id reply{w->env().next_id()};
  EXPECT_TRUE(std::holds_alternative<conversation>(w->command(company, boss, which, reply_to_contact{reply, "\"text\":\"hi\""})));
  ASSERT_EQ(connector->delivered.size(), 1u);
  EXPECT_EQ(connector->delivered[0].channel, chat);
  w->report(company, chat, reply, message_status::delivered);
  EXPECT_EQ(history(which).back().what.status, message_status::delivered);
  expect_whole();
}

TEST_F(Moves, TheAssigneeStaysWhereTheyMayActWithTheirSlot) {
  staff(1, 2);
  const auto which = write("t", "1");
  w->acknowledge(company, agents[0], sockets[0]);
  EXPECT_FALSE(move(which, second));
  EXPECT_EQ(w->stored(company, which)->assigned_user(), agents[0]);
  EXPECT_TRUE(w->stored(company, which)->automatic);
  EXPECT_EQ(slots_of(agents[0]), 1u);
  const auto& told = sockets[0]->seen.back();
  EXPECT_EQ(told.what.kind, event_kind::move);
  ASSERT_TRUE(told.conversation);
  EXPECT_EQ(told.conversation->inbox, second);
  EXPECT_EQ(w->attach(company, agents[0])->greeting->open.at(0).inbox, second);
  write("u", "2");
  EXPECT_FALSE(w->stored(company, write("v", "3"))->assigned_user()) << "the moved one counts";
  (void)w->command(company, agents[0], which, set_status{conversation_status::closed});
  EXPECT_EQ(slots_of(agents[0]), 2u) << "the slot came free, and the one that waited has it";
  EXPECT_EQ(sockets[0]->gaps, 0);
  expect_whole();
}

TEST_F(Moves, AnAssigneeWhoMayNotActThereLosesItAndIsNotShownWhere) {
  staff(1);
  const auto which = write("t", "1");
  w->acknowledge(company, agents[0], sockets[0]);
  restrict_to(second, {boss});
  EXPECT_FALSE(move(which, second));
  EXPECT_FALSE(w->stored(company, which)->assigned_user());
  EXPECT_EQ(slots_of(agents[0]), 0u);
  const auto& told = sockets[0]->seen.back();
  EXPECT_TRUE(told.withdrawn);
  EXPECT_EQ(told.what.reason, assignment_reason::moved);
  EXPECT_EQ(told.conversation->inbox, first);
  const auto all = history(which);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[2].what.kind, event_kind::assignment);
  EXPECT_EQ(all[3].what.kind, event_kind::move);
  EXPECT_TRUE(w->attach(company, agents[0])->greeting->open.empty());
  EXPECT_EQ(listed(second, true), std::vector<conversation_id>{which}) << "waits for somebody of its rule";
  expect_whole();
}

TEST_F(Moves, ItsChannelsRuleAssignsItToWhoMayActInTheNewInbox) {
  staff(2);
  const auto which = write("t", "1");
  const auto before = *w->stored(company, which)->assigned_user();
  const auto other = before == agents[0] ? agents[1] : agents[0];
  restrict_to(second, {boss, other});
  EXPECT_FALSE(move(which, second));
  EXPECT_EQ(w->stored(company, which)->assigned_user(), other);
  EXPECT_EQ(w->stored(company, which)->inbox, second);
  EXPECT_EQ(slots_of(before), 0u);
  EXPECT_EQ(slots_of(other), 1u);
  (void)w->command(company, other, which, set_status{conversation_status::closed});
  EXPECT_EQ(write("t", "2"), which);
  EXPECT_EQ(w->stored(company, which)->assigned_user(), other) << "A39: reopened, to the same agent";
  expect_whole();
}

TEST_F(Moves, AWaitingOneWaitsOnInTheNewInboxWithItsAge) {
  staff(1);
  w->set(company, agents[0], presence::away);
  const auto which = write("t", "1");
  const auto since = w->stored(company, which)->waiting_since;
  ASSERT_TRUE(since);
  w->pass(milliseconds{5'000});
  EXPECT_FALSE(move(which, second));
  EXPECT_EQ(w->stored(company, which)->waiting_since, since);
  EXPECT_TRUE(listed(first, true).empty());
  EXPECT_EQ(listed(second, true), std::vector<conversation_id>{which});
  expect_whole();
  w = std::make_unique<world>(w->crash());
  const auto socket = w->attach(company, agents[0]);
  w->set(company, agents[0], presence::available);
  EXPECT_EQ(w->stored(company, which)->assigned_user(), agents[0]) << "S58, in the new inbox and after a kill";
  EXPECT_TRUE(listed(second, true).empty());
  expect_whole();
}

TEST_F(Moves, AnUnacknowledgedAssignmentLapsesWhereItIsNow) {
  staff(2);
  const auto which = write("t", "1");
  const auto before = w->stored(company, which)->assigned_user();
  EXPECT_FALSE(move(which, second));
  w->pass(w->env().routing.assignment_ack_timeout + milliseconds{1});
  const auto after = w->stored(company, which)->assigned_user();
  EXPECT_TRUE(after && after != before);
  EXPECT_EQ(inbox_of(which), second);
  expect_whole();
}

TEST_F(Moves, AnOfferThatIsOutGoesAlong) {
  staff(2, {}, [](assignment_rule& rule) { rule.accept_within = std::chrono::seconds{20}; });
  const auto which = write("t", "1");
  const auto before = *w->stored(company, which)->assigned_user();
  EXPECT_FALSE(move(which, second));
  EXPECT_TRUE(w->stored(company, which)->accept_by);
  (void)w->command(company, before, which, decline_offer{});
  const auto after = *w->stored(company, which)->assigned_user();
  EXPECT_NE(after, before);
  w->pass(std::chrono::seconds{21});
  EXPECT_NE(w->stored(company, which)->assigned_user(), after) << "not accepted in time";
  expect_whole();
}

TEST_F(Moves, A41_IsRefusedWhereItMustBe) {
  staff(1);
  const auto which = write("t", "1");
  EXPECT_EQ(move(which, first), refusal_code::conflict);
  EXPECT_EQ(move(which, inbox_id{9}), refusal_code::invalid);
  restrict_to(second, {agents[0]});
  EXPECT_EQ(move(which, second), refusal_code::view_only);
  restrict_to(third, {boss});
  EXPECT_EQ(move(which, third, agents[0]), refusal_code::access_denied);
  w->change(company, rename_account{{}, plan::starter, {}});
  EXPECT_EQ(move(which, second, agents[0]), refusal_code::plan_limit);
  EXPECT_EQ(inbox_of(which), first);
  EXPECT_EQ(history(which).size(), 2u);
}

TEST_F(Moves, AThreadWhoseMovedConversationWasDeletedBeginsAnewInItsChannelsInbox) {
  const auto which = write("t", "1");
  EXPECT_FALSE(move(which, second));
  (void)w->command(company, boss, which, remove_conversation{});
  const auto fresh = write("t", "2");
  EXPECT_NE(fresh, which);
  EXPECT_EQ(inbox_of(fresh), first);
  EXPECT_FALSE(move(fresh, second));
  // Deleted while a message is on its way to it.
  principal by;
  by.account = company;
  by.user = boss;
  caf::anon_send(
      *w->actors().inbox(company, second),
      command_conversation{by, fresh, remove_conversation{}, {}, make_answer<carried_out>([](outcome<carried_out>) {})});
  const auto frame = w->publish(company, chat, {{"t", "3"}});
  w->run();
  ASSERT_TRUE(w->was_answered(frame));
  EXPECT_EQ(frame->results[0].status, publish_status::accepted);
  EXPECT_EQ(inbox_of(*frame->results[0].conversation), *frame->results[0].conversation == fresh ? second : first);
  expect_whole();
}

TEST_F(Moves, AMessageForADeletedInboxsConversationBeginsANewOne) {
  const auto which = write("t", "1");
  EXPECT_FALSE(move(which, second));
  w->change(company, delete_inbox{second});
  const auto fresh = write("t", "2");
  EXPECT_NE(fresh, which);
  EXPECT_EQ(inbox_of(fresh), first);
}

}  // namespace
}  // namespace signalbox
