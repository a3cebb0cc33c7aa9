#include "app/conformance/judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* channel = "chn_1";

/// A connector and its router in as few words as a story needs. Time passes only where it is said.
class story {
public:
  story() : judged(std::nullopt) {}
  explicit story(std::string token) : judged(std::move(token)) {}

  story& connects(std::uint32_t credit = 10, std::optional<std::string> told_offset = std::nullopt) {
    judged.opened(now);
    says(heard_hello{"t", "c/1"});
    judged.welcomed({credit, 8, {{channel, std::move(told_offset)}}}, now);
    seq = 0;
    return *this;
  }
  story& says(decltype(heard_frame::what) what) {
    judged.heard({std::move(what), {}}, 100, now);
    return *this;
  }
  static heard_message message(const std::string& id, std::uint64_t text = 1) {
    return {channel, id, "thread", "sender", {7, 7, text, 0, 0, 0, 0}};
  }
  story& publishes(const std::vector<std::string>& ids, std::optional<std::string> offset = std::nullopt) {
    heard_publish publish{++seq, std::move(offset), {}};
    for (const auto& id : ids) publish.messages.push_back(message(id));
    return says(std::move(publish));
  }
  story& keeps(std::set<std::string> not_taken = {}) {
    judged.kept(seq, keys(not_taken));
    return *this;
  }
  story& acknowledges(std::uint32_t credit = 1, std::set<std::string> not_taken = {}) {
    keeps(not_taken);
    judged.acknowledged(seq, credit, keys(not_taken), now);
    return *this;
  }
  story& delivers(const std::string& id) {
    judged.delivered(id, now);
    return *this;
  }
  story& answers(const std::string& id) { return says(heard_status{{id}}); }
  story& drains(run_time after) {
    judged.drained(after, now);
    return *this;
  }
  story& passes(run_time time) {
    now += time;
    judged.passed(now);
    return *this;
  }
  story& breaks() {
    judged.ended("the connection was killed", now);
    return *this;
  }
  std::vector<std::string> verdict() {
    judged.finished(now);
    std::vector<std::string> out;
    for (const auto& each : judged.findings()) out.push_back(each.sentence);
    return out;
  }

  judge judged;
  run_time now{0};
  std::uint64_t seq = 0;

private:
  static std::set<message_key> keys(const std::set<std::string>& ids) {
    std::set<message_key> out;
    for (const auto& id : ids) out.insert({channel, id});
    return out;
  }
};

constexpr run_time second{1'000};

TEST(Judge, AQuietConnectionIsNoFault) {
  story told;
  told.connects().publishes({"a", "b"}, "1").acknowledges(2).delivers("d").answers("d").passes(second);
  EXPECT_THAT(told.verdict(), IsEmpty());
  EXPECT_TRUE(told.judged.settled());
  EXPECT_EQ(told.judged.messages(), 2u);
  EXPECT_EQ(told.judged.answers(), 1u);
}

TEST(Judge, PublishingBeforeHelloAndBeforeTheWelcome) {
  story told;
  told.judged.opened(told.now);
  told.publishes({"a"}).says(heard_hello{"t", ""}).publishes({"b"});
  EXPECT_THAT(told.judged.findings(), SizeIs(2));
  EXPECT_THAT(told.judged.findings()[0].sentence, HasSubstr("published before hello"));
  EXPECT_THAT(told.judged.findings()[1].sentence, HasSubstr("published before the welcome"));
}

TEST(Judge, HelloComesOnceInTimeAndWithTheToken) {
  story twice("t");
  twice.connects().says(heard_hello{"other", ""}).publishes({"a"}).acknowledges();
  EXPECT_THAT(twice.verdict(), ElementsAre(HasSubstr("second hello")));
  story other("secret");
  other.connects().publishes({"a"}).acknowledges();
  EXPECT_THAT(other.verdict(), ElementsAre(HasSubstr("another token")));
  story late;
  late.judged.opened(late.now);
  late.passes(9 * second);
  EXPECT_THAT(late.judged.findings(), IsEmpty());
  late.passes(2 * second).passes(second);
  ASSERT_THAT(late.judged.findings(), SizeIs(1));
  EXPECT_EQ(late.judged.findings()[0].sentence, "sent no hello within 10 s");
}

TEST(Judge, MoreThanTheCredit) {
  story told;
  told.connects(3).publishes({"a", "b"}).publishes({"c", "d"}).acknowledges(4).publishes({"e", "f", "g"}).acknowledges(3);
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("published 2 messages over its credit, with 1 left")));
}

TEST(Judge, AnAcknowledgementGivesCreditBack) {
  story told;
  told.connects(2);
  for (char id = 'a'; id < 'm'; ++id) told.publishes({std::string(1, id)}).acknowledges();
  EXPECT_THAT(told.verdict(), IsEmpty());
}

