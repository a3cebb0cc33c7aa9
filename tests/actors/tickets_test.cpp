// Tickets: made with their conversations or by hand, following the assignee, kept over everything.
#include <gtest/gtest.h>

#include "actors/ticket_reader.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

struct Tickets : testing::Test {
  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company = w->found("acme");
  inbox_id inbox = w->default_inbox(company);
  channel_id chat = w->add_channel(company, inbox, "chat");
  user_id boss = w->admin(company).user.value();
  std::vector<user_id> agents;
  std::vector<std::shared_ptr<noted_socket>> sockets;

  void staff(std::size_t count, const std::function<void(assignment_rule&)>& but = {}) {
    for (std::size_t i = 0; i < count; ++i) {
      agents.push_back(w->add_agent(company, "agent" + std::to_string(i)));
      sockets.push_back(w->attach(company, agents.back()));
      w->set(company, agents.back(), presence::available);
    }
    w->rule(company, chat, agents, but);
  }
  void treat_as_tickets(ticket_owner_choice owner = {}, std::optional<stage_id> stage = {}) {
    const auto made = w->change(company, set_tickets{chat, {true, std::nullopt, stage, owner, 1}, std::nullopt});
    ASSERT_TRUE(std::holds_alternative<touched>(made)) << std::get<refusal>(made).detail;
  }
  conversation_id write(const std::string& thread, const std::string& id) {
    const auto frame = w->publish(company, chat, {{thread, id}});
    w->run();
    return frame->results[0].conversation.value();
  }
  std::optional<ticket> ticket_of(conversation_id which) {
    const auto id = w->stored(company, which)->ticket;
    return id ? read_ticket(*w->disk, company, *id) : std::nullopt;
  }
  std::vector<ticket> listed(tickets_wanted wanted = {}) {
    if (wanted.inboxes.empty()) wanted.inboxes = {inbox};
    return std::get<ticket_page>(list_tickets(*w->disk, company, wanted)).items;
  }
  std::optional<refusal_code> command(conversation_id which, conversation_command what, std::optional<user_id> by = {},
                                      std::optional<std::string> key = {}) {
    const auto done = w->command(company, by.value_or(boss), which, std::move(what), std::move(key));
    const auto* no = std::get_if<refusal>(&done);
    return no ? std::optional{no->code} : std::nullopt;
  }
  void expect_whole() {
    verify_contents(*w->disk, [](const std::string& problem) { ADD_FAILURE() << problem; });
  }
};

TEST_F(Tickets, S63_EachNewConversationGetsOneInItsOwnChangeSet) {
  staff(1);
  EXPECT_FALSE(ticket_of(write("before", "0")));
  treat_as_tickets();
  std::size_t with_ticket = 0;
  w->disk->before_commit([&](std::span<const change_set* const> sets) {
    for (const auto* one : sets)
      for (std::uint32_t i = 0; i < one->events(); ++i)
        if (decode_event(one->event_record(i)).kind == event_kind::ticket) with_ticket += one->events() == 3 ? 1 : 0;
  });
  const auto commits = w->disk->head(keys::group_of(company));
  const auto which = write("t", "1");
  EXPECT_GT(w->disk->head(keys::group_of(company)), commits);
  EXPECT_EQ(with_ticket, 1u) << "message, ticket and assignment are one set";
  const auto made = ticket_of(which);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->conversation, which);
  EXPECT_EQ(made->inbox, inbox);
  EXPECT_EQ(made->contact, w->stored(company, which)->contact);
  EXPECT_EQ(made->owner, agents[0]);
  EXPECT_EQ(made->version, 1u);
  EXPECT_EQ(write("t", "2"), which);
  EXPECT_EQ(listed().size(), 1u) << "a further message makes none";
  EXPECT_EQ(sockets[0]->seen.back().what.kind, event_kind::message);
  w->disk->before_commit({});
  expect_whole();
}

TEST_F(Tickets, S64_TheyBeginInTheRulesStage) {
  const auto stage = default_pipeline_of(*w->actors().configuration(company))->stages[2].id;
  treat_as_tickets({}, stage);
  EXPECT_EQ(ticket_of(write("t", "1"))->stage, stage);
}

TEST_F(Tickets, S65_TheOwnerChangesInTheCommitOfTheAssignment) {
  staff(2);
  treat_as_tickets();
  const auto which = write("t", "1");
  const auto first = w->stored(company, which)->assigned_user();
  EXPECT_EQ(ticket_of(which)->owner, first);
  const auto other = first == agents[0] ? agents[1] : agents[0];
  int commits = 0;
  w->disk->before_commit([&](std::span<const change_set* const> sets) {
    for (const auto* one : sets)
      if (one->events() > 0) {
        ++commits;
        EXPECT_EQ(ticket_of(which)->owner, first);
      }
  });
  EXPECT_FALSE(command(which, assign{other}));
  EXPECT_EQ(commits, 1);
  w->disk->before_commit({});
  EXPECT_EQ(ticket_of(which)->owner, other);
  EXPECT_FALSE(command(which, unassign{}));
  EXPECT_FALSE(ticket_of(which)->owner);
  EXPECT_FALSE(command(which, reply_to_contact{message_id{w->env().next_id()}, "\"text\":\"hi\""}, other));  // A35
  EXPECT_EQ(ticket_of(which)->owner, other);
  expect_whole();
}

