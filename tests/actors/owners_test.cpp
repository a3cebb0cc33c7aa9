// Assignment to the contact's owner.
#include <gtest/gtest.h>

#include <caf/send.hpp>

#include "actors/conversation_reader.hpp"
#include "actors/notice_reader.hpp"
#include "storage/keys.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

struct Owners : testing::Test {
  Owners() {
    company = w->found("acme");
    inbox = w->default_inbox(company);
    chat = w->add_channel(company, inbox, "chat");
    ann = w->add_agent(company, "ann", 2);
    bob = w->add_agent(company, "bob");
    for (const auto who : {ann, bob}) sockets.push_back(w->attach(company, who));
    w->set(company, bob, presence::available);
    rule();
    cleo = add_contact("cookie", ann);
  }

  void rule(std::function<void(assignment_rule&)> but = {}) {
    w->rule(company, chat, {}, [&](assignment_rule& one) {
      one.assign_to = assign_to::contact_owner;
      one.fallback.users = {bob};
      if (but) but(one);
    });
  }
  contact_id add_contact(const std::string& cookie, std::optional<user_id> owner) {
    auto made = w->change_contact(company, *w->admin(company).user, create_contact{{"Cleo", {}, {}, cookie, owner}});
    if (auto* no = std::get_if<refusal>(&made)) ADD_FAILURE() << no->detail;
    return std::get<contact>(made).id;
  }
  void change(contact_change what) {
    auto made = w->change_contact(company, *w->admin(company).user, std::move(what));
    if (auto* no = std::get_if<refusal>(&made)) ADD_FAILURE() << no->detail;
  }
  void give(contact_id which, std::optional<user_id> owner) { change(update_contact{which, {{}, {}, {}, {}, owner}, {}}); }
  void available(user_id who, bool on = true) { w->set(company, who, on ? presence::available : presence::away); }

  conversation_id write(const std::string& thread, const std::string& cookie = "cookie") {
    const auto frame =
        w->publish(company, chat, {{thread, "m" + std::to_string(++sent), "hello", "v" + thread, "", "", "", cookie}});
    w->run();
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return *frame->results[0].conversation;
  }
  std::optional<user_id> assignee_of(conversation_id which) { return w->stored(company, which)->assigned_user(); }
  bool waits(conversation_id which) { return w->stored(company, which)->waiting_since.has_value(); }
  decision why(conversation_id which) {
    const auto all = [&] {
      caf::anon_send(*w->actors().inbox(company, inbox), prepare_read{which, [] {}});
      w->run();
      return read_decisions(*w->disk, company, which);
    }();
    return all.empty() ? decision{} : all.back().why;
  }
  std::vector<notice> notices() { return list_notices(*w->disk, company, 100, {}).items; }
  void start_again() {
    sockets.clear();
    w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now());
    for (const auto who : {ann, bob}) sockets.push_back(w->attach(company, who));
  }

  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company;
  inbox_id inbox;
  channel_id chat;
  user_id ann, bob;
  contact_id cleo;
  std::vector<std::shared_ptr<noted_socket>> sockets;
  int sent = 0;
};

TEST_F(Owners, S52_AnAvailableOwnerGetsIt) {
  available(ann);
  const auto which = write("t");
  EXPECT_EQ(assignee_of(which), ann);
  EXPECT_TRUE(w->stored(company, which)->automatic);
  EXPECT_EQ(sockets[0]->assigned(), std::vector{which});
  EXPECT_TRUE(sockets[1]->assigned().empty());
  const auto said = why(which);
  EXPECT_EQ(said.owner_step, owner_step::chosen);
  EXPECT_EQ(said.owner, ann);
  EXPECT_EQ(said.chosen, ann);
  EXPECT_EQ(said.result, decision_result::assigned);
  EXPECT_TRUE(notices().empty());
}

