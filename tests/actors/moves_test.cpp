// A41: conversations on their way to another inbox, and messages that follow them.
#include <gtest/gtest.h>

#include <caf/send.hpp>
#include <map>
#include <set>

#include "actors/conversation_reader.hpp"
#include "actors/ticket_reader.hpp"
#include "storage/keys.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

struct Moves : testing::Test {
  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company = w->found("acme");
  inbox_id first = w->default_inbox(company);
  inbox_id second = add_inbox("second");
  inbox_id third = add_inbox("third");
  channel_id chat = w->add_channel(company, first, "chat");
  user_id boss = w->admin(company).user.value();
  std::vector<user_id> agents;
  std::vector<std::shared_ptr<noted_socket>> sockets;

  inbox_id add_inbox(const std::string& name) {
    return std::get<inbox_id>(std::get<touched>(w->change(company, create_inbox{name, {}})));
  }
  void staff(std::size_t count, std::optional<std::uint32_t> capacity = {},
             const std::function<void(assignment_rule&)>& but = {}) {
    for (std::size_t i = 0; i < count; ++i) {
      agents.push_back(w->add_agent(company, "agent" + std::to_string(i), capacity));
      sockets.push_back(w->attach(company, agents.back()));
      w->set(company, agents.back(), presence::available);
    }
    w->rule(company, chat, agents, but);
  }
  void restrict_to(inbox_id in, std::vector<user_id> users) {
    w->change(company, set_access{in, {access_mode::specific, std::move(users), {}, 1}, std::nullopt});
  }
  conversation_id write(const std::string& thread, const std::string& id) {
    const auto frame = w->publish(company, chat, {{thread, id}});
    w->run();
    EXPECT_TRUE(w->was_answered(frame));
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return frame->results[0].conversation.value();
  }
  std::optional<refusal_code> move(conversation_id which, inbox_id to, std::optional<user_id> by = {}) {
    const auto done = w->command(company, by.value_or(boss), which, move_conversation{to});
    const auto* no = std::get_if<refusal>(&done);
    return no ? std::optional{no->code} : std::nullopt;
  }
  /// Without waiting for anything; `answers` counts.
  void ask_to_move(conversation_id which, inbox_id to) {
    principal by;
    by.account = company;
    by.user = boss;
    caf::anon_send(*w->actors().agent(company, boss),
                   command_from_agent{by, which, move_conversation{to}, "",
                                      make_answer<conversation>([this](outcome<conversation>) { ++answers; })});
  }
  inbox_id inbox_of(conversation_id which) { return w->stored(company, which)->inbox; }
  std::vector<conversation_id> listed(inbox_id in, bool waiting = false) {
    list_wanted wanted;
    wanted.inboxes = {in};
    wanted.waiting = waiting;
    bool asked = false;
    caf::anon_send(*w->actors().inbox(company, in), prepare_read{std::nullopt, [&] { asked = true; }});
    w->run();
    EXPECT_TRUE(asked);
    std::vector<conversation_id> all;
    const auto found = list_conversations(*w->disk, company, wanted);
    for (const auto& one : std::get<list_page>(found).items) all.push_back(one.id);
    return all;
  }
  std::vector<kept_event> history(conversation_id which) {
    caf::anon_send(*w->actors().inbox(company, inbox_of(which)), prepare_read{which, [] {}});
    w->run();
    return read_history(*w->disk, company, which, 0, 1'000);
  }
  /// Every message's id, in order; every entry once, none missing.
  std::vector<std::string> messages(conversation_id which) {
    std::vector<std::string> ids;
    std::uint64_t seq = 0;
    for (const auto& one : history(which)) {
      EXPECT_EQ(one.what.seq, ++seq);
      if (one.what.kind == event_kind::message) ids.emplace_back(one.what.external_id);
    }
    EXPECT_EQ(seq + 1, w->stored(company, which)->next_seq);
    return ids;
  }
  std::uint32_t slots_of(user_id who) {
    std::uint32_t open = 0;
    const auto prefix = keys::assigned_prefix(company, who);
    w->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view) {
      ++open;
      return true;
    });
    return open;
  }
  void expect_whole() {
    verify_contents(*w->disk, [](const std::string& problem) { ADD_FAILURE() << problem; });
    EXPECT_TRUE(w->logged.empty());
  }
  using ids = std::vector<std::string>;

  int answers = 0;
};

