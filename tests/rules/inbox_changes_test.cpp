#include "tests/rules/changes_fixture.hpp"
#include "tests/support/sample_zones.hpp"

namespace signalbox {
namespace {

struct InboxChanges : Changes {
  void set_plan(plan to) { acme.config.account.plan = to; }
  set_assignment rule(people named) {
    assignment_rule wanted;
    wanted.enabled = true;
    wanted.candidates = std::move(named);
    return {mail, wanted, std::nullopt};
  }
};

TEST_F(InboxChanges, S4_S72_S73_CreatingInboxesDependsOnThePlan) {
  for (const auto& [of, allowed] :
       {std::pair{plan::free, false}, {plan::starter, false}, {plan::professional, true}, {plan::enterprise, true}}) {
    set_plan(of);
    EXPECT_EQ(code(boss, create_inbox{"Second", {}}), allowed ? std::nullopt : std::optional{refusal_code::plan_limit});
  }
}

TEST_F(InboxChanges, S71_AnInboxHasANameAndAnAccessMode) {
  const auto id = create<inbox_id>(create_inbox{" Support ", {access_mode::specific, {agent, boss, agent}, {crew}, 77}});
  const auto& made = acme.of(id);
  EXPECT_EQ(made.name, "Support");
  EXPECT_FALSE(made.is_default);
  EXPECT_EQ(made.access.mode, access_mode::specific);
  EXPECT_EQ(made.access.users, (std::vector{agent, boss})) << "each once, in the order given";
  EXPECT_EQ(made.access.version, 1u);
  EXPECT_EQ(made.version, 1u);
}

TEST_F(InboxChanges, UnknownAndTooManyInAnAccessListAreInvalid) {
  EXPECT_EQ(pointers(create_inbox{" ", {access_mode::specific, {{999}, agent}, {crew, {998}}, 1}}),
            (strings{"/name", "/access/users/0", "/access/teams/1"}));
  EXPECT_EQ(pointers(set_access{first_inbox, {access_mode::specific, {agent, {999}}, {}, 1}, {}}), strings{"/users/1"});
  access_list crowd{access_mode::specific, std::vector<user_id>(access_list_max + 1, agent), {}, 1};
  EXPECT_EQ(pointers(set_access{first_inbox, crowd, {}}), strings{"/users"});
  crowd.users.pop_back();
  EXPECT_EQ(pointers(set_access{first_inbox, crowd, {}}), strings{});
}

TEST_F(InboxChanges, S6_S7_RenamingChangesTheNameAndNothingElse) {
  const auto before = acme.of(first_inbox);
  make_as(access_admin, rename_inbox{first_inbox, "  Front desk ", 1});
  const auto& after = acme.of(first_inbox);
  EXPECT_EQ(after.name, "Front desk");
  EXPECT_EQ(after.id, before.id);
  EXPECT_TRUE(after.is_default);
  EXPECT_EQ(after.version, 2u);
  EXPECT_EQ(after.access.version, before.access.version);
  EXPECT_EQ(acme.of(mail).inbox, first_inbox);
  for (const char* blank : {"", "   ", "\t\n", "\u00A0\u200B", "a\nb", "\xFF"})
    EXPECT_EQ(pointers(rename_inbox{first_inbox, blank, {}}), strings{"/name"}) << blank;
  EXPECT_EQ(code(boss, rename_inbox{first_inbox, "X", 1}), refusal_code::version_conflict);
}

TEST_F(InboxChanges, S9_S74_AccessIsReplacedWhole) {
  make_as(boss, set_access{first_inbox, {access_mode::specific, {agent}, {crew}, 1}, 1});
  make_as(boss, set_access{first_inbox, {access_mode::specific, {free_user}, {}, 1}, 2});
  const auto& now = acme.of(first_inbox).access;
  EXPECT_EQ(now.users, std::vector{free_user});
  EXPECT_TRUE(now.teams.empty());
  EXPECT_EQ(now.version, 3u);
  EXPECT_EQ(code(boss, set_access{first_inbox, {}, 2}), refusal_code::version_conflict);
}

TEST_F(InboxChanges, S17_AdminsWhoAreNotChosenEditTheSettingsAndAddThemselves) {
  acme.restrict_to(first_inbox, {agent});
  make_as(access_admin, rename_inbox{first_inbox, "Desk", {}});
  make_as(access_admin, set_access{first_inbox, {access_mode::specific, {agent, access_admin}, {}, 1}, {}});
  EXPECT_EQ(code(agent, rename_inbox{first_inbox, "Desk", {}}), refusal_code::access_denied) << "being chosen is not enough";
}

TEST_F(InboxChanges, S76_AfterADowngradeExistingInboxesGoOn) {
  const auto second = create<inbox_id>(create_inbox{"Second", {}});
  set_plan(plan::free);
  make_as(boss, rename_inbox{second, "Still", {}});
  make_as(boss, set_access{second, {access_mode::specific, {agent}, {}, 1}, {}});
  make_as(boss, connect_channel{second, channel_type::chat, "Chat"});
  EXPECT_EQ(code(boss, create_inbox{"Third", {}}), refusal_code::plan_limit);
  make_as(boss, delete_inbox{second});
}

TEST_F(InboxChanges, A62_TheDefaultInboxStays) { EXPECT_EQ(code(boss, delete_inbox{first_inbox}), refusal_code::conflict); }

TEST_F(InboxChanges, A62_DeletingAnInboxDeletesItsChannelsAndWhatServedThem) {
  const auto second = create<inbox_id>(create_inbox{"Second", {}});
  const auto one = create<channel_id>(connect_channel{second, channel_type::chat, "One"});
  const auto two = create<channel_id>(connect_channel{second, channel_type::form, "Two"});
  const auto serves_both = create<token_id>(create_token{token_kind::connector, "both", {one, mail}, "hash", {}, {}});
  const auto serves_gone = create<token_id>(create_token{token_kind::connector, "gone", {one, two}, "hash", {}, {}});
  make_as(boss, delete_inbox{second});
  EXPECT_EQ(touched_last, (std::vector<touched>{second, one, two, serves_both, serves_gone}));
  EXPECT_FALSE(acme.config.channels.find(one));
  EXPECT_TRUE(acme.config.channels.find(mail));
  EXPECT_EQ(acme.config.tokens.find(serves_both)->channels, std::vector{mail});
  EXPECT_FALSE(acme.config.tokens.find(serves_gone)) << "a token without channels must not look like one for all";
}

TEST_F(InboxChanges, S8_S49_S57_S77_AChannelIsConnectedOnAndWithoutAutomaticAssignment) {
  const auto id = create<channel_id>(connect_channel{first_inbox, channel_type::whatsapp, " Phone "});
  const auto& made = acme.of(id);
  EXPECT_EQ(made.inbox, first_inbox);
  EXPECT_EQ(made.type, channel_type::whatsapp);
  EXPECT_EQ(made.name, "Phone");
  EXPECT_TRUE(made.on);
  EXPECT_FALSE(made.assignment.enabled);
  EXPECT_TRUE(made.assignment.only_available);
  EXPECT_TRUE(made.assignment.queue);
  EXPECT_EQ(made.assignment.strategy, strategy::balanced);
  EXPECT_EQ(pointers(connect_channel{first_inbox, channel_type::chat, " "}), strings{"/name"});
}

TEST_F(InboxChanges, A2_S77_ChannelsAreSwitchedAndRenamedByAdmins) {
  make_as(access_admin, update_channel{mail, false, {}, 1});
  EXPECT_FALSE(acme.of(mail).on);
  EXPECT_EQ(acme.of(mail).name, "Channel");
  make_as(access_admin, update_channel{mail, {}, " Post ", 2});
  EXPECT_FALSE(acme.of(mail).on);
  EXPECT_EQ(acme.of(mail).name, "Post");
  EXPECT_EQ(code(boss, update_channel{mail, true, {}, 2}), refusal_code::version_conflict);
  EXPECT_EQ(pointers(update_channel{mail, {}, "", {}}), strings{"/name"});
}

TEST_F(InboxChanges, A8_ADeletedChannelLeavesItsTokens) {
  const auto other = acme.add_channel(first_inbox);
  const auto both = create<token_id>(create_token{token_kind::connector, "both", {mail, other}, "hash", {}, {}});
  make_as(boss, delete_channel{mail});
  EXPECT_EQ(touched_last, (std::vector<touched>{mail, both}));
  EXPECT_EQ(acme.config.tokens.find(both)->channels, std::vector{other});
}

TEST_F(InboxChanges, S48_OnlyAPaidSeatSetsAssignmentRules) {
  const auto free_admin = acme.add_user(seat::free, {.super_admin = true});
  EXPECT_EQ(code(free_admin, rule({{agent}, {}})), refusal_code::seat_required);
  EXPECT_EQ(code(agent, rule({{agent}, {}})), refusal_code::access_denied) << "and A2 holds";
  EXPECT_FALSE(code(access_admin, rule({{agent}, {}})));
}

TEST_F(InboxChanges, S60_AFreeSeatInARuleIsRefusedWhenSaved) {
  EXPECT_EQ(code(boss, rule({{agent, free_user}, {}})), refusal_code::seat_required);
  auto by_fallback = rule({});
  by_fallback.rule.assign_to = assign_to::contact_owner;
  by_fallback.rule.fallback.users = {free_user};
  EXPECT_EQ(code(boss, by_fallback), refusal_code::seat_required);
}

TEST_F(InboxChanges, S61_ATeamNeedsOneMainMemberWithAPaidSeat) {
  EXPECT_EQ(code(boss, rule({{}, {crew}})), refusal_code::seat_required) << "nobody in it";
  auto by_fallback = rule({});
  by_fallback.rule.assign_to = assign_to::contact_owner;
  by_fallback.rule.fallback.teams = {crew};
  EXPECT_EQ(code(boss, by_fallback), refusal_code::seat_required) << "of the fallback people too";
  acme.join(free_user, crew);
  acme.join(boss, crew, false);
  EXPECT_EQ(code(boss, rule({{}, {crew}})), refusal_code::seat_required) << "A18: an extra member isn't meant";
  acme.join(agent, crew);
  EXPECT_FALSE(code(boss, rule({{}, {crew}}))) << "free members are skipped";
  acme.change(agent, [](user& u) { u.active = false; });
  EXPECT_EQ(code(boss, rule({{}, {crew}})), refusal_code::seat_required);
}

TEST_F(InboxChanges, ARuleIsReplacedWholeAndHasItsOwnVersion) {
  auto wanted = rule({{agent, boss, agent}, {}});
  wanted.rule.strategy = strategy::round_robin;
  wanted.rule.queue = false;
  wanted.rule.version = 50;
  wanted.if_match = 1;
  make_as(boss, wanted);
  const auto& saved = acme.of(mail).assignment;
  EXPECT_TRUE(saved.enabled);
  EXPECT_EQ(saved.candidates.users, (std::vector{agent, boss}));
  EXPECT_EQ(saved.strategy, strategy::round_robin);
  EXPECT_FALSE(saved.queue);
  EXPECT_EQ(saved.version, 2u);
  EXPECT_EQ(code(boss, wanted), refusal_code::version_conflict);
}

TEST_F(InboxChanges, StrangersInARuleAreInvalid) {
  auto wanted = rule({{agent, {999}}, {{998}}});
  wanted.rule.fallback = {{{999}}, {}};
  EXPECT_EQ(pointers(wanted), (strings{"/users/1", "/teams/0", "/fallback/users/0"}));
  EXPECT_EQ(pointers(rule({std::vector<user_id>(access_list_max + 1, agent), {}})), strings{"/users"});
}

TEST_F(InboxChanges, A25_BusinessHoursAreSetWholeAndTakenAway) {
  using namespace std::chrono;
  const sys_days christmas = year{2026} / 12 / 25;
  const sys_days eve = year{2026} / 12 / 24;
  make_as(boss,
          update_channel{mail, {}, {}, {}, {}, timetable{" Europe/Berlin ", {{0, 540, 1020}}, {christmas, eve, christmas}}});
  const timetable kept{"Europe/Berlin", {{0, 540, 1020}}, {eve, christmas}};
  EXPECT_EQ(acme.of(mail).business_hours, kept);
  make_as(boss, update_channel{mail, {}, "Post", {}});
  EXPECT_EQ(acme.of(mail).business_hours, kept) << "what isn't named stays";
  make_as(boss, update_channel{mail, {}, {}, {}, {}, std::optional<timetable>{}});
  EXPECT_EQ(acme.of(mail).business_hours, std::nullopt);
}

TEST_F(InboxChanges, A25_WrongBusinessHoursAreNamed) {
  timetable wrong{"Mars/Phobos", {{0, 540, 540}}, std::vector<std::chrono::sys_days>(holidays_max + 1)};
  const sample_zones zones;
  auto context = by(boss);
  context.zones = &zones;
  const auto refused = try_as(context, update_channel{mail, {}, {}, {}, {}, wrong});
  const auto* no = std::get_if<refusal>(&refused);
  ASSERT_TRUE(no);
  strings where;
  for (const auto& error : no->errors) where.push_back(error.pointer);
  EXPECT_EQ(where, (strings{"/business_hours/time_zone", "/business_hours/hours/0", "/business_hours/holidays"}));
  EXPECT_EQ(code(agent, update_channel{mail, {}, {}, {}, {}, timetable{}}), refusal_code::access_denied);
}

}  // namespace
}  // namespace signalbox
