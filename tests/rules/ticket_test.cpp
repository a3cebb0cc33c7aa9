#include "rules/ticket.hpp"

#include <gtest/gtest.h>

#include "rules/conversation.hpp"
#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

struct Tickets : testing::Test {
  sample_account acme;
  user_id ada = acme.add_agent();
  user_id ben = acme.add_agent();
  inbox_id inbox = acme.add_inbox(true);
  channel_id chat = acme.add_channel(inbox);
  pipeline_id support{acme.config.account.id.value};
  conversation of;

  Tickets() {
    acme.config.pipelines.set(support, default_pipeline(acme.config.account.id, noon));
    of.id = {77};
    of.inbox = inbox;
    of.channel = chat;
    of.contact = {88};
    of.subject = "Parcel";
  }
  [[nodiscard]] stage_id stage(std::size_t n) const { return acme.config.pipelines.find(support)->stages[n].id; }
  [[nodiscard]] ticket open(const ticket_owner_choice& owner = {}, const ticket_fields& fields = {},
                            std::optional<user_id> contact_owner = {}) const {
    return open_ticket_for(acme.config, of, fields, owner, contact_owner, ticket_id{5}, noon);
  }
  [[nodiscard]] std::vector<std::string> faults(const ticket_fields& fields, const ticket* before = nullptr) const {
    std::vector<std::string> all;
    if (const auto no = refuse_ticket_fields(acme.config, acme.of(inbox), fields, before))
      for (const auto& one : no->errors) all.push_back(one.pointer);
    return all;
  }
  using strings = std::vector<std::string>;
};

TEST_F(Tickets, S64_BeginWhereTheRuleSays) {
  const auto plain = open();
  EXPECT_EQ(plain.pipeline, support);
  EXPECT_EQ(plain.stage, stage(0));
  EXPECT_EQ(plain.subject, "Parcel");
  EXPECT_EQ(plain.conversation, of.id);
  EXPECT_EQ(plain.contact, of.contact);
  EXPECT_EQ(plain.inbox, inbox);
  acme.change(chat, [&](channel& c) { c.tickets.stage = stage(2), c.tickets.pipeline = support; });
  EXPECT_EQ(open().stage, stage(2));
  ticket_fields wanted;
  wanted.stage = stage(1);
  wanted.subject = "Other";
  EXPECT_EQ(open({}, wanted).stage, stage(1));
  EXPECT_EQ(open({}, wanted).subject, "Other");
}

TEST_F(Tickets, S65_TheOwnerIsTheConversationsAndFollowsIt) {
  of.assignee = ada;
  auto one = open();
  EXPECT_EQ(one.owner, ada);
  of.assignee = ben;
  EXPECT_TRUE(follow_assignee(one, of, noon + milliseconds{5}));
  EXPECT_EQ(one.owner, ben);
  EXPECT_EQ(one.version, 2u);
  EXPECT_EQ(one.updated_at, noon + milliseconds{5});
  EXPECT_FALSE(follow_assignee(one, of, noon));
  of.assignee = team_id{4};
  EXPECT_TRUE(follow_assignee(one, of, noon));
  EXPECT_FALSE(one.owner);
}

TEST_F(Tickets, S66_UnlessTheRuleSaysAnother) {
  of.assignee = ada;
  EXPECT_FALSE(open({ticket_owner::none, {}}).owner);
  EXPECT_EQ(open({ticket_owner::user, ben}).owner, ben);
  EXPECT_EQ(open({ticket_owner::contact_owner, {}}, {}, ben).owner, ben);
  EXPECT_FALSE(open({ticket_owner::contact_owner, {}}).owner);
  for (const auto& choice : {ticket_owner_choice{ticket_owner::none, {}}, ticket_owner_choice{ticket_owner::user, ben}}) {
    auto one = open(choice);
    EXPECT_FALSE(follow_assignee(one, of, noon));
  }
}