/// A part whose last message goes to another inbox is answered late, though its first is durable early: a round of settling that comes
/// meanwhile says that all is indexed, and after a crash the log before it isn't read again.
TEST_F(Moves, WhatIsDurableWhenARoundBeginsIsIndexedWhenItEnds) {
  staff(1);
  const auto moved = write("b", "b");
  ASSERT_EQ(move(moved, second), std::nullopt);
  const auto in_log = [&] {
    std::map<std::string, time_point> ids;
    for (const auto& one : w->log(company))
      if (!one.external_id.empty()) ids.emplace(one.external_id, one.at);
    return ids;
  };
  std::size_t partly = 0;
  for (std::size_t jobs = 0; jobs < 60; ++jobs) {
    const auto number = std::to_string(jobs);
    const auto frame = w->publish(company, chat, {{"a", "a" + number}, {"b", "b" + number}});
    w->run_some(jobs);
    const auto durable = in_log();
    partly += durable.contains("a" + number) && !durable.contains("b" + number) ? 1 : 0;
    bool ended = false;
    caf::anon_send(*w->actors().channel(company, chat), settle{1000 + jobs, 1000, [&](bool more) { ended = !more; }});
    for (int i = 0; i < 1000 && !ended; ++i) w->run_some(1);
    ASSERT_TRUE(ended);
    for (const auto& [id, at] : durable)
      EXPECT_TRUE(
          w->disk->get(family::message_ids, keys::message_id(company, keys::id_bucket_of(at), chat, keys::hash_external_id(id))))
          << id << " after " << jobs << " jobs";
    w->run();
    EXPECT_TRUE(w->was_answered(frame));
  }
  EXPECT_GT(partly, 0u) << "nothing was tried";
}

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

TEST_F(Moves, TwoAtOnceEndInOneOfTheTwoOrders) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    w->seed = seed;
    w->shuffled = true;
    const auto thread = "t" + std::to_string(seed);
    const auto which = write(thread, "a" + std::to_string(seed));
    answers = 0;
    ask_to_move(which, second);
    ask_to_move(which, third);
    const auto frame = w->publish(company, chat, {{thread, "b" + std::to_string(seed)}});
    w->run();
    EXPECT_EQ(answers, 2);
    EXPECT_TRUE(w->was_answered(frame));
    const auto in = inbox_of(which);
    EXPECT_TRUE(in == second || in == third);
    EXPECT_EQ(messages(which), (ids{"a" + std::to_string(seed), "b" + std::to_string(seed)}));
    int moves = 0;
    for (const auto& one : history(which)) moves += one.what.kind == event_kind::move ? 1 : 0;
    EXPECT_EQ(moves, 2);
  }
  expect_whole();
}

TEST_F(Moves, MessagesThatStreamKeepTheirOrderHoweverOftenItIsMoved) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    w->seed = seed;
    w->shuffled = true;
    const auto s = std::to_string(seed);
    const auto which = write("t" + s, s + "-0");
    ids sent{s + "-0"};
    std::vector<frame_pointer> frames;
    const inbox_id way[] = {second, first, third, second, first, first};
    for (int i = 1; i <= 12; ++i) {
      const auto id = s + "-" + std::to_string(i);
      std::vector<written> all{{"t" + s, id}};
      if (i % 3 == 0) all.push_back({"other" + s, id + "o"});
      if (i % 4 == 0) all.insert(all.begin(), {"another" + s, id + "a"});
      frames.push_back(w->publish(company, chat, all));
      sent.push_back(id);
      if (i % 2 == 0) ask_to_move(which, way[i / 2 - 1]);
      if (i % 5 == 0) w->run();
    }
    w->run();
    for (const auto& one : frames) {
      ASSERT_TRUE(w->was_answered(one));
      for (const auto& result : one->results) EXPECT_EQ(result.status, publish_status::accepted);
    }
    EXPECT_EQ(messages(which), sent) << "seed " << seed;
  }
  std::map<std::string, int> times;
  for (const auto& one : w->log(company))
    if (one.kind == event_kind::message) ++times[std::string{one.external_id}];
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
  expect_whole();
}

TEST_F(Moves, AnOffsetIsNotDurableBeforeAMessageThatItCovers) {
  const auto which = write("t", "1");
  EXPECT_FALSE(move(which, second));
  const auto key = keys::offset(company, chat, w->connector_token);
  // What the store says of the offset at every commit, beside what is in the log by then.
  w->disk->before_commit([&](std::span<const change_set* const>) {
    const auto offset = w->disk->get(family::state, key);
    if (!offset) return;
    std::set<std::string> there;
    for (const auto& one : w->log(company)) there.emplace(one.external_id);
    for (int i = 2; i <= std::stoi(*offset); ++i) EXPECT_TRUE(there.contains(std::to_string(i))) << i << " by " << *offset;
  });
  std::vector<frame_pointer> frames;
  for (int i = 2; i <= 9; ++i)
    frames.push_back(w->publish(company, chat, {{i % 2 == 0 ? "t" : "u", std::to_string(i)}}, std::to_string(i)));
  w->run();
  for (const auto& one : frames) EXPECT_TRUE(w->was_answered(one));
  EXPECT_EQ(w->disk->get(family::state, key), "9");
  w->disk->before_commit({});
}