TEST_F(Owners, A25_OutsideBusinessHoursItWaitsForTheOwnerAndNobodyIsTold) {
  available(ann);
  update_channel hours{chat, {}, {}, {}};
  hours.business_hours = timetable{"UTC", {{3, 60, 120}}, {}};  // the world begins on a Thursday at midnight
  ASSERT_TRUE(std::holds_alternative<touched>(w->change(company, hours)));
  const auto which = write("t");
  EXPECT_TRUE(waits(which));
  const auto said = why(which);
  EXPECT_EQ(said.owner_step, owner_step::closed);
  EXPECT_EQ(said.excluded, (std::map<exclusion, std::uint32_t>{{exclusion::business_hours, 1}}));
  EXPECT_TRUE(notices().empty());
  w->pass(std::chrono::hours{1});
  w->pass(milliseconds{20});
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Owners, S53_WithoutAnOwnerTheFallbackPeopleGetIt) {
  available(ann);
  give(cleo, std::nullopt);
  const auto which = write("t");
  EXPECT_EQ(assignee_of(which), bob);
  EXPECT_EQ(why(which).owner_step, owner_step::no_owner);
  EXPECT_EQ(assignee_of(write("t2", "a stranger's")), bob);
}

TEST_F(Owners, S53_WithoutFallbackPeopleItStaysUnassigned) {
  rule([](assignment_rule& one) { one.fallback = {}; });
  const auto which = write("t", "a stranger's");
  EXPECT_EQ(assignee_of(which), std::nullopt);
  EXPECT_EQ(why(which).owner_step, owner_step::no_owner);
  EXPECT_TRUE(notices().empty());
}

TEST_F(Owners, S54_WithoutACookieTheFallbackPeopleGetIt) {
  available(ann);
  change(update_contact{cleo, {{}, "cleo@example.com", {}, ""}, {}});
  const auto frame = w->publish(company, chat, {{"t", "1", "hello", "v", "", "Cleo@Example.com"}});
  w->run();
  const auto which = *frame->results[0].conversation;
  EXPECT_EQ(w->stored(company, which)->contact, cleo);
  EXPECT_EQ(assignee_of(which), bob);
  EXPECT_EQ(why(which).owner_step, owner_step::no_cookie);
}

TEST_F(Owners, S54_TheCookieOfTheMessageItselfMakesTheContactTracked) {
  available(ann);
  change(update_contact{cleo, {{}, "cleo@example.com", {}, ""}, {}});
  const auto frame = w->publish(company, chat, {{"t", "1", "hello", "v", "", "cleo@example.com", "", "new cookie"}});
  w->run();
  EXPECT_EQ(assignee_of(*frame->results[0].conversation), ann);
}

TEST_F(Owners, S52_WhoWaitsGoesToTheOwnerWhenACookieIsLearnedByALaterMessage) {
  available(ann);
  available(bob, false);
  change(update_contact{cleo, {{}, "cleo@example.com", {}, ""}, {}});
  const auto early = w->publish(company, chat, {{"t", "1", "hello", "v", "", "cleo@example.com"}});
  w->run();
  const auto which = *early->results[0].conversation;
  ASSERT_TRUE(waits(which)) << "for the fallback people: there is no cookie";
  const auto late = w->publish(company, chat, {{"t2", "2", "hello", "v", "", "cleo@example.com", "", "new cookie"}});
  w->run();
  w->pass(milliseconds{20});
  EXPECT_EQ(assignee_of(*late->results[0].conversation), ann);
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Owners, S55_AnOfflineOwnerIsToldByEmailAndWaitedFor) {
  const auto which = write("t");
  EXPECT_EQ(assignee_of(which), std::nullopt) << "bob is free, but it isn't his";
  EXPECT_TRUE(waits(which));
  const auto told = notices();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].to, ann);
  EXPECT_EQ(told[0].conversation, which);
  EXPECT_EQ(told[0].channel, chat);
  EXPECT_EQ(told[0].reason, notice_reason::owner_offline);
  for (const auto& one : w->log(company))
    if (one.kind == event_kind::message) {
      EXPECT_EQ(told[0].message, one.message);
    }
  const auto said = why(which);
  EXPECT_EQ(said.owner_step, owner_step::offline);
  EXPECT_EQ(said.result, decision_result::waiting);
  EXPECT_EQ(said.excluded.at(exclusion::away), 1u);
  // Bob coming and going moves nothing; Ann does.
  available(bob, false);
  available(bob);
  EXPECT_EQ(assignee_of(which), std::nullopt);
  available(ann);
  EXPECT_EQ(assignee_of(which), ann);
  EXPECT_FALSE(waits(which));
  EXPECT_EQ(notices().size(), 1u);
  EXPECT_EQ(w->watch.oldest_seconds(w->env().now_ns()), 0.0);
}

