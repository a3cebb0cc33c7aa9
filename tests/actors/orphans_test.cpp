// Conversations whose assignee was deleted, or works their inbox no longer.
#include <gtest/gtest.h>

#include <caf/send.hpp>

#include "storage/keys.hpp"
#include "storage/list_counts.hpp"
#include "storage/records.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

struct Orphans : testing::Test {
  std::unique_ptr<world> w = std::make_unique<world>();
  account_id acme = w->found("acme");
  inbox_id in = w->default_inbox(acme);
  channel_id chat = w->add_channel(acme, in, "chat");
  user_id ann = w->add_agent(acme, "ann");
  user_id bob = w->add_agent(acme, "bob");
  team_id crew = make<team_id>(create_team{"Crew", {{ann, true}}});
  int written = 0;

  template <class Id>
  Id make(account_change what) {
    return std::get<Id>(std::get<touched>(w->change(acme, std::move(what))));
  }
  void change(account_change what) {
    const auto done = w->change(acme, std::move(what));
    if (const auto* no = std::get_if<refusal>(&done)) ADD_FAILURE() << no->detail;
  }
  conversation_id write(const std::string& thread) {
    const auto frame = w->publish(acme, chat, {{thread, std::to_string(++written)}});
    w->run();
    return frame->results[0].conversation.value_or(conversation_id{});
  }
  void command(conversation_id on, conversation_command what) {
    const auto done = w->command(acme, bob, on, std::move(what));
    if (const auto* no = std::get_if<refusal>(&done)) ADD_FAILURE() << no->detail;
  }
  conversation_id given(const std::string& thread, const assignee& to) {
    const auto which = write(thread);
    command(which, assign{to});
    return which;
  }
  /// To ann, the only one at work of two, who acknowledges it.
  conversation_id given_by_rule(const std::string& thread) {
    w->rule(acme, chat, {ann, bob});
    const auto at_ann = w->attach(acme, ann);
    w->set(acme, ann, presence::available);
    const auto which = write(thread);
    EXPECT_EQ(whose(which), assignee{ann});
    w->acknowledge(acme, ann, at_ann);
    return which;
  }
  assignee whose(conversation_id which) { return w->stored(acme, which)->assignee; }
  /// Its assignments as its history has them, the newest last.
  std::vector<event> assignments(conversation_id of) {
    std::vector<event> all;
    for (const auto& one : w->log(acme))
      if (one.conversation == of && one.kind == event_kind::assignment) all.push_back(one);
    return all;
  }
  void settle() {
    for (int i = 0; i < 3; ++i) w->pass(31s);
  }
  void crash() {
    const auto now = w->env().now();
    w = std::make_unique<world>(w->crash(), actor_settings{}, now);
  }
  bool owes(team_id team) { return w->disk->get(family::state, keys::orphaned_team(acme, team)).has_value(); }
  void expect_sound() {
    settle();
    EXPECT_EQ(verify_contents(*w->disk, [](const std::string& what) { ADD_FAILURE() << what; }), 0u);
  }
};

TEST_F(Orphans, WithoutARuleTheyAreNobodys) {
  static_cast<void>(w->add_webhook(acme, "https://hook.example/", {happening::assignment_withdrawn}));
  w->receiver = [](const webhook_post&) { return webhook_answer{200, "", false}; };
  const auto one = given("t", ann);
  const auto two = given("u", bob);
  change(delete_user{ann});
  EXPECT_EQ(whose(one), assignee{});
  EXPECT_EQ(whose(two), assignee{bob});
  EXPECT_FALSE(w->stored(acme, one)->assigned_at);
  const auto last = assignments(one).back();
  EXPECT_EQ(last.from, assignee{ann});
  EXPECT_EQ(last.to, assignee{});
  EXPECT_EQ(last.reason, assignment_reason::deleted);
  EXPECT_FALSE(last.by);
  EXPECT_GT(last.seq, 0u) << "an entry of the history";
  settle();
  EXPECT_EQ(w->received.size(), 1u);
  EXPECT_EQ(counts_of(read_list_counts(*w->disk, acme, in)).unassigned, 1);
  expect_sound();
}