TEST_F(Moves, AKillAtAnyCommitLeavesItInExactlyOneInbox) {
  for (std::uint64_t at = 0; at < 8; ++at) {
    const auto thread = "t" + std::to_string(at);
    const auto which = write(thread, std::to_string(at) + "-1");
    w->disk->forget_unsynced(at % 2 == 0);
    w->disk->fail_after(at, 0);
    ask_to_move(which, second);
    std::vector<frame_pointer> frames;
    for (int i = 2; i < 6; ++i)
      frames.push_back(w->publish(company, chat, {{thread, std::to_string(at) + "-" + std::to_string(i)}}));
    w->run();
    std::set<std::string> acknowledged;
    for (const auto& one : frames)
      if (w->was_answered(one) && one->results[0].status == publish_status::accepted)
        acknowledged.emplace(one->messages[0].external_id);
    w = std::make_unique<world>(w->crash());
    const auto in = inbox_of(which);
    EXPECT_TRUE(in == first || in == second);
    const auto here = listed(first);
    const auto there = listed(second);
    EXPECT_EQ(std::count(here.begin(), here.end(), which) + std::count(there.begin(), there.end(), which), 1);
    auto kept = messages(which);
    for (const auto& id : acknowledged) EXPECT_EQ(std::count(kept.begin(), kept.end(), id), 1) << id;
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    // Sent again, all are there once.
    for (int i = 2; i < 6; ++i) (void)w->publish(company, chat, {{thread, std::to_string(at) + "-" + std::to_string(i)}});
    w->run();
    kept = messages(which);
    EXPECT_EQ(std::set<std::string>(kept.begin(), kept.end()).size(), 5u);
    EXPECT_EQ(kept.size(), 5u);
    expect_whole();
  }
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
      command_conversation{by, fresh, remove_conversation{}, {}, make_answer<conversation>([](outcome<conversation>) {})});
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

/// Whoever asks the clock for the nth time throws, and is restarted in place.
TEST_F(Moves, ARestartInPlaceAnywhereLosesAndDoublesNothing) {
  for (int n = 0; n < 40; ++n) {
    const auto s = std::to_string(n);
    w->seed = static_cast<std::uint64_t>(n) + 1;
    w->shuffled = true;
    const auto which = write("t" + s, s + "-1");
    EXPECT_FALSE(move(which, second));
    answers = 0;
    std::vector<std::vector<written>> parts{{{"t" + s, s + "-2"}, {"u" + s, s + "-3"}},
                                            {{"u" + s, s + "-4"}, {"t" + s, s + "-5"}}};
    std::vector<frame_pointer> frames;
    for (const auto& one : parts) frames.push_back(w->publish(company, chat, one));
    ask_to_move(which, n % 2 == 0 ? first : third);
    parts.push_back({{"t" + s, s + "-6"}});
    frames.push_back(w->publish(company, chat, parts.back()));
    const auto clock = w->env().now;
    int left = n;
    w->env().now = [&] {
      if (left-- == 0) throw std::runtime_error("the clock");
      return clock();
    };
    w->run();
    w->env().now = clock;
    w->run();
    EXPECT_FALSE(w->fatal) << *w->fatal;
    EXPECT_EQ(answers, 1) << "a move was never answered, at " << n;
    for (const auto& one : frames) EXPECT_TRUE(w->was_answered(one)) << "at " << n;
    for (const auto& one : parts) {  // what was refused is sent again
      const auto again = w->publish(company, chat, one);
      w->run();
      ASSERT_TRUE(w->was_answered(again)) << "at " << n;
      for (const auto& result : again->results) EXPECT_NE(result.status, publish_status::rejected) << "at " << n;
    }
    auto kept = messages(which);
    EXPECT_EQ(kept.front(), s + "-1");
    std::sort(kept.begin(), kept.end());
    EXPECT_EQ(kept, (ids{s + "-1", s + "-2", s + "-5", s + "-6"})) << "at " << n;
    w->logged.clear();
  }
  std::map<std::string, int> times;
  for (const auto& one : w->log(company))
    if (one.kind == event_kind::message) ++times[std::string{one.external_id}];
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
  expect_whole();
}

}  // namespace
}  // namespace signalbox
