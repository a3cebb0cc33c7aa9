#include "rules/conversation.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

using namespace std::chrono_literals;

struct Commands : testing::Test {
  sample_account acme;
  team_id crew = acme.add_team();
  user_id agent = acme.add_agent();
  user_id other = acme.add_agent();
  user_id free_user = acme.add_user(seat::free);
  user_id stranger = acme.add_agent();
  user_id free_stranger = acme.add_user(seat::free);
  user_id admin = acme.add_super_admin();
  inbox_id in = acme.add_inbox();
  channel_id over = acme.add_channel(in);
  conversation talk;

  void SetUp() override {
    acme.restrict_to(in, {agent, other, free_user});
    talk.id = {900};
    talk.inbox = in;
    talk.channel = over;
  }

  std::optional<refusal_code> code(user_id who, const conversation_command& what, time_point now = noon) const {
    const auto no = refuse_command(acme.config, acme.of(who), talk, what, now);
    return no ? std::optional{no->code} : std::nullopt;
  }
  std::string pointer(user_id who, const conversation_command& what) const {
    const auto no = refuse_command(acme.config, acme.of(who), talk, what, noon);
    return no && no->code == refusal_code::invalid ? no->errors.at(0).pointer : "";
  }
  static std::vector<conversation_command> all_commands() {
    return {reply_to_contact{},
            add_comment{},
            assign{user_id{2}},
            unassign{},
            set_status{conversation_status::closed},
            remove_conversation{},
            restore_conversation{},
            report_typing{},
            open_ticket{},
            change_ticket{},
            move_conversation{inbox_id{3}}};
  }
};

TEST_F(Commands, S3_S15_WhoHasAccessMayWork) {
  EXPECT_FALSE(code(agent, reply_to_contact{}));
  EXPECT_FALSE(code(agent, add_comment{}));
  EXPECT_FALSE(code(agent, assign{other}));
  EXPECT_FALSE(code(agent, assign{crew}));
  EXPECT_FALSE(code(agent, unassign{}));
  EXPECT_FALSE(code(agent, set_status{conversation_status::closed}));
  EXPECT_FALSE(code(agent, remove_conversation{}));
  EXPECT_FALSE(code(agent, report_typing{}));
}

TEST_F(Commands, S14_AnAdminWhoIsNotChosenIsRefusedEveryAction) {
  for (const auto& what : all_commands()) EXPECT_EQ(code(admin, what), refusal_code::view_only) << what.index();
  acme.change(in, [](inbox& i) { i.access.mode = access_mode::everyone; });
  EXPECT_FALSE(code(admin, reply_to_contact{})) << "S16";
}

TEST_F(Commands, S12_S20_WithoutAccessEverythingIsDenied) {
  for (const auto& what : all_commands()) {
    EXPECT_EQ(code(stranger, what), refusal_code::access_denied) << what.index();
    EXPECT_EQ(code(free_stranger, what), refusal_code::access_denied) << what.index();
  }
}

TEST_F(Commands, S19_AFreeSeatWorksWhatIsUnassignedOrTheirOwn) {
  EXPECT_FALSE(code(free_user, reply_to_contact{}));
  EXPECT_FALSE(code(free_user, assign{agent}));
  EXPECT_FALSE(code(free_user, assign{free_user}));
  talk.assignee = free_user;
  EXPECT_FALSE(code(free_user, reply_to_contact{}));
  EXPECT_FALSE(code(free_user, assign{agent}));
  EXPECT_FALSE(code(free_user, unassign{}));
}

TEST_F(Commands, A41_MovingNeedsToActInBothInboxesAndAPlan) {
  const auto to = acme.add_inbox();
  EXPECT_FALSE(code(agent, move_conversation{to}));
  EXPECT_EQ(code(agent, move_conversation{in}), refusal_code::conflict);
  EXPECT_EQ(pointer(agent, move_conversation{inbox_id{999}}), "/inbox");
  acme.restrict_to(to, {other});
  EXPECT_EQ(code(agent, move_conversation{to}), refusal_code::access_denied);
  acme.change(in, [](inbox& i) { i.access.mode = access_mode::everyone; });
  EXPECT_EQ(code(admin, move_conversation{to}), refusal_code::view_only) << "S14";
  EXPECT_FALSE(code(other, move_conversation{to}));
  acme.change(to, [](inbox& i) { i.access.mode = access_mode::everyone; });
  talk.assignee = agent;
  EXPECT_EQ(code(free_user, move_conversation{to}), refusal_code::seat_required);
  for (const auto plan : {plan::free, plan::starter}) {
    acme.config.account.plan = plan;
    EXPECT_EQ(code(agent, move_conversation{to}), refusal_code::plan_limit);
  }
  acme.config.account.plan = plan::enterprise;
  EXPECT_FALSE(code(agent, move_conversation{to}));
}

