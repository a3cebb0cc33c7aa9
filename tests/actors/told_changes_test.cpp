// What changes beside conversations: told to webhooks and whoever pulls, in the commit of the change, and to nobody else.
#include <gtest/gtest.h>

#include <algorithm>

#include "actors/account_log.hpp"
#include "actors/conversation_reader.hpp"
#include "actors/feed_reader.hpp"
#include "actors/ticket_reader.hpp"
#include "storage/keys.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;
using words_list = std::vector<std::string>;

struct ToldChanges : testing::Test {
  std::unique_ptr<world> w = std::make_unique<world>();
  account_id acme = w->found("acme");
  inbox_id inbox = w->default_inbox(acme);
  channel_id chat = w->add_channel(acme, inbox, "chat");
  user_id boss = w->admin(acme).user.value();
  std::uint64_t from = head_place();  ///< what is told is what comes after it

  std::uint64_t head_place() { return w->disk->head(keys::group_of(acme)) * 2 + 1; }
  conversation_id write(const written& what) {
    const auto frame = w->publish(acme, chat, {what});
    w->run();
    return frame->results[0].conversation.value_or(conversation_id{});
  }
  std::vector<account_event> told(const std::function<bool(happening)>& wanted = [](happening) { return true; }) {
    auto page = read_account_log(*w->disk, acme, from, 1000, wanted);
    EXPECT_FALSE(page.looked_at.more);
    return std::move(page.items);
  }
  words_list types() {
    words_list all;
    for (const auto& one : told()) all.emplace_back(to_text(one.what));
    return all;
  }
  void expect_change(const account_event& of, resource_kind kind, change_kind change, std::uint64_t id,
                     std::optional<user_id> by) {
    ASSERT_TRUE(of.of.what.changed);
    EXPECT_EQ(*of.of.what.changed, (resource_change{kind, change, id, of.of.what.changed->absorbed}));
    EXPECT_EQ(of.of.what.by, by);
    EXPECT_EQ(of.of.what.at, w->env().now());
  }
  contact change(contact_change what) {
    auto done = w->change_contact(acme, boss, std::move(what));
    if (const auto* no = std::get_if<refusal>(&done)) {
      ADD_FAILURE() << no->detail;
      return {};
    }
    return std::get<contact>(done);
  }
  contact_id make(const std::string& name) {
    contact_fields fields;
    fields.name = name;
    return change(create_contact{fields}).id;
  }
  void treat_as_tickets() {
    const auto made = w->change(acme, set_tickets{chat, {true, std::nullopt, std::nullopt, {}, 1}, std::nullopt});
    ASSERT_TRUE(std::holds_alternative<touched>(made)) << std::get<refusal>(made).detail;
    from = head_place();
  }
  void command(conversation_id which, conversation_command what) {
    const auto done = w->command(acme, boss, which, std::move(what));
    if (const auto* no = std::get_if<refusal>(&done)) ADD_FAILURE() << no->detail;
  }
  void change_its_ticket(conversation_id which, const ticket_fields& fields) {
    command(which, change_ticket{w->stored(acme, which)->ticket.value(), fields, std::nullopt});
  }
  void crash() {
    const auto now = w->env().now();
    w = std::make_unique<world>(w->crash(), actor_settings{}, now);
  }
  void settle() {
    for (int i = 0; i < 3; ++i) w->pass(31s);
  }
  void expect_sound() {
    settle();
    EXPECT_EQ(verify_contents(*w->disk, [](const std::string& what) { ADD_FAILURE() << what; }), 0u);
  }
};

TEST_F(ToldChanges, OfTheConfigurationAreInTheCommitOfTheChangeWithIdsAlone) {
  const auto commits = w->disk->commits();
  ASSERT_TRUE(std::holds_alternative<touched>(w->change(acme, rename_inbox{inbox, "Front desk", std::nullopt})));
  EXPECT_EQ(w->disk->commits() - commits, 1u);
  auto all = told();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, happening::configuration_changed);
  expect_change(all[0], resource_kind::inbox, change_kind::changed, inbox.value, boss);
  EXPECT_EQ(w->disk->event_at(keys::group_of(acme), position_of_place(all[0].id().value))->find("Front"), std::string::npos);
  const auto refused = w->change(acme, rename_inbox{inbox, " ", std::nullopt});
  EXPECT_TRUE(std::holds_alternative<refusal>(refused));
  EXPECT_EQ(told().size(), 1u) << "a refusal changes nothing, so nothing is told";

  const auto made = w->change(acme, create_team{"Night shift", {}});
  const auto team = std::get<team_id>(std::get<touched>(made));
  ASSERT_TRUE(std::holds_alternative<touched>(w->change(acme, delete_team{team})));
  all = told();
  ASSERT_EQ(all.size(), 3u);
  expect_change(all[1], resource_kind::team, change_kind::created, team.value, boss);
  expect_change(all[2], resource_kind::team, change_kind::deleted, team.value, boss);
  expect_sound();
}