TEST_F(Owners, S55_WithoutAQueueItStaysUnassigned) {
  rule([](assignment_rule& one) { one.queue = false; });
  const auto which = write("t");
  available(ann);
  EXPECT_EQ(assignee_of(which), std::nullopt);
  EXPECT_FALSE(waits(which));
  EXPECT_EQ(why(which).result, decision_result::unassigned);
  EXPECT_EQ(notices().size(), 1u);
}

TEST_F(Owners, S55_S59_WithAvailabilityIgnoredAnOfflineOwnerGetsItAndIsTold) {
  rule([](assignment_rule& one) { one.only_available = false; });
  const auto which = write("t");
  EXPECT_EQ(assignee_of(which), ann);
  ASSERT_EQ(notices().size(), 1u);
  EXPECT_EQ(notices()[0].to, ann);
  available(ann);
  EXPECT_EQ(assignee_of(write("t2")), ann);
  EXPECT_EQ(notices().size(), 1u) << "who is there is told by the socket";
}

TEST_F(Owners, S56_AnOwnerWithAFreeSeatLeavesItToTheFallbackPeople) {
  available(ann);
  update_user change;
  change.user = ann;
  change.fields.seat = seat::free;
  w->change(company, change);
  const auto which = write("t");
  EXPECT_EQ(assignee_of(which), bob);
  EXPECT_EQ(why(which).owner_step, owner_step::not_assignable);
  EXPECT_TRUE(notices().empty());
}

TEST_F(Owners, S56_AnOwnerWithoutAccessLeavesItToTheFallbackPeople) {
  available(ann);
  set_access closed;
  closed.inbox = inbox;
  closed.access = {access_mode::specific, {bob}, {}, 1};
  w->change(company, closed);
  EXPECT_EQ(assignee_of(write("t")), bob);
}

TEST_F(Owners, A33_AnOwnerAtCapacityIsWaitedForAndNotOvershot) {
  available(ann);
  std::vector<written> all;
  for (int i = 0; i < 5; ++i)
    all.push_back({"t" + std::to_string(i), "m" + std::to_string(i), "hello", "v", "", "", "", "cookie"});
  const auto frame = w->publish(company, chat, all);
  w->run();
  std::vector<conversation_id> hers;
  std::vector<conversation_id> waiting;
  for (const auto& one : frame->results) (assignee_of(*one.conversation) ? hers : waiting).push_back(*one.conversation);
  ASSERT_EQ(hers.size(), 2u);
  EXPECT_EQ(waiting.size(), 3u);
  EXPECT_EQ(why(waiting[0]).owner_step, owner_step::at_capacity);
  EXPECT_TRUE(notices().empty()) << "she is there";
  w->acknowledge(company, ann, sockets[0]);
  w->command(company, ann, hers[0], set_status{conversation_status::closed});
  EXPECT_EQ(assignee_of(waiting[0]), ann) << "the oldest";
  EXPECT_EQ(assignee_of(waiting[1]), std::nullopt);
}

TEST_F(Owners, WhoeverWaitsMovesWhenTheirContactGetsAnotherOwner) {
  const auto which = write("t");
  give(cleo, bob);
  EXPECT_EQ(assignee_of(which), bob);
  available(bob, false);
  rule([](assignment_rule& one) { one.fallback = {}; });
  const auto nobodys = write("t2", "a stranger's");
  ASSERT_TRUE(waits(nobodys));
  available(ann);
  give(w->stored(company, nobodys)->contact, ann);
  EXPECT_EQ(assignee_of(nobodys), ann);
}

TEST_F(Owners, WhoeverWaitsMovesToTheFallbackPeopleWhenTheOwnerLosesTheSeat) {
  const auto which = write("t");
  ASSERT_TRUE(waits(which));
  update_user change;
  change.user = ann;
  change.fields.seat = seat::free;
  w->change(company, change);
  EXPECT_EQ(assignee_of(which), bob);
}