TEST_F(Tickets, S65_ALapseAndTheQueueMoveTheOwnerToo) {
  staff(2);
  treat_as_tickets();
  const auto which = write("t", "1");
  const auto first = w->stored(company, which)->assigned_user();
  w->pass(w->env().routing.assignment_ack_timeout + milliseconds{1});
  const auto second = w->stored(company, which)->assigned_user();
  ASSERT_TRUE(second && second != first);
  EXPECT_EQ(ticket_of(which)->owner, second);
  w->pass(w->env().routing.assignment_ack_timeout + milliseconds{1});
  EXPECT_FALSE(w->stored(company, which)->assigned_user());
  EXPECT_FALSE(ticket_of(which)->owner);
  w->set(company, agents[0], presence::available);
  EXPECT_EQ(w->stored(company, which)->assigned_user(), agents[0]);
  EXPECT_EQ(ticket_of(which)->owner, agents[0]);
  expect_whole();
}

TEST_F(Tickets, S66_TheRuleMayNameAnotherOwner) {
  staff(1);
  const auto lead = w->add_agent(company, "lead");
  treat_as_tickets({ticket_owner::user, lead});
  const auto which = write("t", "1");
  EXPECT_EQ(w->stored(company, which)->assigned_user(), agents[0]);
  EXPECT_EQ(ticket_of(which)->owner, lead);
  treat_as_tickets({ticket_owner::none, {}});
  EXPECT_FALSE(ticket_of(write("u", "2"))->owner);
  treat_as_tickets({ticket_owner::contact_owner, {}});
  auto known = decode_contact(*w->disk->get(family::state, keys::contact(company, w->stored(company, which)->contact)));
  known.owner = lead;
  change_set set{keys::group_of(company)};
  std::string record;
  encode(record, known);
  set.put(family::state, keys::contact(company, known.id), record);
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  w->disk->commit({&one, 1}, {&unused, 1});
  EXPECT_EQ(ticket_of(write("v", "3"))->owner, lead) << "the same visitor";
}

TEST_F(Tickets, S67_AnUnassignedConversationsHasNoOwnerUnlessOneIsSet) {
  treat_as_tickets();
  EXPECT_FALSE(ticket_of(write("t", "1"))->owner);
  treat_as_tickets({ticket_owner::user, boss});
  EXPECT_EQ(ticket_of(write("u", "2"))->owner, boss);
}

TEST_F(Tickets, S3_AUserOfTheInboxMakesOneFromAConversation) {
  staff(1);
  const auto which = write("t", "1");
  ticket_fields fields;
  fields.subject = "Parcel";
  EXPECT_FALSE(command(which, open_ticket{fields}, agents[0], "key-1"));
  const auto made = ticket_of(which);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->subject, "Parcel");
  EXPECT_EQ(made->owner, agents[0]);
  EXPECT_EQ(sockets[0]->seen.back().what.kind, event_kind::update);
  EXPECT_EQ(sockets[0]->seen.back().conversation->ticket, made->id);
  EXPECT_FALSE(command(which, open_ticket{fields}, agents[0], "key-1")) << "the same key again";
  EXPECT_EQ(command(which, open_ticket{fields}, agents[0], "key-2"), refusal_code::conflict);
  EXPECT_EQ(listed().size(), 1u);
}

TEST_F(Tickets, AChangeIsHeldAgainstItsVersion) {
  staff(1);
  treat_as_tickets();
  const auto which = write("t", "1");
  const auto before = *ticket_of(which);
  ticket_fields fields;
  fields.status = ticket_status::closed;
  EXPECT_EQ(command(which, change_ticket{before.id, fields, before.version + 1}), refusal_code::version_conflict);
  EXPECT_EQ(*ticket_of(which), before);
  EXPECT_FALSE(command(which, change_ticket{before.id, fields, before.version}));
  EXPECT_EQ(ticket_of(which)->version, before.version + 1);
  EXPECT_EQ(command(which, change_ticket{before.id, fields, before.version}), refusal_code::version_conflict);
  fields = {};
  fields.stage = stage_id{1};
  EXPECT_EQ(command(which, change_ticket{before.id, fields, {}}), refusal_code::invalid);
  EXPECT_EQ(command(which, change_ticket{ticket_id{1}, {}, {}}), refusal_code::not_found);
  EXPECT_EQ(w->stored(company, which)->status, conversation_status::open) << "the conversation isn't its ticket";
}