TEST(Judge, MoreThanABatchMayHold) {
  story told;
  told.connects(20).publishes({"1", "2", "3", "4", "5", "6", "7", "8", "9"}).acknowledges(9);
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("published 9 messages in one frame; the welcome's max_batch is 8")));
}

TEST(Judge, SeqRisesWithinAConnectionAndBeginsAnewInTheNext) {
  story told;
  told.connects().publishes({"a"}).acknowledges();
  told.seq = 0;
  told.publishes({"b"}).acknowledges();
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("published seq 1 after seq 1")));
  story again;
  again.connects().publishes({"a"}).acknowledges().breaks().connects().publishes({"b"}).acknowledges();
  EXPECT_THAT(again.verdict(), IsEmpty());
}

TEST(Judge, AnIdStandsForOneMessage) {
  story told;
  told.connects().publishes({"a"}).breaks().connects();
  told.says(heard_publish{++told.seq, std::nullopt, {story::message("a", 2)}}).acknowledges();
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("sent the message \"a\" of chn_1 again with another text")));
}

TEST(Judge, WhatComesAsTheLastConnectionEndsIsNotLost) {
  story told;
  told.connects().publishes({"a", "b"}).breaks().connects().publishes({"b", "c"}).breaks();
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("lost the message \"a\" of chn_1")));
}

TEST(Judge, WhatWasNotAcknowledgedIsSentAgain) {
  story told;
  told.connects().publishes({"a", "b"}).breaks().connects().publishes({"b"}).acknowledges();
  EXPECT_FALSE(told.judged.settled());
  EXPECT_THAT(told.verdict(), ElementsAre("lost the message \"a\" of chn_1: it was not acknowledged when the connection was "
                                          "killed, and was never sent again"));
}

TEST(Judge, WhatWasDurableAndNotAcknowledgedIsLostToo_TheConnectorCannotKnow) {
  story told;
  told.connects().publishes({"a"}).keeps().breaks().connects();
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("lost the message \"a\"")));
}

TEST(Judge, AnOffsetOfTheWelcomeSaysWhatNeedNotBeSentAgain) {
  story told;
  told.connects().publishes({"a"}, "1").keeps().publishes({"b"}, "2").breaks().connects(10, "1").publishes({"b"}).acknowledges();
  EXPECT_THAT(told.verdict(), IsEmpty());
}

TEST(Judge, AnOffsetCoversNothingBehindIt) {
  story told;
  told.connects().publishes({"a"}, "1").keeps().publishes({"b"}, "2").breaks().connects(10, "1");
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("lost the message \"b\"")));
}

TEST(Judge, WhatWasNotTakenIsSentAgainInTheSameConnection) {
  story told;
  told.connects().publishes({"a", "b"}).acknowledges(2, {"b"}).publishes({"b"}).acknowledges();
  EXPECT_THAT(told.verdict(), IsEmpty());
  story lost;
  lost.connects().publishes({"a", "b"}).acknowledges(2, {"b"});
  EXPECT_THAT(lost.verdict(), ElementsAre(HasSubstr("rejected as unavailable")));
}

TEST(Judge, SendingAgainWithoutNeedWithinAConnection) {
  story hasty;
  hasty.connects().publishes({"a"}).publishes({"a"}).acknowledges(2);
  EXPECT_THAT(hasty.verdict(), ElementsAre(HasSubstr("again without need: it is still on its way")));
  story forgetful;
  forgetful.connects().publishes({"a"}).acknowledges().publishes({"a"}).acknowledges();
  EXPECT_THAT(forgetful.verdict(), ElementsAre(HasSubstr("again without need: it was acknowledged")));
}

TEST(Judge, SendingAgainWithoutNeedAfterAReconnect) {
  story told;
  told.connects().publishes({"a"}).acknowledges().passes(2 * second).breaks().connects().publishes({"a"}).acknowledges();
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("again without need: it was acknowledged")));
}

TEST(Judge, AnAcknowledgementJustBeforeTheEndMayHaveBeenMissed) {
  story told;
  told.connects().publishes({"a"}).acknowledges().breaks().connects().publishes({"a"}).acknowledges();
  EXPECT_THAT(told.verdict(), IsEmpty());
}

TEST(Judge, AnAnswerToADeliveryShowsThatWhatCameBeforeItWasRead) {
  story told;
  told.connects().publishes({"a"}).acknowledges().delivers("d").answers("d").breaks().connects().publishes({"a"}).acknowledges();
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("again without need: it was acknowledged")));
}

TEST(Judge, WhoResumesByOffsetsMayRepeatWhatCameAfterThem) {
  story told;
  told.connects().publishes({"a"}, "1").acknowledges().publishes({"b"}).acknowledges().passes(2 * second).breaks();
  told.connects(10, "1").publishes({"b"}, "2").acknowledges();
  EXPECT_THAT(told.verdict(), IsEmpty());
}