TEST_F(Owners, WhoeverWaitsMovesWhenTheRuleChanges) {
  const auto which = write("t");
  ASSERT_TRUE(waits(which));
  w->rule(company, chat, {bob});
  EXPECT_EQ(assignee_of(which), bob);
  available(bob, false);
  const auto for_anybody = write("t2");
  ASSERT_TRUE(waits(for_anybody));
  rule();
  available(ann);
  EXPECT_EQ(assignee_of(for_anybody), ann) << "its contact wasn't known while it waited for anybody";
}

TEST_F(Owners, WhoeverWaitsForAnOwnerStillDoesAfterACrash) {
  const auto which = write("t");
  start_again();
  available(bob);
  EXPECT_EQ(assignee_of(which), std::nullopt);
  EXPECT_TRUE(waits(which));
  EXPECT_EQ(notices().size(), 1u);
  available(ann);
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Owners, WhatTheOwnerLetsLapseGoesToTheFallbackPeople) {
  available(ann);
  const auto which = write("t");
  ASSERT_EQ(assignee_of(which), ann);
  w->pass(std::chrono::seconds{20});
  EXPECT_EQ(assignee_of(which), bob);
  EXPECT_EQ(why(which).owner_step, owner_step::passed_on);
}

TEST_F(Owners, WhatTheOwnerLetsLapseWaitsForHerWhereNobodyElseIs) {
  rule([](assignment_rule& one) { one.fallback = {}; });
  available(ann);
  const auto which = write("t");
  w->pass(std::chrono::seconds{20});
  EXPECT_EQ(assignee_of(which), std::nullopt);
  EXPECT_TRUE(waits(which));
  EXPECT_EQ(notices().size(), 1u) << "she is away now";
  available(ann);
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Owners, A39_AReopenedConversationGoesToTheOwner) {
  available(ann);
  const auto which = write("t");
  w->acknowledge(company, ann, sockets[0]);
  w->command(company, ann, which, set_status{conversation_status::closed});
  EXPECT_EQ(write("t"), which);
  EXPECT_EQ(assignee_of(which), ann);
  w->acknowledge(company, ann, sockets[0]);
  w->command(company, ann, which, set_status{conversation_status::closed});
  available(ann, false);
  write("t");
  EXPECT_EQ(assignee_of(which), std::nullopt) << "the rule again: she is offline";
  EXPECT_TRUE(waits(which));
}

TEST_F(Owners, A39_AReopenedConversationStaysWithTheFallbackAgentWhoHadIt) {
  give(cleo, std::nullopt);
  const auto which = write("t");
  ASSERT_EQ(assignee_of(which), bob);
  w->acknowledge(company, bob, sockets[1]);
  w->command(company, bob, which, set_status{conversation_status::closed});
  give(cleo, ann);
  available(ann);
  write("t");
  EXPECT_EQ(assignee_of(which), bob);
}

TEST_F(Owners, AMessageOfAKnownConversationAsksNobody) {
  available(ann);
  const auto which = write("t");
  give(cleo, bob);
  write("t");
  EXPECT_EQ(assignee_of(which), ann);
}

TEST_F(Owners, OneBatchForManyOwnersKeepsEveryOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    w->seed = seed;
    w->shuffled = true;
    available(ann, seed % 2 == 0);
    std::vector<written> all;
    const auto run = std::to_string(seed) + "-";
    for (int i = 0; i < 12; ++i)
      all.push_back({run + std::to_string(i % 9), run + "m" + std::to_string(i), "hello", "v" + run + std::to_string(i), "", "",
                     "", i % 3 == 0 ? "cookie" : "stranger" + std::to_string(i)});
    const auto frame = w->publish(company, chat, all);
    w->run();
    for (const auto& one : frame->results) {
      ASSERT_EQ(one.status, publish_status::accepted);
      const auto stored = w->stored(company, *one.conversation);
      EXPECT_EQ(stored->assigned_user() == bob, stored->contact != cleo);
    }
    for (const auto& socket : sockets) EXPECT_EQ(socket->gaps, 0);
    std::uint32_t hers = 0;
    w->disk->scan(family::state, keys::assigned_prefix(company, ann), keys::after_prefix(keys::assigned_prefix(company, ann)),
                  [&](std::string_view, std::string_view) {
                    ++hers;
                    return true;
                  });
    EXPECT_LE(hers, 2u);
    (void)w->stored_contacts(company);
  }
}

}  // namespace
}  // namespace signalbox