TEST_F(Commands, A41_AMovedOneStaysWithWhoMayActThere) {
  const auto to = acme.add_inbox();
  acme.restrict_to(to, {other});
  const auto& there = acme.of(to);
  EXPECT_TRUE(keeps_assignee(acme.config, there, {}));
  EXPECT_TRUE(keeps_assignee(acme.config, there, other));
  EXPECT_FALSE(keeps_assignee(acme.config, there, agent));
  EXPECT_FALSE(keeps_assignee(acme.config, there, user_id{999}));
  EXPECT_FALSE(keeps_assignee(acme.config, there, crew)) << "nobody of it may act there";
  acme.join(other, crew, false);
  EXPECT_TRUE(keeps_assignee(acme.config, acme.of(to), crew));
}

TEST_F(Commands, S19_AFreeSeatIsRefusedSomeoneElses) {
  talk.assignee = agent;
  EXPECT_EQ(code(free_user, reply_to_contact{}), refusal_code::seat_required);
  EXPECT_EQ(code(free_user, assign{free_user}), refusal_code::seat_required);
  EXPECT_EQ(code(free_user, unassign{}), refusal_code::seat_required);
  EXPECT_FALSE(code(other, reply_to_contact{})) << "a paid seat may help out";
  talk.assignee = crew;
  EXPECT_EQ(code(free_user, reply_to_contact{}), refusal_code::seat_required);
  acme.join(free_user, crew, false);
  EXPECT_FALSE(code(free_user, reply_to_contact{})) << "their own team's";
}

TEST_F(Commands, A49_A50_A51_AFilteredOneIsNeverAssigned) {
  talk.spam = true;
  EXPECT_EQ(code(agent, assign{other}), refusal_code::conflict);
  EXPECT_EQ(code(agent, assign{crew}), refusal_code::conflict);
  EXPECT_FALSE(code(agent, reply_to_contact{})) << "it may be answered";
}

TEST_F(Commands, S21_AFreeSeatMayBeAssignedByHand) { EXPECT_FALSE(code(agent, assign{free_user})); }

TEST_F(Commands, A36_TheAssigneeMustBeThereActiveAndWorkTheInbox) {
  EXPECT_EQ(pointer(agent, assign{user_id{999}}), "/user");
  EXPECT_EQ(pointer(agent, assign{stranger}), "/user");
  EXPECT_EQ(pointer(agent, assign{admin}), "/user") << "may view, not act";
  EXPECT_EQ(pointer(agent, assign{team_id{999}}), "/team");
  EXPECT_EQ(pointer(agent, assign{}), "/user");
  acme.change(other, [](user& u) { u.active = false; });
  EXPECT_EQ(pointer(agent, assign{other}), "/user");
}

TEST_F(Commands, A23_AClosedConversationMayBeReassigned) {
  talk.status = conversation_status::closed;
  EXPECT_FALSE(code(agent, assign{other}));
}

TEST_F(Commands, S78_SendingOnAnOffChannelIsRefused) {
  acme.change(over, [](channel& c) { c.on = false; });
  EXPECT_EQ(code(agent, reply_to_contact{}), refusal_code::channel_off);
  EXPECT_FALSE(code(agent, add_comment{})) << "comments go nowhere";
  EXPECT_FALSE(code(agent, set_status{conversation_status::closed}));
  acme.config.channels.erase(over);
  EXPECT_EQ(code(agent, reply_to_contact{}), refusal_code::channel_off);
}

TEST_F(Commands, A38_ClosingTheClosedAndOpeningTheOpenConflict) {
  EXPECT_EQ(code(agent, set_status{conversation_status::open}), refusal_code::conflict);
  talk.status = conversation_status::closed;
  EXPECT_EQ(code(agent, set_status{conversation_status::closed}), refusal_code::conflict);
  EXPECT_FALSE(code(agent, set_status{conversation_status::open}));
}

TEST_F(Commands, A23_A38_OnlyOpeningAndAssigningReopenAClosedOne) {
  for (const auto& what : all_commands()) EXPECT_FALSE(reopens(talk, what)) << what.index();
  EXPECT_FALSE(reopens(talk, set_status{conversation_status::open}));
  talk.status = conversation_status::closed;
  for (const auto& what : all_commands()) EXPECT_EQ(reopens(talk, what), std::holds_alternative<assign>(what)) << what.index();
  EXPECT_TRUE(reopens(talk, set_status{conversation_status::open}));
}

TEST_F(Commands, A44_TheDeletedCanOnlyBeRestoredAndFor30Days) {
  EXPECT_EQ(code(agent, restore_conversation{}), refusal_code::conflict);
  talk.deleted_at = noon;
  for (const auto& what : all_commands()) {
    const bool restores = std::holds_alternative<restore_conversation>(what);
    EXPECT_EQ(code(agent, what), restores ? std::nullopt : std::optional{refusal_code::not_found}) << what.index();
  }
  EXPECT_FALSE(code(agent, restore_conversation{}, noon + 30 * 24h - 1ms));
  EXPECT_EQ(code(agent, restore_conversation{}, noon + 30 * 24h), refusal_code::not_found);
}