TEST_F(Orphans, S9_WhoIsNoLongerGivenAccessLosesTheirConversationsToTheRule) {
  const auto one = given_by_rule("t");
  const auto by_hand = given("u", ann);
  const auto at_bob = w->attach(acme, bob);
  w->set(acme, bob, presence::available);
  w->pass(31s);
  change(set_access{in, {access_mode::specific, {bob}, {}}, {}});
  EXPECT_EQ(whose(one), assignee{bob});
  EXPECT_EQ(whose(by_hand), assignee{bob});
  const auto last = assignments(one).back();
  EXPECT_EQ(last.from, assignee{ann});
  EXPECT_EQ(last.reason, assignment_reason::access_lost);
  EXPECT_EQ(at_bob->assigned().size(), 2u);
  expect_sound();
}

TEST_F(Orphans, S9_OnesThatAreOnTheDiskAloneAreFoundTooAndAfterACrash) {
  const auto one = given("t", ann);
  settle();
  crash();
  change(set_access{in, {access_mode::specific, {bob}, {}}, {}});
  EXPECT_EQ(whose(one), assignee{});
  EXPECT_EQ(assignments(one).back().reason, assignment_reason::access_lost);
  // Durable, and the server ended before anybody heard of it.
  change(set_access{in, {access_mode::everyone, {}, {}}, {}});
  const auto two = given("u", ann);
  settle();
  auto restricted = *w->actors().configuration(acme)->inboxes.find(in);
  restricted.access = {access_mode::specific, {bob}, {}, restricted.access.version + 1};
  change_set alone{keys::group_of(acme)};
  std::string record;
  encode(record, restricted);
  alone.put(family::config, keys::config(acme, keys::config_kind::inbox, in.value), record);
  const change_set* const sets[] = {&alone};
  std::uint64_t unused[1];
  w->disk->commit(sets, unused);
  crash();
  settle();
  EXPECT_EQ(whose(two), assignee{});
  expect_sound();
}

TEST_F(Orphans, S58_TheRuleGivesThemToSomebodyElseOrTheyWaitWithTheirAgeKept) {
  const auto one = given_by_rule("t");
  w->pass(1min);
  const auto at_bob = w->attach(acme, bob);
  w->set(acme, bob, presence::available);
  change(delete_user{ann});
  EXPECT_EQ(whose(one), assignee{bob});
  EXPECT_EQ(at_bob->assigned(), std::vector{one});
  EXPECT_EQ(assignments(one).back().reason, assignment_reason::deleted);
  EXPECT_TRUE(w->stored(acme, one)->automatic);

  const auto opened_at = w->stored(acme, one)->created_at;
  w->acknowledge(acme, bob, at_bob);
  change(delete_user{bob});
  EXPECT_EQ(whose(one), assignee{});
  EXPECT_EQ(w->stored(acme, one)->waiting_since, opened_at);
  expect_sound();
}

TEST_F(Orphans, S65_TheTicketFollows) {
  const auto one = given("t", ann);
  command(one, open_ticket{});
  const auto ticket_now = [&] {
    return decode_ticket(*w->disk->get(family::state, keys::ticket(acme, *w->stored(acme, one)->ticket)));
  };
  ASSERT_EQ(ticket_now().owner, ann);
  change(delete_user{ann});
  EXPECT_FALSE(ticket_now().owner);
}

TEST_F(Orphans, A38_ClosedOnesSayWhoseTheyWereUntilTheyAreOpenAgain) {
  const auto one = given("t", ann);
  const auto two = given("u", ann);
  const auto three = given("v", crew);
  for (const auto which : {one, two, three}) command(which, set_status{conversation_status::closed});
  const auto four = given("w", ann);
  command(four, remove_conversation{});
  change(delete_user{ann});
  change(delete_team{crew});
  EXPECT_EQ(whose(one), assignee{ann});
  EXPECT_EQ(write("t"), one);
  EXPECT_EQ(whose(one), assignee{}) << "by a message of its contact";
  command(two, set_status{conversation_status::open});
  EXPECT_EQ(whose(two), assignee{}) << "by hand";
  EXPECT_EQ(write("v"), three);
  EXPECT_EQ(whose(three), assignee{});
  EXPECT_EQ(whose(four), assignee{ann});
  command(four, restore_conversation{});
  EXPECT_EQ(whose(four), assignee{});
  expect_sound();
}