TEST_F(ToldChanges, WhatIsSoAlreadyIsToldToNobodyAndAnsweredAlike) {
  const auto ida = std::get<contact>(w->change_contact(acme, boss, create_contact{{"Ida", {}, {}, {}, {}}}));
  from = head_place();
  const auto before = w->actors().configuration(acme);
  for (const auto* key : {"once", "once", "again"}) {
    const auto done = w->change(acme, rename_inbox{inbox, before->inboxes.find(inbox)->name, std::nullopt}, key);
    ASSERT_TRUE(std::holds_alternative<touched>(done));
    EXPECT_EQ(std::get<touched>(done), touched{inbox});
  }
  EXPECT_EQ(w->actors().configuration(acme), before) << "the very snapshot";
  const auto same = w->change_contact(acme, boss, update_contact{ida.id, {"Ida", {}, {}, {}, {}}, std::nullopt});
  ASSERT_TRUE(std::holds_alternative<contact>(same));
  EXPECT_EQ(std::get<contact>(same), ida);
  EXPECT_TRUE(told().empty());
  expect_sound();
}

TEST_F(ToldChanges, AFoundedAccountsLogBeginsWithItsOwnMaking) {
  const auto first = read_account_log(*w->disk, acme, 0, 1, [](happening) { return true; });
  ASSERT_EQ(first.items.size(), 1u);
  EXPECT_EQ(first.items[0].of.what.changed, (resource_change{resource_kind::account, change_kind::created, acme.value, {}}));
  EXPECT_EQ(first.items[0].of.what.by, std::nullopt) << "the operator";
}

TEST_F(ToldChanges, AContactThatAMessageMakesIsToldBeforeItsConversationAndWithoutACommitOfItsOwn) {
  write({"before", "0"});
  from = head_place();
  const auto commits = w->disk->commits();
  const auto which = write({"t", "1", "hello", "u-1", "Ida"});
  EXPECT_LE(w->disk->commits() - commits, 2u);
  EXPECT_EQ(types(), (words_list{"contact.created", "conversation.created", "message.created"}));
  const auto made = told()[0];
  expect_change(made, resource_kind::contact, change_kind::created, w->stored(acme, which)->contact.value, std::nullopt);
  ASSERT_NE(made.contact, nullptr);
  EXPECT_EQ(made.contact->name, "Ida");
  from = head_place();
  write({"t", "2", "again", "u-1", "Ida"});
  EXPECT_EQ(types(), words_list{"message.created"}) << "a message of a conversation that there is teaches nothing";
  from = head_place();
  write({"u", "3", "hello", "u-1", "Ida"});
  EXPECT_EQ(types(), (words_list{"conversation.created", "message.created"})) << "they are known";
  from = head_place();
  write({"v", "4", "hello", "u-1", "Ida", "ida@example.org"});
  EXPECT_EQ(types(), (words_list{"contact.updated", "conversation.created", "message.created"})) << "an address was learned";
  expect_sound();
}

TEST_F(ToldChanges, OfContactsByHandSayWhoAndTheContactAsItIsNow) {
  const auto ida = make("Ida");
  const auto old = make("Ida Old");
  contact_fields fields;
  fields.phone = "+491701";
  change(update_contact{ida, fields, std::nullopt});
  change(merge_contact{old, ida});
  auto all = told();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(types(), (words_list{"contact.created", "contact.created", "contact.updated", "contact.merged"}));
  expect_change(all[2], resource_kind::contact, change_kind::changed, ida.value, boss);
  EXPECT_EQ(all[3].of.what.changed, (resource_change{resource_kind::contact, change_kind::merged, ida.value, old}));
  for (const auto& one : all) {
    ASSERT_NE(one.contact, nullptr);
    EXPECT_EQ(one.contact->id, ida) << "the old id means the one that it was merged into";
    EXPECT_EQ(one.contact->phone, "+491701") << "as it is when it is told";
  }
  change(delete_contact{ida, std::nullopt});
  all = told();
  ASSERT_EQ(all.size(), 5u);
  expect_change(all[4], resource_kind::contact, change_kind::deleted, ida.value, boss);
  for (const auto& one : all) EXPECT_EQ(one.contact, nullptr) << "nothing of a deleted person is kept in the log";
  expect_sound();
}