TEST_F(Commands, A42_MentionsNameUsers) {
  EXPECT_FALSE(code(agent, add_comment{{1}, "", {other}}));
  EXPECT_EQ(pointer(agent, add_comment{{1}, "", {other, user_id{999}}}), "/mentions/1");
}

TEST_F(Commands, AConversationOfAnInboxThatIsGoneIsNotFound) {
  acme.config.inboxes.erase(in);
  EXPECT_EQ(code(agent, reply_to_contact{}), refusal_code::not_found);
}

TEST_F(Commands, S12_S13_ViewingFollowsAccess) {
  EXPECT_TRUE(may_view(acme.config, acme.of(agent), in));
  EXPECT_TRUE(may_view(acme.config, acme.of(admin), in));
  EXPECT_FALSE(may_view(acme.config, acme.of(stranger), in));
  EXPECT_FALSE(may_view(acme.config, acme.of(agent), inbox_id{999}));
}

TEST(MessageStatus, OnlyEverAdvances) {
  using enum message_status;
  const std::vector order{received, accepted, sent, delivered, read, failed};
  const std::set<std::pair<message_status, message_status>> allowed{{accepted, sent},   {accepted, delivered}, {accepted, read},
                                                                    {accepted, failed}, {sent, delivered},     {sent, read},
                                                                    {sent, failed},     {delivered, read}};
  for (const auto from : order)
    for (const auto to : order)
      EXPECT_EQ(advances(from, to), allowed.contains({from, to})) << to_text(from) << " to " << to_text(to);
}

TEST_F(Commands, WhatIsSoAlreadyChangesNothing) {
  EXPECT_TRUE(changes_nothing(talk, unassign{}));
  EXPECT_TRUE(changes_nothing(talk, set_priority{talk.priority}));
  EXPECT_FALSE(changes_nothing(talk, set_priority{priority::urgent}));
  EXPECT_FALSE(changes_nothing(talk, assign{agent}));
  EXPECT_FALSE(changes_nothing(talk, remove_conversation{}));
  talk.assignee = agent;
  EXPECT_FALSE(changes_nothing(talk, unassign{}));
  EXPECT_FALSE(changes_nothing(talk, assign{other}));
  EXPECT_TRUE(changes_nothing(talk, assign{agent}));
  talk.automatic = true;
  EXPECT_FALSE(changes_nothing(talk, assign{agent})) << "by hand, what the rule gave";
  talk.automatic = false;
  talk.accept_by = noon;
  EXPECT_FALSE(changes_nothing(talk, assign{agent})) << "an offer is taken back";
  EXPECT_FALSE(changes_nothing(talk, set_priority{talk.priority})) << "and accepted by who works on it";
  talk.accept_by.reset();
  talk.status = conversation_status::closed;
  EXPECT_FALSE(changes_nothing(talk, assign{agent})) << "A23 reopens it";
}

TEST_F(Commands, S9_WhoWorksTheInboxNoLongerLeavesTheirConversationsBehind) {
  talk.assignee = other;
  auto in = *acme.config.inboxes.find(talk.inbox);
  in.access = {access_mode::specific, {agent}, {}};
  acme.config.inboxes.set(in.id, in);
  EXPECT_TRUE(is_orphan(acme.config, talk));
  acme.change(other, [](user& u) { u.permissions.super_admin = true; });
  EXPECT_TRUE(is_orphan(acme.config, talk)) << "who may only view";
  talk.assignee = agent;
  EXPECT_FALSE(is_orphan(acme.config, talk));
}

TEST_F(Commands, S62_A32_OnlyWhoWasDeletedLeavesTheirConversationsBehind) {
  EXPECT_FALSE(is_orphan(acme.config, talk)) << "nobody's";
  const std::vector<assignee> known{agent, crew};
  for (const auto& who : known) {
    talk.assignee = who;
    EXPECT_FALSE(is_orphan(acme.config, talk));
  }
  talk.assignee = other;
  acme.change(other, [](user& u) { u.active = false; });
  EXPECT_FALSE(is_orphan(acme.config, talk)) << "deactivated";
  acme.config.users.erase(other);
  acme.config.teams.erase(crew);
  const std::vector<assignee> gone{other, crew};
  for (const auto& who : gone) {
    talk.assignee = who;
    EXPECT_TRUE(is_orphan(acme.config, talk));
    auto past = talk;
    past.status = conversation_status::closed;
    EXPECT_FALSE(is_orphan(acme.config, past)) << "closed ones say whose they were";
    past = talk;
    past.deleted_at = noon;
    EXPECT_FALSE(is_orphan(acme.config, past));
  }
}

}  // namespace
}  // namespace signalbox