TEST_F(Tickets, StayWhenTheirConversationIsClosedDeletedAndRestored) {
  treat_as_tickets();
  const auto which = write("t", "1");
  const auto id = ticket_of(which)->id;
  for (const conversation_command& what :
       {conversation_command{set_status{conversation_status::closed}}, conversation_command{remove_conversation{}}}) {
    EXPECT_FALSE(command(which, what));
    EXPECT_EQ(ticket_of(which)->id, id);
  }
  ticket_fields fields;
  fields.subject = "of a deleted one";
  EXPECT_FALSE(command(which, change_ticket{id, fields, {}}));
  EXPECT_EQ(ticket_of(which)->subject, "of a deleted one");
  EXPECT_FALSE(command(which, restore_conversation{}));
  EXPECT_EQ(ticket_of(which)->id, id);
  EXPECT_EQ(listed().size(), 1u);
}

TEST_F(Tickets, A62_StayWhenTheirInboxIsDeleted) {
  const auto second = std::get<inbox_id>(std::get<touched>(w->change(company, create_inbox{"second", {}})));
  chat = w->add_channel(company, second, "second chat");
  treat_as_tickets();
  const auto which = write("t", "1");
  const auto made = ticket_of(which);
  w->change(company, delete_inbox{second});
  EXPECT_EQ(read_ticket(*w->disk, company, made->id), made);
  EXPECT_EQ(inboxes_with_tickets(*w->disk, company), std::vector<inbox_id>{second});
  EXPECT_TRUE(w->disk->get(family::state, keys::contact(company, made->contact)));
}

TEST_F(Tickets, AreListedNewestFirstFilteredAndPaged) {
  staff(1);
  treat_as_tickets();
  const auto second = std::get<inbox_id>(std::get<touched>(w->change(company, create_inbox{"second", {}})));
  std::vector<ticket_id> made;
  for (int i = 0; i < 7; ++i) {
    if (i == 5) {
      chat = w->add_channel(company, second, "second chat");
      treat_as_tickets();
    }
    made.push_back(ticket_of(write("t" + std::to_string(i), std::to_string(i)))->id);
  }
  tickets_wanted wanted;
  wanted.inboxes = {inbox, second};
  wanted.limit = 3;
  std::vector<ticket_id> seen;
  for (;;) {
    auto page = std::get<ticket_page>(list_tickets(*w->disk, company, wanted));
    for (const auto& one : page.items) seen.push_back(one.id);
    if (!page.next) break;
    wanted.after = *page.next;
  }
  EXPECT_EQ(seen, (std::vector<ticket_id>{made.rbegin(), made.rend()}));
  wanted = {};
  wanted.owner = agents[0];
  EXPECT_EQ(listed(wanted).size(), 5u);
  wanted = {};
  wanted.closed = closed_stages(*w->actors().configuration(company));
  wanted.status = ticket_status::closed;
  EXPECT_TRUE(listed(wanted).empty());
  wanted.status = ticket_status::open;
  EXPECT_EQ(listed(wanted).size(), 5u);
  wanted.after = "rubbish";
  wanted.inboxes = {inbox};
  EXPECT_TRUE(std::holds_alternative<refusal>(list_tickets(*w->disk, company, wanted)));
  const auto stage = read_ticket(*w->disk, company, made[0])->stage;
  EXPECT_TRUE(any_ticket_in(*w->disk, company, {stage}));
  EXPECT_FALSE(any_ticket_in(*w->disk, company, {wanted.closed}));
  EXPECT_EQ(inboxes_with_tickets(*w->disk, company), (std::vector<inbox_id>{inbox, second}));
}

TEST_F(Tickets, AreThereAfterAKillAndGoOnFollowing) {
  staff(1);
  treat_as_tickets();
  const auto which = write("t", "1");
  const auto before = ticket_of(which);
  w = std::make_unique<world>(w->crash());
  EXPECT_EQ(ticket_of(which), before);
  EXPECT_FALSE(command(which, unassign{}));
  EXPECT_FALSE(ticket_of(which)->owner);
  EXPECT_EQ(ticket_of(which)->version, before->version + 1);
  expect_whole();
}

TEST_F(Tickets, AnAccountThatIsOlderThanPipelinesHasTheDefaultOne) {
  const auto before = *default_pipeline_of(*w->actors().configuration(company));
  change_set set{keys::group_of(company)};
  set.erase(family::config, keys::config(company, keys::config_kind::pipeline, before.id.value));
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  w->disk->commit({&one, 1}, {&unused, 1});
  w = std::make_unique<world>(w->crash());
  const auto* now = default_pipeline_of(*w->actors().configuration(company));
  ASSERT_TRUE(now);
  EXPECT_EQ(now->stages, before.stages);
  w->change(company, update_pipeline{now->id, "Cases", {}, {}});
  w = std::make_unique<world>(w->crash());
  EXPECT_EQ(default_pipeline_of(*w->actors().configuration(company))->name, "Cases");
}

}  // namespace
}  // namespace signalbox
