// Messages in: which conversation each belongs to, once and only once.
#include "tests/actors/office.hpp"

namespace signalbox {
namespace {

using Routing = office;

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

}  // namespace
}  // namespace signalbox