TEST(Judge, WhoResumesByOffsetsDoesNotRepeatWhatTheyCover) {
  story told;
  told.connects().publishes({"a"}, "1").acknowledges().passes(2 * second).breaks();
  told.connects(10, "1").publishes({"a"}, "1").acknowledges();
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("again without need: it was acknowledged")));
  story unread;
  unread.connects().publishes({"a"}, "1").acknowledges().breaks().connects(10, "1").publishes({"a"}, "1").acknowledges();
  EXPECT_THAT(unread.verdict(), IsEmpty());
}

TEST(Judge, WhoResumesInSmallerFramesRepeatsWhatAFrameBehindThemHadTaken) {
  story told;
  told.connects().publishes({"a", "b", "c"}, "3").acknowledges(3, {"a"}).passes(2 * second).breaks();
  told.connects().publishes({"a", "b"}, "2").acknowledges(2).passes(2 * second).breaks();
  told.connects(10, "2").publishes({"c"}, "3").acknowledges();
  EXPECT_THAT(told.verdict(), IsEmpty());
  told.passes(2 * second).breaks().connects(10, "3").publishes({"c"}, "3").acknowledges();
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("again without need: it was acknowledged")));
}

TEST(Judge, PublishingWhenTheDrainIsOver) {
  story told;
  told.connects().drains(second).passes(second).publishes({"a"}).acknowledges().passes(second).publishes({"b"}).acknowledges();
  EXPECT_THAT(told.verdict(), ElementsAre("ignored the drain: published 1000 ms after the router had stopped to read"));
}

TEST(Judge, ADeliveryWithoutAnAnswer) {
  story told;
  told.connects().publishes({"a"}).acknowledges().delivers("d").passes(4 * second);
  EXPECT_THAT(told.judged.findings(), IsEmpty());
  told.passes(2 * second).passes(second);
  EXPECT_THAT(told.verdict(), ElementsAre("did not answer the delivery d: no status within 5 s"));
}

TEST(Judge, ADeliveryThatComesAgainIsAnsweredAgain) {
  story told;
  told.connects().publishes({"a"}).acknowledges().delivers("d").breaks().connects().delivers("d").answers("d").breaks();
  told.connects().delivers("d").passes(6 * second);
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("did not answer the delivery d")));
}

TEST(Judge, AStatusOfSomethingThatWasNeverDelivered) {
  story told;
  told.connects().publishes({"a"}).acknowledges().answers("x");
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("status of x, which was never delivered")));
}

TEST(Judge, StayingAway) {
  story told;
  told.connects().publishes({"a"}).acknowledges().breaks().passes(14 * second);
  EXPECT_THAT(told.judged.findings(), IsEmpty());
  told.passes(2 * second).passes(second);
  EXPECT_THAT(told.verdict(), ElementsAre("did not come back within 15 s after the connection was killed"));
}

TEST(Judge, ComingBackWithoutAPause) {
  story hurried, patient;
  for (int i = 0; i < 12; ++i) {
    hurried.connects().breaks().passes(run_time(20));
    patient.connects().breaks().passes(run_time(150));
  }
  hurried.connects().publishes({"a"}).acknowledges();
  patient.connects().publishes({"a"}).acknowledges();
  EXPECT_THAT(hurried.verdict(), ElementsAre(HasSubstr("connected 10 times within a second")));
  EXPECT_THAT(patient.verdict(), IsEmpty());
}

TEST(Judge, WhoPublishesNothingCannotBeJudged) {
  story told;
  told.connects().passes(second);
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("published no message")));
}

TEST(Judge, OfAKindSomeAreSaidAndAllAreCounted) {
  story told;
  told.connects(1).publishes({"a"});
  for (int i = 0; i < 9; ++i) told.publishes({"m" + std::to_string(i)});
  told.acknowledges(10);
  EXPECT_THAT(told.verdict(), SizeIs(3));
  EXPECT_EQ(told.judged.counted().at(fault_kind::over_credit), 9u);
}

TEST(Judge, WhatIsWrongWithAFrameIsSaid) {
  story told;
  told.connects().publishes({"a"}).acknowledges();
  told.judged.heard({heard_noise{}, {"sent a frame that is not JSON"}}, 3, told.now);
  told.judged.heard({heard_noise{}, {}}, (1 << 20) + 1, told.now);
  told.judged.heard_binary(told.now);
  EXPECT_THAT(told.verdict(), ElementsAre(HasSubstr("not JSON"), HasSubstr("1048577 bytes"), HasSubstr("binary")));
}

}  // namespace
}  // namespace signalbox