TEST_F(Tickets, S66_AnOwnerWhoIsGoneOrDeactivatedIsNone) {
  acme.change(ben, [](user& u) { u.active = false; });
  EXPECT_FALSE(open({ticket_owner::user, ben}).owner);
  EXPECT_FALSE(open({ticket_owner::contact_owner, {}}, {}, user_id{9'999}).owner);
}

TEST_F(Tickets, S67_AnUnassignedConversationsHasNoOwnerUnlessOneIsSet) {
  EXPECT_FALSE(open().owner);
  EXPECT_EQ(open({ticket_owner::user, ben}).owner, ben);
}

TEST_F(Tickets, AnOwnerSetByHandStays) {
  of.assignee = ada;
  ticket_fields wanted;
  wanted.owner = ticket_owner_choice{ticket_owner::user, ben};
  auto one = changed_ticket(acme.config, open(), wanted, of, {}, noon + milliseconds{1});
  EXPECT_EQ(one.owner, ben);
  EXPECT_EQ(one.version, 2u);
  EXPECT_FALSE(follow_assignee(one, of, noon));
  wanted.owner = ticket_owner_choice{};
  one = changed_ticket(acme.config, one, wanted, of, {}, noon);
  EXPECT_EQ(one.owner, ada);
  of.assignee = {};
  EXPECT_TRUE(follow_assignee(one, of, noon));
}

TEST_F(Tickets, AStatusIsTheStagesAndMovesToTheFirstOfItsKind) {
  const auto one = open();
  EXPECT_EQ(status_at(acme.config, {one.pipeline, one.stage}), ticket_status::open);
  ticket_fields wanted;
  wanted.status = ticket_status::closed;
  const auto closed = changed_ticket(acme.config, one, wanted, of, {}, noon);
  EXPECT_EQ(closed.stage, stage(3));
  EXPECT_EQ(changed_ticket(acme.config, closed, wanted, of, {}, noon).version, closed.version);
  wanted.status = ticket_status::open;
  EXPECT_EQ(changed_ticket(acme.config, closed, wanted, of, {}, noon).stage, stage(0));
  EXPECT_EQ(closed_stages(acme.config), std::vector<stage_id>{stage(3)});
  EXPECT_EQ(status_at(acme.config, {pipeline_id{999}, stage_id{999}}), ticket_status::open);
}

TEST_F(Tickets, WrongFieldsAreNamed) {
  const auto before = open();
  EXPECT_EQ(faults({}), strings{});
  EXPECT_EQ(faults({std::string(ticket_subject_bytes_max + 1, 'x'), pipeline_id{9}, {}, {}, {}}),
            (strings{"/subject", "/pipeline"}));
  EXPECT_EQ(faults({{}, {}, stage_id{999}, {}, {}}, &before), strings{"/stage"});
  EXPECT_EQ(faults({{}, {}, stage(1), ticket_status::open, {}}, &before), strings{"/status"});
  EXPECT_EQ(faults({{}, {}, {}, {}, ticket_owner_choice{ticket_owner::user, user_id{999}}}, &before), strings{"/owner"});
  pipeline endless;
  endless.id = {500};
  endless.stages = {{{501}, "On", false}};
  acme.config.pipelines.set(endless.id, endless);
  EXPECT_EQ(faults({{}, endless.id, {}, ticket_status::closed, {}}, &before), strings{"/status"});
}

TEST_F(Tickets, S64_AStageIsOneOfThePipelineThatTheTicketIsInOrThatIsNamedBesideIt) {
  const auto before = open();
  pipeline sales;
  sales.id = {500};
  sales.stages = {{{501}, "Lead", false}, {{502}, "Won", true}};
  acme.config.pipelines.set(sales.id, sales);
  struct {
    std::optional<pipeline_id> pipeline;
    std::optional<stage_id> stage;
    strings wrong;
  } const cases[] = {
      {{}, stage(1), {}},
      {{}, stage_id{501}, {"/stage"}},
      {support, stage_id{501}, {"/stage"}},
      {sales.id, stage(1), {"/stage"}},
      {sales.id, stage_id{502}, {}},
      {sales.id, {}, {}},
      {support, {}, {}},
  };
  for (const auto& one : cases) {
    const ticket_fields wanted{{}, one.pipeline, one.stage, {}, {}};
    EXPECT_EQ(faults(wanted, &before), one.wrong);
    if (!one.wrong.empty() || !one.stage) continue;
    EXPECT_EQ(changed_ticket(acme.config, before, wanted, of, {}, noon).stage, *one.stage);
  }
  EXPECT_EQ(faults({{}, {}, stage_id{501}, {}, {}}), strings{}) << "one that is made begins there";
}

TEST_F(Tickets, S12_AnOwnerMustBeAbleToViewIt) {
  const auto boss = acme.add_super_admin();
  acme.restrict_to(inbox, {ada});
  const auto before = open();
  const auto owned_by = [](user_id who) { return ticket_fields{{}, {}, {}, {}, ticket_owner_choice{ticket_owner::user, who}}; };
  EXPECT_EQ(faults(owned_by(ben), &before), strings{"/owner"});
  EXPECT_EQ(faults(owned_by(ben)), strings{"/owner"});
  EXPECT_EQ(faults(owned_by(ada), &before), strings{});
  EXPECT_EQ(faults(owned_by(boss), &before), strings{}) << "S13: may view every one";
}

TEST_F(Tickets, S3_AUserOfTheInboxMakesOneAndOnlyOne) {
  const auto& who = acme.of(ada);
  EXPECT_FALSE(refuse_command(acme.config, who, of, open_ticket{}, noon));
  of.ticket = ticket_id{5};
  EXPECT_EQ(refuse_command(acme.config, who, of, open_ticket{}, noon)->code, refusal_code::conflict);
  EXPECT_FALSE(refuse_command(acme.config, who, of, change_ticket{ticket_id{5}, {}, {}}, noon));
  EXPECT_EQ(refuse_command(acme.config, who, of, change_ticket{ticket_id{6}, {}, {}}, noon)->code, refusal_code::not_found);
  acme.restrict_to(inbox, {ben});
  EXPECT_EQ(refuse_command(acme.config, who, of, change_ticket{ticket_id{5}, {}, {}}, noon)->code, refusal_code::access_denied);
  const auto boss = acme.add_super_admin();
  EXPECT_EQ(refuse_command(acme.config, acme.of(boss), of, change_ticket{ticket_id{5}, {}, {}}, noon)->code,
            refusal_code::view_only);
}

TEST_F(Tickets, OfADeletedConversationStaysAndChanges) {
  of.ticket = ticket_id{5};
  of.deleted_at = noon;
  EXPECT_FALSE(refuse_command(acme.config, acme.of(ada), of, change_ticket{ticket_id{5}, {}, {}}, noon));
  of.ticket.reset();
  EXPECT_EQ(refuse_command(acme.config, acme.of(ada), of, open_ticket{}, noon)->code, refusal_code::not_found);
}

}  // namespace
}  // namespace signalbox
