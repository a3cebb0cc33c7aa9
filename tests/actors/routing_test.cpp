#include <gtest/gtest.h>

#include <caf/send.hpp>

#include "tests/support/world.hpp"

namespace signalbox {
namespace {

/// A company with one channel whose rule names its agents, who are connected and available.
struct Routing : testing::Test {
  world w;
  account_id company = w.found("acme");
  inbox_id inbox = w.default_inbox(company);
  channel_id chat = w.add_channel(company, inbox, "chat");
  std::vector<user_id> agents;
  std::vector<std::shared_ptr<noted_socket>> sockets;

  void staff(std::size_t count, std::optional<std::uint32_t> capacity = std::nullopt,
             const std::function<void(assignment_rule&)>& but = {}) {
    for (std::size_t i = 0; i < count; ++i) {
      agents.push_back(w.add_agent(company, "agent" + std::to_string(i), capacity));
      sockets.push_back(w.attach(company, agents.back()));
      w.set(company, agents.back(), presence::available);
    }
    w.rule(company, chat, agents, but);
  }
  conversation_id write(const std::string& thread, const std::string& id) {
    const auto frame = w.publish(company, chat, {{thread, id}});
    w.run();
    EXPECT_TRUE(w.was_answered(frame));
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return frame->results[0].conversation.value();
  }
  std::optional<user_id> assignee_of(conversation_id which) { return w.stored(company, which)->assigned_user(); }
};

TEST_F(Routing, S2_AMessageOpensAConversationInTheChannelsInbox) {
  const auto which = write("t1", "m1");
  const auto stored = w.stored(company, which);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->inbox, inbox);
  EXPECT_EQ(stored->thread, "t1");
  EXPECT_EQ(stored->status, conversation_status::open);
  EXPECT_FALSE(stored->assigned_user());  // S49: the rule is off by default
  EXPECT_FALSE(stored->waiting_since);
}

TEST_F(Routing, MessagesOfAThreadStayInOneConversationInTheirOrder) {
  const auto frame = w.publish(company, chat, {{"t", "1", "a"}, {"t", "2", "b"}, {"u", "3", "c"}, {"t", "4", "d"}});
  w.run();
  const auto which = frame->results[0].conversation;
  EXPECT_EQ(frame->results[1].conversation, which);
  EXPECT_NE(frame->results[2].conversation, which);
  std::vector<std::string> texts;
  std::uint64_t seq = 0;
  for (const auto& one : w.log(company))
    if (one.conversation == which) {
      EXPECT_EQ(one.seq, ++seq);
      texts.emplace_back(one.external_id);
    }
  EXPECT_EQ(texts, (std::vector<std::string>{"1", "2", "4"}));
}

TEST_F(Routing, NothingIsAnsweredBeforeItIsDurable) {
  staff(1);
  std::size_t answered_before = 99;
  frame_pointer frame;
  w.disk->before_commit([&](std::span<const change_set* const> sets) {
    for (const auto* one : sets)
      if (one->events() > 0) {
        answered_before = w.answered.size();
        EXPECT_TRUE(sockets[0]->assigned().empty());
      }
  });
  frame = w.publish(company, chat, {{"t", "1"}});
  w.run();
  EXPECT_EQ(answered_before, 0u);
  EXPECT_TRUE(w.was_answered(frame));
  EXPECT_EQ(sockets[0]->assigned().size(), 1u);
}

TEST_F(Routing, AnIdIsTakenOnceHoweverOftenItIsSent) {
  staff(1);
  const auto first = w.publish(company, chat, {{"t", "1"}, {"t", "1"}});
  const auto second = w.publish(company, chat, {{"t", "1"}});  // the first one isn't durable yet
  w.run();
  EXPECT_EQ(first->results[0].status, publish_status::accepted);
  EXPECT_EQ(first->results[1].status, publish_status::duplicate);
  EXPECT_EQ(second->results[0].status, publish_status::duplicate);
  EXPECT_EQ(second->results[0].message, first->results[0].message);
  ASSERT_TRUE(w.was_answered(second));
  std::size_t messages = 0;
  for (const auto& one : w.log(company)) messages += one.kind == event_kind::message ? 1 : 0;
  EXPECT_EQ(messages, 1u);
}

TEST_F(Routing, S80_AChannelThatIsOffDropsWhatItGets) {
  w.change(company, update_channel{chat, false, std::nullopt, std::nullopt});
  const auto frame = w.publish(company, chat, {{"t", "1"}});
  w.run();
  EXPECT_EQ(frame->results[0].status, publish_status::dropped);
  for (const auto& one : w.log(company)) EXPECT_EQ(one.kind, event_kind::configuration);
  w.change(company, update_channel{chat, true, std::nullopt, std::nullopt});
  write("t", "2");  // S81
}

TEST_F(Routing, S81_AConnectorIsToldWhatChangedBetweenItsWelcomeAndItsChannelKnowingOfIt) {
  w.change(company, create_token{token_kind::connector, "t", {chat}, "hash", {}, {}});
  const auto welcomed_by = w.actors().configuration(company);
  token_id token;
  welcomed_by->tokens.for_each([&](const auto& one) { token = one.id; });
  const auto attach = [&](config_snapshot greeted_by) {
    auto port = std::make_shared<noted_connector>();
    caf::anon_send(*w.actors().channel(company, chat), connector_attached{1, token, port, std::move(greeted_by)});
    w.run();
    return port;
  };
  EXPECT_TRUE(attach(welcomed_by)->changes.empty());
  w.change(company, update_channel{chat, false, std::nullopt, std::nullopt});
  const auto port = attach(welcomed_by);
  ASSERT_EQ(port->changes.size(), 1u);
  EXPECT_FALSE(port->changes[0].on);
  EXPECT_TRUE(attach(w.actors().configuration(company))->changes.empty());
  w.change(company, revoke_token{token});
  EXPECT_EQ(attach(welcomed_by)->closed, close_reason::unauthorised);
}

TEST_F(Routing, S51_BalancedGivesTheNextOneToWhoHasFewest) {
  staff(3);
  std::map<user_id, int> loads;
  for (int i = 0; i < 9; ++i) ++loads[assignee_of(write("t" + std::to_string(i), "m" + std::to_string(i))).value()];
  for (const auto who : agents) EXPECT_EQ(loads[who], 3);
}

TEST_F(Routing, AManyAtOnceBatchIsBalancedToo) {
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

TEST_F(Routing, TheAgentGetsTheAssignmentThenEveryLaterMessage) {
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

TEST_F(Routing, A33_CapacityIsNeverOvershotAndTheRestWaits) {
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

TEST_F(Routing, A33_WhatIsTakenByHandCountsToo) {
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

TEST_F(Routing, A33_WhatIsOpenCountsAfterARestart) {
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

TEST_F(Routing, A33_CapacityByTypeHoldsAcrossTheInboxesChannels) {
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

TEST_F(Routing, S58_ClosingTakesTheLongestWaiting) {
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

TEST_F(Routing, S58_WhatWaitedIsAssignedOldestFirstWhenSomebodyComes) {
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

TEST_F(Routing, S58_WithoutAQueueItStaysUnassigned) {
  staff(1, std::nullopt, [](assignment_rule& rule) { rule.queue = false; });
  w.set(company, agents[0], presence::away);
  const auto which = write("t", "1");
  w.set(company, agents[0], presence::available);
  EXPECT_FALSE(assignee_of(which));
  EXPECT_FALSE(w.stored(company, which)->waiting_since);
}

TEST_F(Routing, S59_AvailabilityCanBeIgnored) {
  staff(1, std::nullopt, [](assignment_rule& rule) { rule.only_available = false; });
  w.set(company, agents[0], presence::away);
  EXPECT_EQ(assignee_of(write("t", "1")), agents[0]);
}

TEST_F(Routing, A39_AMessageReopensAClosedConversationWithTheSameAgent) {
  staff(2);
  const auto which = write("t", "1");
  const auto who = *assignee_of(which);
  const auto& socket = sockets[who == agents[0] ? 0 : 1];
  w.command(company, who, which, set_status{conversation_status::closed});
  EXPECT_EQ(write("t", "2"), which);
  EXPECT_EQ(w.stored(company, which)->status, conversation_status::open);
  EXPECT_EQ(assignee_of(which), who);
  EXPECT_EQ(socket->seen.back().what.reason, assignment_reason::reopened);
}

TEST_F(Routing, A39_AnIneligibleAgentLosesItToTheRule) {
  staff(2);
  const auto which = write("t", "1");
  const auto who = *assignee_of(which);
  w.command(company, who, which, set_status{conversation_status::closed});
  w.set(company, who, presence::away);
  write("t", "2");
  ASSERT_TRUE(assignee_of(which));
  EXPECT_NE(*assignee_of(which), who);
}

TEST_F(Routing, A35_ReplyingToAnUnassignedConversationAssignsIt) {
  const auto which = write("t", "1");
  const auto agent = w.add_agent(company, "free", std::nullopt, seat::free);  // S19
  const auto socket = w.attach(company, agent);
  const auto done = w.command(company, agent, which, reply_to_contact{message_id{w.env().next_id()}, "\"text\":\"hi\""});
  ASSERT_TRUE(std::holds_alternative<conversation>(done)) << std::get<refusal>(done).detail;
  EXPECT_EQ(assignee_of(which), agent);
  EXPECT_EQ(socket->gaps, 0);
}

TEST_F(Routing, A37_UnassigningGivesTheSlotBack) {
  staff(1, 1);
  const auto first = write("a", "1");
  const auto second = write("b", "2");
  w.command(company, agents[0], first, unassign{});
  EXPECT_FALSE(assignee_of(first));
  EXPECT_EQ(assignee_of(second), agents[0]);
}

TEST_F(Routing, ARepeatedCommandChangesNothingTwice) {
  staff(1);
  const auto which = write("t", "1");
  const message_id first{w.env().next_id()};
  w.command(company, agents[0], which, reply_to_contact{first, "\"text\":\"hi\""}, "ref-1");
  for (int i = 0; i < 2; ++i) {
    w.command(company, agents[0], which, reply_to_contact{message_id{w.env().next_id()}, "\"text\":\"hi\""}, "ref-1");
    EXPECT_EQ(w.last_written, first) << "answered like the first";
  }
  std::size_t replies = 0;
  for (const auto& one : w.log(company))
    replies += one.direction == message_direction::out && one.kind == event_kind::message ? 1 : 0;
  EXPECT_EQ(replies, 1u);
}

// Else an inbox would keep them for as long as commits are under way without a pause.
TEST_F(Routing, ACommandThatIsDurableIsTheStoresToKnow) {
  staff(1);
  const auto which = write("t", "1");
  const auto reply = [&] {
    const message_id number{w.env().next_id()};
    w.command(company, agents[0], which, reply_to_contact{number, "\"text\":\"hi\""}, "ref-1");
    return number;
  };
  const auto first = reply();
  (void)reply();
  EXPECT_EQ(w.last_written, first);
  const auto row = keys::command_ref(company, keys::day_of(w.env().now()), agents[0], "ref-1");
  ASSERT_TRUE(w.disk->get(family::state, row));
  w.disk->drop_range(family::state, row, keys::after_prefix(row));
  const auto second = reply();
  EXPECT_EQ(w.last_written, second) << "it was kept in memory too";
}

TEST_F(Routing, AStatusThatIsDurableIsTheStoresToKnow) {
  staff(1);
  const auto which = write("t", "1");
  const message_id reply{w.env().next_id()};
  w.command(company, agents[0], which, reply_to_contact{reply, "\"text\":\"hi\""});
  const auto row = keys::out_status(company, reply);
  const auto as_accepted = w.disk->get(family::state, row);
  ASSERT_TRUE(as_accepted);
  w.report(company, chat, reply, message_status::delivered);
  ASSERT_NE(w.disk->get(family::state, row), as_accepted);
  const auto told = w.log(company).size();
  w.report(company, chat, reply, message_status::delivered);
  EXPECT_EQ(w.log(company).size(), told) << "it was delivered already";
  change_set back{keys::group_of(company)};
  back.put(family::state, row, *as_accepted);
  const change_set* const one = &back;
  std::uint64_t unused = 0;
  w.disk->commit({&one, 1}, {&unused, 1});
  w.report(company, chat, reply, message_status::delivered);
  EXPECT_EQ(w.log(company).size(), told + 1) << "it was kept in memory too";
}

TEST_F(Routing, CommandsThatWaitTogetherAreKnownByTheirKeysEach) {
  staff(1);
  const auto which = write("t", "1");
  w.command(company, agents[0], which, reply_to_contact{message_id{w.env().next_id()}, "\"text\":\"hi\""}, "ref-0");
  world later{w.crash(), actor_settings{}, w.env().now()};  // so that the disk alone knows of it
  principal by;
  by.account = company;
  by.user = agents[0];
  // They wait for the answer about a new contact; those of one key are on both sides of what is read for many at once.
  (void)later.publish(company, chat, {{"another", "2"}});
  while (!later.next_actor().empty() && later.next_actor() != "contacts") later.run_some(1);
  ASSERT_EQ(later.next_actor(), "contacts");
  for (int i = 0; i < 100; ++i)
    caf::anon_send(*later.actors().inbox(company, inbox),
                   command_conversation{by, which, reply_to_contact{message_id{later.env().next_id()}, "\"text\":\"hi\""},
                                        "ref-" + std::to_string(i % 40), make_answer<carried_out>([](outcome<carried_out>) {})});
  later.run();
  std::size_t replies = 0;
  for (const auto& one : later.log(company))
    replies += one.direction == message_direction::out && one.kind == event_kind::message ? 1 : 0;
  EXPECT_EQ(replies, 40u);
}

TEST_F(Routing, ARepeatedCommandThatChangedNothingChangesNothingLaterEither) {
  staff(1);
  w.set(company, agents[0], presence::away);
  const auto which = write("t", "1");
  const auto before = w.log(company).size();
  w.command(company, agents[0], which, unassign{}, "ref-1");
  EXPECT_EQ(w.log(company).size(), before) << "nothing is recorded";
  w.command(company, agents[0], which, assign{agents[0]});
  w.command(company, agents[0], which, unassign{}, "ref-1");
  EXPECT_EQ(assignee_of(which), agents[0]);
}

TEST_F(Routing, RepliesGoToTheConnectorUntilAnsweredAndTheirStatusToTheAgent) {
  staff(1);
  const auto which = write("t", "1");
  const auto first = w.connect(company, chat);
  const message_id reply{w.env().next_id()};
  w.command(company, agents[0], which, reply_to_contact{reply, "\"text\":\"hi\""});
  ASSERT_EQ(first->delivered.size(), 1u);
  EXPECT_EQ(first->delivered[0].message, reply);
  EXPECT_EQ(first->delivered[0].thread, "t");
  EXPECT_EQ(first->delivered[0].to_id, "visitor");
  auto second = w.connect(company, chat);
  ASSERT_EQ(second->delivered.size(), 1u);  // nobody answered
  EXPECT_EQ(first->delivered[0].attempt, 1u);
  EXPECT_EQ(second->delivered[0].attempt, 2u);
  w.report(company, chat, reply, message_status::sent);
  w.report(company, chat, reply, message_status::delivered);
  w.report(company, chat, reply, message_status::sent);  // never back
  EXPECT_EQ(w.connect(company, chat)->delivered.size(), 0u);
  std::vector<message_status> told;
  for (const auto& one : sockets[0]->seen)
    if (one.what.kind == event_kind::message_status) told.push_back(one.what.status);
  EXPECT_EQ(told, (std::vector{message_status::sent, message_status::delivered}));
}

TEST_F(Routing, WhatTheOutboxHoldsIsCountedAfterARestartToo) {
  const auto shows = [](const world& in, int count) {
    return in.probe.exposition().find("\nsignalbox_queue_depth{queue=\"outbox\"} " + std::to_string(count) + "\n") !=
           std::string::npos;
  };
  staff(1);
  const auto which = write("t", "1");
  std::vector<message_id> replies;
  for (int i = 0; i < 2; ++i) {
    replies.emplace_back(w.env().next_id());
    w.command(company, agents[0], which, reply_to_contact{replies.back(), "\"text\":\"hi\""});
  }
  EXPECT_TRUE(shows(w, 2));
  world later{w.crash(), actor_settings{}, w.env().now()};
  EXPECT_EQ(later.connect(company, chat)->delivered.size(), 2u);
  EXPECT_TRUE(shows(later, 2));
  for (const auto reply : replies) later.report(company, chat, reply, message_status::sent);
  EXPECT_TRUE(shows(later, 0));
}

TEST_F(Routing, WhatAConnectorLeavesUnansweredGoesToTheOneThatIsLeft) {
  staff(1);
  const auto which = write("t", "1");
  const auto first = w.connect(company, chat);
  const auto second = w.connect(company, chat);
  const message_id reply{w.env().next_id()};
  w.command(company, agents[0], which, reply_to_contact{reply, "\"text\":\"hi\""});
  ASSERT_EQ(second->delivered.size(), 1u);
  EXPECT_EQ(first->delivered.size(), 0u);
  w.disconnect(company, chat);
  ASSERT_EQ(first->delivered.size(), 1u);
  EXPECT_EQ(first->delivered[0].message, reply);
  EXPECT_EQ(first->delivered[0].attempt, 2u);
}

TEST_F(Routing, AnotherAccountsConversationIsUnknown) {
  const auto which = write("t", "1");
  const auto other = w.found("other");
  const auto stranger = w.add_agent(other, "stranger");
  const auto done = w.command(other, stranger, which, set_status{conversation_status::closed});
  ASSERT_TRUE(std::holds_alternative<refusal>(done));
  EXPECT_EQ(std::get<refusal>(done).code, refusal_code::not_found);
}

TEST_F(Routing, S18_AFreeSeatIsNeverChosen) {
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