TEST_F(ToldChanges, OfTicketsAreSnapshotsRightAfterEach) {
  treat_as_tickets();
  const auto which = write({"t", "1"});
  EXPECT_EQ(types(), (words_list{"contact.created", "conversation.created", "message.created", "ticket.created"}));
  const auto made = told().back();
  ASSERT_NE(made.ticket, nullptr);
  EXPECT_EQ(made.ticket->conversation, which);
  EXPECT_EQ(made.of.what.conversation, which) << "what it is told in order with";
  EXPECT_EQ(made.of.what.by, std::nullopt) << "by the rule";
  from = head_place();
  ticket_fields fields;
  fields.subject = "Broken";
  fields.status = ticket_status::closed;
  change_its_ticket(which, fields);
  fields.subject = "Mended";
  change_its_ticket(which, fields);
  change_its_ticket(which, fields);
  const auto changes = told();
  ASSERT_EQ(changes.size(), 2u) << "the same change twice is one";
  EXPECT_EQ(changes[0].what, happening::ticket_updated);
  EXPECT_EQ(changes[0].ticket->subject, "Broken");
  EXPECT_EQ(changes[0].of.what.ticket_status_now, ticket_status::closed);
  EXPECT_EQ(changes[0].of.what.by, boss);
  EXPECT_EQ(changes[1].ticket->subject, "Mended");
  EXPECT_EQ(*changes[1].ticket, *read_ticket(*w->disk, acme, made.ticket->id));
  from = head_place();
  command(which, assign{boss});
  EXPECT_EQ(types(), (words_list{"assignment.created", "ticket.updated"})) << "S65: it follows the assignee";
  EXPECT_EQ(told()[1].ticket->owner, boss);
  const auto other = std::get<inbox_id>(std::get<touched>(w->change(acme, create_inbox{"other", {}})));
  from = head_place();
  command(which, move_conversation{other});
  const auto moved = told([](happening what) { return what == happening::ticket_updated; });
  ASSERT_EQ(moved.size(), 1u) << "A41";
  EXPECT_EQ(moved[0].ticket->inbox, other);
  expect_sound();
}

TEST_F(ToldChanges, AreInNobodysFeedAndNoHistory) {
  const auto socket = w->attach(acme, boss);
  treat_as_tickets();
  const auto which = write({"t", "1"});
  command(which, assign{boss});
  ticket_fields fields;
  fields.subject = "Broken";
  change_its_ticket(which, fields);
  make("Ida");
  settle();
  for (const auto kind : {event_kind::configuration, event_kind::contact, event_kind::ticket}) EXPECT_EQ(socket->count(kind), 0u);
  EXPECT_GT(socket->count(event_kind::assignment), 0u);
  const auto& config = *w->actors().configuration(acme);
  const auto head = w->disk->head(keys::group_of(acme));
  const auto feed = read_feed(*w->disk, config, *config.users.find(boss), 0, head, 1000);
  EXPECT_FALSE(feed.events.empty());
  for (const auto& one : feed.events) EXPECT_FALSE(one.what.changed);
  const auto history = read_history(*w->disk, acme, which, 0, 100);
  EXPECT_FALSE(history.empty());
  for (const auto& one : history) EXPECT_FALSE(one.what.changed.has_value());
}

TEST_F(ToldChanges, ReachAWebhookInTheOrderOfEachContactAndTicketsConversation) {
  treat_as_tickets();
  w->add_webhook(acme, "https://hooks.acme.example/",
                 {happening::configuration_changed, happening::contact_created, happening::contact_updated,
                  happening::ticket_created, happening::ticket_updated});
  EXPECT_TRUE(w->posted.empty()) << "its own making isn't told to it";
  const auto ida = make("Ida");
  contact_fields fields;
  fields.phone = "+491701";
  change(update_contact{ida, fields, std::nullopt});
  make("Otto");
  ASSERT_EQ(w->posted.size(), 2u) << "Ida's second event waits for her first";
  w->answer(1, 200);
  w->answer(0, 503);
  w->pass(1s);
  EXPECT_TRUE(w->posted.empty()) << "which failed";
  crash();
  w->pass(5s);
  ASSERT_EQ(w->posted.size(), 1u) << "after a restart it still comes first";
  EXPECT_NE(w->posted[0].what.body.find("contact.created"), std::string::npos);
  w->answer(0, 200);
  ASSERT_EQ(w->posted.size(), 1u);
  EXPECT_NE(w->posted[0].what.body.find("contact.updated"), std::string::npos);
  w->answer(0, 200);
  const auto which = write({"t", "1"});
  command(which, assign{boss});
  ASSERT_EQ(w->posted.size(), 2u) << "the contact, and the first of the ticket";
  w->answer(0, 200);
  w->answer(0, 200);
  ASSERT_EQ(w->posted.size(), 1u);
  EXPECT_NE(w->posted[0].what.body.find("ticket.updated"), std::string::npos);
}

