#include <caf/send.hpp>

#include "tests/actors/hours_fixture.hpp"

namespace signalbox {
namespace {

using why = presence_reason;

struct Hours : at_work {
  user_id ann = add("ann");
};

TEST_F(Hours, A27_WhatWaitsGoesToWhoseHoursBegin) {
  w().rule(company, chat, {ann});
  const auto socket = w().attach(company, ann);
  pass_to("2026-02-27T18:00");
  EXPECT_EQ(now(ann), (availability{presence::away, why::hours, at("2026-03-02T09:00")}));
  const auto which = write("t");
  EXPECT_TRUE(waits(which));
  EXPECT_EQ(why_waiting(which)->excluded, (std::map<exclusion, std::uint32_t>{{exclusion::away, 1}}));
  w().pass(at("2026-03-02T09:00") - w().env().now() - milliseconds{1});
  EXPECT_TRUE(waits(which));
  pass_to("2026-03-02T09:00");
  moment();
  EXPECT_EQ(assignee_of(which), ann);
  EXPECT_EQ(now(ann), (availability{presence::available, why::hours, at("2026-03-02T17:00")}));
  std::vector<why> told;
  for (const auto& one : socket->seen)
    if (one.what.kind == event_kind::availability) told.push_back(one.what.availability_now.reason);
  EXPECT_EQ(told, (std::vector{why::hours, why::hours})) << "away at five, available at nine";
}

TEST_F(Hours, A32_GoingAwayByHoursUnassignsNothing) {
  w().rule(company, chat, {ann});
  const auto which = write("t");
  ASSERT_EQ(assignee_of(which), ann);
  pass_to("2026-02-27T18:00");
  EXPECT_EQ(now(ann).status, presence::away);
  EXPECT_EQ(assignee_of(which), ann);
  EXPECT_TRUE(waits(write("u")));
}

TEST_F(Hours, A27_HoursBeginByTheWallClockAfterDaylightSaving) {
  const auto bea = add("bea", "Europe/Berlin");
  pass_to("2026-03-29T12:00");
  EXPECT_EQ(now(bea), (availability{presence::away, why::hours, at("2026-03-30T07:00")}));
  pass_to("2026-03-30T07:00");
  EXPECT_EQ(now(bea).status, presence::available);
  EXPECT_EQ(now(ann).status, presence::away);
}

TEST_F(Hours, A27_AChangeOfHoursCountsAtOnceAndWakesTheInbox) {
  w().rule(company, chat, {ann});
  pass_to("2026-02-27T18:00");
  const auto which = write("t");
  works(ann, {{4, 9 * 60, 20 * 60}});
  moment();
  EXPECT_EQ(assignee_of(which), ann);
  works(ann, {});
  EXPECT_EQ(now(ann), (availability{presence::available, why::manual, std::nullopt}));
}

TEST_F(Hours, A28_OutOfOfficeBeginsAndEndsByItself) {
  w().rule(company, chat, {ann});
  out_of_office(ann, {{at("2026-02-27T11:00"), at("2026-02-27T13:00"), "dentist"}});
  EXPECT_EQ(now(ann), (availability{presence::available, why::manual, at("2026-02-27T11:00")}));
  pass_to("2026-02-27T11:00");
  EXPECT_EQ(now(ann), (availability{presence::away, why::out_of_office, at("2026-02-27T13:00")}));
  const auto which = write("t");
  EXPECT_TRUE(waits(which));
  pass_to("2026-02-27T13:00");
  moment();
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Hours, A28_TakingTheSpanAwayBringsThemBackAtOnce) {
  w().rule(company, chat, {ann});
  out_of_office(ann, {{at("2026-02-27T10:00"), at("2026-03-13T13:00"), std::nullopt}});
  w().pass(milliseconds{1});
  const auto socket = w().attach(company, ann);
  EXPECT_EQ(socket->greeting->availability.status, presence::available) << "they said so as it began";
  w().set(company, ann, presence::away);
  const auto which = write("t");
  pass_to("2026-02-27T17:00");
  EXPECT_EQ(now(ann).reason, why::out_of_office);
  pass_to("2026-03-02T10:00");
  out_of_office(ann, {});
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Hours, A29_WhoManagesAvailabilitySetsOthersStatusUntilTheNextBoundary) {
  const auto lead = w().add_agent(company, "lead");
  const auto say = [&](presence status) {
    std::optional<outcome<availability>> said;
    principal by;
    by.account = company;
    by.user = lead;
    caf::anon_send(*w().actors().agent(company, ann),
                   set_availability{by, status, std::nullopt, make_answer<availability>([&](auto what) { said = what; })});
    w().run();
    return said.value();
  };
  EXPECT_EQ(std::get<refusal>(say(presence::away)).code, refusal_code::access_denied);
  update_user lifted;
  lifted.user = lead;
  lifted.fields.permissions = permissions{.availability_management = true};
  (void)w().change(company, lifted);
  EXPECT_EQ(std::get<availability>(say(presence::away)), (availability{presence::away, why::manual, at("2026-02-27T17:00")}));
  pass_to("2026-02-27T20:00");
  EXPECT_EQ(std::get<availability>(say(presence::available)),
            (availability{presence::available, why::manual, at("2026-03-02T09:00")}));
  pass_to("2026-03-02T09:00");
  EXPECT_EQ(now(ann), (availability{presence::available, why::hours, at("2026-03-02T17:00")}));
}

TEST_F(Hours, ANewUserWithHoursIsAwayUntilTheySayOtherwise) {
  const auto fresh = w().add_agent(company, "fresh");
  works(fresh, nine_to_five());
  EXPECT_EQ(now(fresh), (availability{presence::away, why::manual, std::nullopt}));
  pass_to("2026-03-02T10:00");
  EXPECT_EQ(now(fresh).status, presence::away);
  w().set(company, fresh, presence::available);
  pass_to("2026-03-03T10:00");
  EXPECT_EQ(now(fresh), (availability{presence::available, why::hours, at("2026-03-03T17:00")}));
}

TEST_F(Hours, A31_OneStatusIsForAllInboxes) {
  const auto second = std::get<inbox_id>(std::get<touched>(w().change(company, create_inbox{"second", {}})));
  const auto other = w().add_channel(company, second, "other");
  w().rule(company, chat, {ann});
  w().rule(company, other, {ann});
  w().set(company, ann, presence::away);
  const auto here = write("t");
  const auto frame = w().publish(company, other, {{"t", "1"}});
  w().run();
  const auto there = frame->results[0].conversation.value();
  EXPECT_TRUE(waits(here));
  EXPECT_TRUE(waits(there));
  w().set(company, ann, presence::available);
  EXPECT_EQ(assignee_of(here), ann);
  EXPECT_EQ(assignee_of(there), ann);
}

TEST_F(Hours, ARestartFindsTheStatusThatTheTimeSays) {
  w().rule(company, chat, {ann});
  pass_to("2026-02-27T18:00");
  const auto which = write("t");
  all = std::make_unique<world>(w().crash(), settings(), at("2026-03-02T08:59"));
  EXPECT_EQ(now(ann), (availability{presence::away, why::hours, at("2026-03-02T09:00")}));
  EXPECT_TRUE(waits(which));
  pass_to("2026-03-02T09:00");
  moment();
  EXPECT_EQ(assignee_of(which), ann);
  all = std::make_unique<world>(w().crash(), settings(), at("2026-03-02T18:00"));
  EXPECT_EQ(now(ann).reason, why::hours);
}

TEST_F(Hours, AClockThatIsSetForwardLosesNoBoundary) {
  w().rule(company, chat, {ann});
  pass_to("2026-03-02T06:00");
  const auto which = write("t");
  w().set_clock(at("2026-03-02T09:30"));
  w().pass(std::chrono::seconds{1});
  moment();
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Hours, AClockThatStepsBackALittleRepeatsNoBoundary) {
  const auto socket = w().attach(company, ann);
  pass_to("2026-03-02T09:00");
  const auto told = socket->count(event_kind::availability);
  w().set_clock(at("2026-03-02T09:00") - std::chrono::seconds{30});
  w().pass(std::chrono::seconds{1});
  EXPECT_EQ(now(ann).status, presence::available);
  w().pass(std::chrono::minutes{2});
  EXPECT_EQ(now(ann).status, presence::available);
  EXPECT_EQ(socket->count(event_kind::availability), told);
}

TEST_F(Hours, AClockThatIsPutRightBackwardsIsBelieved) {
  pass_to("2026-03-02T09:00");
  w().set_clock(at("2026-03-02T07:00"));
  w().pass(std::chrono::seconds{1});
  EXPECT_EQ(now(ann), (availability{presence::away, why::hours, at("2026-03-02T09:00")}));
  pass_to("2026-03-02T09:00");
  EXPECT_EQ(now(ann).status, presence::available);
}

struct Crowd : at_work {};

TEST_F(Crowd, A27_TwoThousandWhoBeginAtNineAreFewPassesOfTheQueueAndAFairOne) {
  constexpr std::size_t count = 2'000;
  std::vector<user_id> crowd;
  for (std::size_t i = 0; i < count; ++i) {
    create_user wanted;
    wanted.fields.first_name = "agent";
    wanted.fields.last_name = "Agent";
    wanted.fields.email = "agent" + std::to_string(i) + "@agents.example";
    wanted.fields.seat = seat::paid;
    wanted.fields.working_hours = nine_to_five();
    crowd.push_back(std::get<user_id>(std::get<touched>(w().change(company, wanted))));
  }
  for (const auto who : crowd) w().set(company, who, presence::available);
  w().rule(company, chat, crowd);
  pass_to("2026-03-02T06:00");
  for (std::size_t frame = 0; frame < 4; ++frame) {
    std::vector<written> messages;
    for (std::size_t i = 0; i < count / 4; ++i) {
      const auto name = std::to_string(frame) + "-" + std::to_string(i);
      messages.push_back({name, name});
    }
    w().publish(company, chat, messages);
    w().run();
  }
  ASSERT_EQ(metric("signalbox_conversations_waiting"), count);
  const auto passes = metric("signalbox_queue_passes_total");
  pass_to("2026-03-02T09:00");
  EXPECT_EQ(metric("signalbox_queue_passes_total"), passes) << "they are gathered first";
  moment();
  EXPECT_EQ(metric("signalbox_conversations_waiting"), 0);
  EXPECT_EQ(metric("signalbox_queue_passes_total"), passes + 16) << "one pass, in pieces of 128";
  std::map<user_id, int> got;
  for (const auto& one : w().log(company))
    if (const auto* who = std::get_if<user_id>(&one.to); who && one.kind == event_kind::assignment) ++got[*who];
  EXPECT_EQ(got.size(), count);
  for (const auto& [who, n] : got) ASSERT_EQ(n, 1);
  EXPECT_EQ(w().watch.oldest_seconds(w().env().now_ns()), 0);
}

}  // namespace
}  // namespace signalbox
