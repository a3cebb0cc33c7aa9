#include "app/replay/conductor.hpp"

#include <gtest/gtest.h>

#include <map>

namespace signalbox {
namespace {

constexpr auto contact = speaker::contact;
constexpr auto agent = speaker::agent;

steady_time at(int ms) { return steady_time{} + std::chrono::milliseconds(ms); }

/// The whole world in the order in which a faithful server would let it happen, each step by hand.
class ConductorTest : public testing::Test {
protected:
  std::vector<dialogue> script{
      {"d", {}, {{contact, "one"}, {contact, "two"}, {agent, "three"}, {contact, "four"}, {agent, "five"}}}};

  static std::vector<cue> all_cues(conductor& of, int ms = 0) {
    std::vector<cue> out;
    while (const auto next = of.take_cue(at(ms))) out.push_back(*next);
    return out;
  }
  static void expect_cue(const cue& given, cue_kind kind, std::size_t turn) {
    EXPECT_EQ(given.kind, kind);
    EXPECT_EQ(given.turn, turn);
  }
};

TEST_F(ConductorTest, EachSpeaksWhenTheOtherWasHeard) {
  conductor led(script, 1);
  auto cues = all_cues(led);
  ASSERT_EQ(cues.size(), 2u);  // consecutive turns of the contact go straight out
  expect_cue(cues[0], cue_kind::contact_speaks, 0);
  expect_cue(cues[1], cue_kind::contact_speaks, 1);
  led.message_answered(0, 0, message_fate::accepted, at(1));
  led.message_answered(0, 1, message_fate::accepted, at(1));

  led.assignment_came(4, "cnv_1", "d", "msg_1", "one", at(2));
  EXPECT_TRUE(all_cues(led).empty()) << "the second message wasn't heard yet";
  led.message_came(4, "cnv_1", "msg_2", "two", at(3));
  cues = all_cues(led);
  ASSERT_EQ(cues.size(), 1u);
  expect_cue(cues[0], cue_kind::agent_speaks, 2);
  EXPECT_EQ(cues[0].agent, 4u);

  led.reply_accepted(0);
  EXPECT_TRUE(all_cues(led).empty()) << "the contact hasn't got the reply yet";
  led.delivery_came("d", "msg_3", "three");
  cues = all_cues(led, 10);
  ASSERT_EQ(cues.size(), 1u);
  expect_cue(cues[0], cue_kind::contact_speaks, 3);

  led.message_answered(0, 3, message_fate::accepted, at(11));
  led.message_came(4, "cnv_1", "msg_4", "four", at(12));
  cues = all_cues(led);
  ASSERT_EQ(cues.size(), 1u);
  expect_cue(cues[0], cue_kind::agent_speaks, 4);
  led.delivery_came("d", "msg_5", "five");  // a delivery may be quicker than the reply's result
  led.reply_accepted(0);
  cues = all_cues(led);
  ASSERT_EQ(cues.size(), 1u);
  expect_cue(cues[0], cue_kind::agent_closes, 0);
  EXPECT_FALSE(led.finished());
  led.close_accepted(0);
  EXPECT_TRUE(led.finished());

  const auto counted = led.at_end();
  EXPECT_TRUE(counted.flawless());
  EXPECT_EQ(counted.messages, 3u);
  EXPECT_EQ(counted.received, 3u);
  EXPECT_EQ(counted.conversations, 1u);
  EXPECT_EQ(counted.replies, 2u);
  EXPECT_EQ(counted.deliveries, 2u);
  EXPECT_EQ(counted.to_agent_us, (std::vector<std::uint32_t>{2000, 3000, 2000}));
  EXPECT_EQ(counted.to_ack_us, (std::vector<std::uint32_t>{1000, 1000, 1000}));
}

TEST_F(ConductorTest, AnAssignmentStandsForTheMessagesBeforeItsNewest) {
  conductor led(script, 1);
  all_cues(led);
  led.assignment_came(0, "cnv_1", "d", "msg_2", "two", at(5));
  EXPECT_EQ(led.so_far().received, 2u);
  EXPECT_EQ(all_cues(led).size(), 1u);
}

TEST_F(ConductorTest, AMessageTwiceIsDoubled) {
  conductor led(script, 1);
  all_cues(led);
  led.assignment_came(0, "cnv_1", "d", "msg_1", "one", at(1));
  led.message_came(0, "cnv_1", "msg_1", "one", at(2));
  EXPECT_EQ(led.so_far().doubled, 1u);
  led.message_came(0, "cnv_1", "msg_9", "one", at(2));  // kept twice, under another id
  EXPECT_EQ(led.so_far().doubled, 2u);
}

TEST_F(ConductorTest, AMessageThatWasSkippedIsLost) {
  script = {{"d", {}, {{contact, "one"}, {contact, "two"}, {contact, "three"}}}};
  conductor led(script, 1);
  all_cues(led);
  led.assignment_came(0, "cnv_1", "d", "msg_1", "one", at(1));
  led.message_came(0, "cnv_1", "msg_3", "three", at(2));
  EXPECT_EQ(led.so_far().lost, 1u);
}

TEST_F(ConductorTest, AcknowledgedAndNeverSeenIsLost) {
  conductor led(script, 1);
  all_cues(led);
  led.message_answered(0, 0, message_fate::accepted, at(1));
  const auto counted = led.at_end();
  EXPECT_EQ(counted.lost, 1u) << "the other message was never acknowledged, so nothing was promised";
  EXPECT_EQ(counted.unfinished, 1u);
}

TEST_F(ConductorTest, AnAcceptedReplyThatIsNeverDeliveredIsLost) {
  conductor led(script, 1);
  all_cues(led);
  led.assignment_came(0, "cnv_1", "d", "msg_2", "two", at(1));
  all_cues(led);
  led.reply_accepted(0);
  EXPECT_EQ(led.at_end().lost, 1u);
}

TEST_F(ConductorTest, ADeliveryAgainIsNoFaultButASecondReplyIs) {
  conductor led(script, 1);
  all_cues(led);
  led.assignment_came(0, "cnv_1", "d", "msg_2", "two", at(1));
  all_cues(led);
  led.delivery_came("d", "msg_3", "three");
  led.delivery_came("d", "msg_3", "three");
  EXPECT_EQ(led.so_far().doubled, 0u);
  EXPECT_EQ(led.so_far().deliveries, 1u);
  led.delivery_came("d", "msg_4", "three");
  EXPECT_EQ(led.so_far().doubled, 1u);
}

TEST_F(ConductorTest, ADuplicateCountsOnceAsAcknowledged) {
  conductor led(script, 1);
  all_cues(led);
  led.message_answered(0, 0, message_fate::duplicate, at(1));
  led.message_answered(0, 0, message_fate::duplicate, at(2));
  EXPECT_EQ(led.so_far().acknowledged, 1u);
  EXPECT_EQ(led.so_far().duplicates, 2u);
}

TEST_F(ConductorTest, ARefusalEndsTheDialogueAndIsAFlaw) {
  conductor led(script, 1);
  all_cues(led);
  led.message_answered(0, 0, message_fate::refused, at(1));
  EXPECT_TRUE(led.finished());
  EXPECT_FALSE(led.at_end().flawless());
}

TEST_F(ConductorTest, AWithdrawnAssignmentGoesOnWithTheNextAgent) {
  conductor led(script, 1);
  all_cues(led);
  led.assignment_came(1, "cnv_1", "d", "msg_2", "two", at(1));
  led.assignment_went(1, "cnv_1");
  EXPECT_TRUE(all_cues(led).empty()) << "the reply waits for somebody";
  led.assignment_came(2, "cnv_1", "d", "msg_2", "two", at(2));
  const auto cues = all_cues(led);
  ASSERT_EQ(cues.size(), 1u);
  EXPECT_EQ(cues[0].agent, 2u);
  EXPECT_EQ(led.so_far().doubled, 0u);
  EXPECT_EQ(led.so_far().assigned, 2u);
  EXPECT_EQ(led.so_far().conversations, 1u);
}

TEST_F(ConductorTest, OneThreadInTwoConversationsIsDoubled) {
  conductor led(script, 1);
  all_cues(led);
  led.assignment_came(1, "cnv_1", "d", "msg_2", "two", at(1));
  led.assignment_came(1, "cnv_2", "d", "msg_2", "two", at(1));
  EXPECT_EQ(led.so_far().doubled, 1u);
}

TEST_F(ConductorTest, OnlySoManyDialoguesAreUnderWayAtOnce) {
  script = {{"a", {}, {{contact, "x"}}}, {"b", {}, {{contact, "x"}}}, {"c", {}, {{contact, "x"}}}};
  conductor led(script, 2);
  EXPECT_EQ(all_cues(led).size(), 2u);
  led.message_answered(0, 0, message_fate::accepted, at(1));
  led.assignment_came(0, "cnv_a", "a", "msg_a", "x", at(1));
  ASSERT_EQ(all_cues(led).size(), 1u);  // the closing
  led.close_accepted(0);
  const auto cues = all_cues(led);
  ASSERT_EQ(cues.size(), 1u);
  EXPECT_EQ(cues[0].dialogue, 2u);
  EXPECT_EQ(led.at_end().unfinished, 2u);
}

TEST_F(ConductorTest, EqualTextsInARowAreDifferentMessages) {
  script = {{"d", {}, {{contact, "yes"}, {contact, "yes"}}}};
  conductor led(script, 1);
  all_cues(led);
  led.assignment_came(0, "cnv_1", "d", "msg_1", "yes", at(1));
  led.message_came(0, "cnv_1", "msg_2", "yes", at(2));
  EXPECT_EQ(led.so_far().received, 2u);
  EXPECT_EQ(led.so_far().doubled, 0u);
  led.message_came(0, "cnv_1", "msg_3", "yes", at(2));
  EXPECT_EQ(led.so_far().doubled, 1u);
}

}  // namespace
}  // namespace signalbox