TEST_F(Orphans, S62_A32_DeactivationLeavesThemWhereTheyAre) {
  const auto one = given("t", ann);
  update_user off{ann, {}, {}};
  off.fields.active = false;
  change(off);
  EXPECT_EQ(whose(one), assignee{ann});
  w->pass(61min);
  crash();
  EXPECT_EQ(whose(one), assignee{ann});
}

TEST_F(Orphans, ATeamThatIsDeletedLeavesNoneBehind) {
  std::vector<conversation_id> all;
  for (int i = 0; i < 450; ++i) all.push_back(given("t" + std::to_string(i), crew));
  const auto other = given("x", ann);
  settle();
  crash();  // so that this INBOX remembers none of them
  change(delete_team{crew});
  for (const auto which : all) EXPECT_EQ(whose(which), assignee{});
  EXPECT_EQ(assignments(all.front()).back().from, assignee{crew});
  EXPECT_EQ(whose(other), assignee{ann});
  EXPECT_FALSE(owes(crew));
  expect_sound();
}

TEST_F(Orphans, WhatACrashLeavesUndoneIsDoneAtTheNextStart) {
  std::vector<conversation_id> all;
  for (int i = 0; i < 250; ++i) all.push_back(given("t" + std::to_string(i), i % 2 == 0 ? assignee{ann} : assignee{crew}));
  settle();
  for (const account_change& deletion : {account_change{delete_user{ann}}, account_change{delete_team{crew}}}) {
    principal by = w->admin(acme);
    using both = std::pair<config_snapshot, touched>;
    bool durable = false;
    caf::anon_send(*w->actors().account(acme),
                   change_account{by, deletion, std::nullopt, make_answer<both>([&](const outcome<both>& said) {
                                    durable = std::holds_alternative<both>(said);
                                  })});
    for (int step = 0; step < 1000 && !durable; ++step) w->run_some(1);
    ASSERT_TRUE(durable);
    crash();
    settle();
    for (const auto which : all)
      if (is_orphan(*w->actors().configuration(acme), *w->stored(acme, which))) ADD_FAILURE() << to_text(which);
  }
  EXPECT_FALSE(owes(crew));
  expect_sound();
}

TEST_F(Orphans, OneThatIsBeingGivenToThemWhenTheyAreDeletedIsGivenToAnother) {
  for (std::size_t steps = 1; steps < 40; ++steps) {
    const auto who = w->add_agent(acme, "extra" + std::to_string(steps));
    w->rule(acme, chat, {who});
    static_cast<void>(w->attach(acme, who));
    w->set(acme, who, presence::available);
    const auto frame = w->publish(acme, chat, {{"s" + std::to_string(steps), "m" + std::to_string(steps)}});
    w->run_some(steps);
    change(delete_user{who});
    w->run();
    const auto which = frame->results[0].conversation;
    ASSERT_TRUE(which);
    EXPECT_EQ(whose(*which), assignee{}) << "after " << steps;
  }
  expect_sound();
}

TEST_F(Orphans, A41_OneThatIsOnItsWayToAnotherInboxIsSeenToThere) {
  const auto other = make<inbox_id>(create_inbox{"Other", {}});
  for (std::size_t steps = 1; steps < 30; ++steps) {
    const auto who = w->add_agent(acme, "mover" + std::to_string(steps));
    const auto team = make<team_id>(create_team{"Team", {{who, true}}});
    const auto one = given("a" + std::to_string(steps), who);
    const auto two = given("b" + std::to_string(steps), team);
    principal by;
    by.account = acme;
    by.user = bob;
    for (const auto which : {one, two})
      caf::anon_send(*w->actors().inbox(acme, in),
                     command_conversation{by, which, move_conversation{other}, std::nullopt,
                                          make_answer<carried_out>([](const outcome<carried_out>&) {})});
    w->run_some(steps);
    change(delete_user{who});
    change(delete_team{team});
    w->run();
    EXPECT_EQ(whose(one), assignee{}) << "after " << steps;
    EXPECT_EQ(whose(two), assignee{}) << "after " << steps;
  }
  expect_sound();
}

}  // namespace
}  // namespace signalbox