TEST_F(ToldChanges, AWebhookIsToldOfOtherWebhooksButNotOfItself) {
  w->receiver = [](const webhook_post&) { return webhook_answer{200, "", false}; };
  const auto first = w->add_webhook(acme, "https://first.acme.example/", {});
  const auto second = w->add_webhook(acme, "https://second.acme.example/", {});
  update_webhook off;
  off.webhook = second;
  off.fields.name = "second";
  ASSERT_TRUE(std::holds_alternative<touched>(w->change(acme, off)));
  ASSERT_EQ(w->received.size(), 2u) << "made, renamed";
  for (const auto& one : w->received) EXPECT_EQ(one.webhook, first);
  EXPECT_EQ(types(), (words_list{"configuration.changed", "configuration.changed", "configuration.changed"}))
      << "who pulls sees all";
}

TEST_F(ToldChanges, NothingOfAnotherAccountsIsTold) {
  w->receiver = [](const webhook_post&) { return webhook_answer{200, "", false}; };
  w->add_webhook(acme, "https://hooks.acme.example/", {});
  from = head_place();
  for (int i = 0; i < 20; ++i) {  // some are in the same slot group, and so in the same log
    const auto other = w->found("other-" + std::to_string(i));
    const auto channel = w->add_channel(other, w->default_inbox(other), "chat");
    (void)w->change(other, set_tickets{channel, {true, std::nullopt, std::nullopt, {}, 1}, std::nullopt});
    w->publish(other, channel, {{"t", "m"}});
    w->run();
    for (const auto& one : told()) EXPECT_EQ(read_account_event(*w->disk, other, one.id().value), std::nullopt);
  }
  EXPECT_TRUE(w->received.empty());
  EXPECT_TRUE(told().empty());
}

TEST_F(ToldChanges, AReplayAfterACrashLosesNoneAndMakesNoSecond) {
  treat_as_tickets();
  const auto which = write({"t", "1", "hello", "u-1", "Ida"});
  ticket_fields fields;
  fields.subject = "Broken";
  change_its_ticket(which, fields);
  const auto ida = make("Ida B.");
  ASSERT_TRUE(std::holds_alternative<touched>(w->change(acme, rename_inbox{inbox, "Front desk", std::nullopt})));
  const auto before = types();
  EXPECT_EQ(before.size(), 7u);
  crash();
  EXPECT_EQ(types(), before);
  crash();  // what was replayed is replayed again
  EXPECT_EQ(types(), before);
  EXPECT_EQ(told().at(5).contact->id, ida);
  write({"t", "2"});
  EXPECT_EQ(types().size(), before.size() + 1);
  expect_sound();
  EXPECT_EQ(read_history(*w->disk, acme, which, 0, 100).size(), 2u) << "the messages alone";
}

TEST_F(ToldChanges, A44_OfAPurgedConversationsTicketNothingIsLeft) {
  treat_as_tickets();
  const auto which = write({"t", "1"});
  const auto ticket = *w->stored(acme, which)->ticket;
  ticket_fields fields;
  fields.subject = "secret-subject";
  change_its_ticket(which, fields);
  command(which, assign{boss});
  const auto is_ticket = [](happening what) { return what == happening::ticket_created || what == happening::ticket_updated; };
  EXPECT_EQ(told(is_ticket).size(), 3u);
  command(which, remove_conversation{});
  settle();
  w->pass(30 * 24h);
  w->pass(61min);
  w->pass(61min);
  EXPECT_FALSE(w->stored(acme, which));
  EXPECT_TRUE(told(is_ticket).empty());
  const auto deleted = told([](happening what) { return what == happening::ticket_deleted; });
  ASSERT_EQ(deleted.size(), 1u) << "whoever mirrors tickets is told";
  const auto& last = deleted[0].of.what;
  EXPECT_EQ(last.changed, (resource_change{resource_kind::ticket, change_kind::deleted, ticket.value, {}}));
  EXPECT_EQ(last.by, std::nullopt);
  EXPECT_EQ(last.conversation, conversation_id{});
  crash();
  EXPECT_EQ(told([](happening what) { return what == happening::ticket_deleted; }).size(), 1u);
  bool found = false;
  for (std::size_t i = 0; i < 8; ++i)
    w->disk->scan(static_cast<family>(i), {}, {}, [&](std::string_view, std::string_view value) {
      found = found || value.find("secret-subject") != std::string_view::npos;
      return true;
    });
  EXPECT_FALSE(found);
  expect_sound();
}

}  // namespace
}  // namespace signalbox
