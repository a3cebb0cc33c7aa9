#include "tests/rules/changes_fixture.hpp"
#include "tests/support/sample_zones.hpp"

namespace signalbox {
namespace {

using UserChanges = Changes;

update_user patch(user_id who, user_fields fields) { return {who, std::move(fields), std::nullopt}; }

TEST_F(UserChanges, AUserIsMadeOfNamesEmailAndSeat) {
  const auto id = create<user_id>(create_user{person(" Ada@Example.com ", seat::free)});
  const auto& made = acme.of(id);
  EXPECT_EQ(made.email, "Ada@Example.com");
  EXPECT_EQ(made.first_name, "Ada");
  EXPECT_EQ(made.seat, seat::free);
  EXPECT_TRUE(made.active);
  EXPECT_EQ(made.time_zone, "UTC");
  EXPECT_EQ(made.capacity, std::nullopt);
  EXPECT_EQ(made.permissions, permissions{});
  EXPECT_EQ(made.version, 1u);
  EXPECT_EQ(made.created_at, noon);
  EXPECT_EQ(touched_last, std::vector<touched>{id});
}

TEST_F(UserChanges, WhatIsRequiredIsNamedAllAtOnce) {
  EXPECT_EQ(pointers(create_user{}), (strings{"/first_name", "/last_name", "/email", "/seat"}));
}

TEST_F(UserChanges, EveryWrongFieldHasItsPointer) {
  auto fields = person("no address");
  fields.first_name = " ";
  fields.last_name = std::string(name_bytes_max + 1, 'x');
  fields.time_zone = "";
  fields.capacity = std::optional<std::uint32_t>{100'001};
  fields.teams = std::vector<team_membership>{{crew, true}, {{999}, true}};
  fields.working_hours = std::vector<working_span>{{0, 540, 1020}, {7, 0, 60}, {1, 60, 60}, {6, 0, 1441}};
  EXPECT_EQ(pointers(create_user{fields}), (strings{"/first_name", "/last_name", "/email", "/time_zone", "/teams/1", "/capacity",
                                                    "/working_hours/1", "/working_hours/2", "/working_hours/3"}));
  fields = person("ada@example.com");
  fields.teams = std::vector<team_membership>{{crew, true}, {crew, false}};
  EXPECT_EQ(pointers(create_user{fields}), strings{"/teams"});
}

TEST_F(UserChanges, LimitsAreInclusive) {
  auto fields = person("ada@example.com");
  fields.first_name = std::string(name_bytes_max, 'x');
  fields.capacity = std::optional<std::uint32_t>{100'000};
  fields.working_hours = std::vector<working_span>{{6, 0, 1440}};
  const auto id = create<user_id>(create_user{fields});
  make_as(boss, patch(id, {.capacity = std::optional<std::uint32_t>{0}}));
  EXPECT_EQ(acme.of(id).capacity, 0u);
  make_as(boss, patch(id, {.capacity = std::optional<std::uint32_t>{}}));
  type_capacities some{};
  some[static_cast<std::size_t>(channel_type::chat)] = 3;
  make_as(boss, patch(id, {.capacity_by_type = some}));
  EXPECT_EQ(acme.of(id).capacity_by_type, some);
  some[static_cast<std::size_t>(channel_type::chat)] = 100'001;
  EXPECT_EQ(pointers(patch(id, {.capacity_by_type = some})), (strings{"/capacity_by_type/chat"}));
  EXPECT_EQ(acme.of(id).capacity, std::nullopt);
}

TEST_F(UserChanges, EmailsAreUniqueWhateverTheirCase) {
  create<user_id>(create_user{person("ada@example.com")});
  EXPECT_EQ(code(boss, create_user{person("ADA@example.com")}), refusal_code::address_taken);
  EXPECT_EQ(code(boss, patch(agent, {.email = "Ada@Example.Com"})), refusal_code::address_taken);
  emails_elsewhere = {"bob@example.com"};
  EXPECT_EQ(code(boss, create_user{person("Bob@example.com")}), refusal_code::address_taken);
  emails_elsewhere.insert(acme.of(agent).email);
  make_as(boss, patch(agent, {.email = acme.of(agent).email}));
  make_as(boss, patch(agent, {.email = "USER" + acme.of(agent).email.substr(4)}));
}

TEST_F(UserChanges, APatchChangesWhatItNames) {
  const auto before = acme.of(agent);
  make_as(boss, update_user{agent, {.last_name = "Changed"}, before.version});
  const auto& after = acme.of(agent);
  EXPECT_EQ(after.last_name, "Changed");
  EXPECT_EQ(after.first_name, before.first_name);
  EXPECT_EQ(after.email, before.email);
  EXPECT_EQ(after.version, before.version + 1);
  EXPECT_EQ(code(boss, update_user{agent, {.last_name = "Again"}, before.version}), refusal_code::version_conflict);
}

TEST_F(UserChanges, OneMayChangeOnesOwnNameButNotOnesRights) {
  make_as(agent, patch(agent, {.first_name = "Me", .password_hash = "hash", .time_zone = "Europe/Paris"}));
  EXPECT_EQ(acme.of(agent).first_name, "Me");
  user_fields fields;
  fields.seat = seat::paid;
  EXPECT_EQ(code(agent, patch(agent, fields)), refusal_code::access_denied);
  EXPECT_EQ(code(agent, patch(agent, {.email = "me@example.com"})), refusal_code::access_denied);
  EXPECT_EQ(code(agent, patch(agent, {.permissions = permissions{.super_admin = true}})), refusal_code::access_denied);
  EXPECT_EQ(code(agent, patch(free_user, {.first_name = "You"})), refusal_code::access_denied);
}

TEST_F(UserChanges, OnlyASuperAdminMakesOrChangesASuperAdmin) {
  auto crowned = person("ada@example.com");
  crowned.permissions = permissions{.super_admin = true};
  EXPECT_EQ(code(access_admin, create_user{crowned}), refusal_code::access_denied);
  EXPECT_EQ(code(access_admin, patch(access_admin, {.permissions = permissions{.super_admin = true}})),
            refusal_code::access_denied);
  EXPECT_EQ(code(access_admin, patch(boss, {.password_hash = "mine"})), refusal_code::access_denied);
  EXPECT_EQ(code(access_admin, delete_user{acme.add_super_admin()}), refusal_code::access_denied);
  make_as(boss, create_user{crowned});
  make_as(access_admin, patch(agent, {.permissions = permissions{.account_access = true}}));
}

TEST_F(UserChanges, TheLastActiveSuperAdminStays) {
  user_fields demoted{.permissions = permissions{.account_access = true}};
  user_fields deactivated;
  deactivated.active = false;
  const std::vector<account_change> all{delete_user{boss}, patch(boss, demoted), patch(boss, deactivated)};
  for (const auto& what : all) EXPECT_EQ(code(boss, what), refusal_code::conflict);
  const auto second = acme.add_super_admin();
  for (const auto& what : all) EXPECT_FALSE(code(boss, what));
  acme.change(second, [](user& u) { u.active = false; });
  for (const auto& what : all) EXPECT_EQ(code(std::nullopt, what), refusal_code::conflict) << "an inactive one doesn't count";
}

TEST_F(UserChanges, DeletingAUserTakesThemFromAccessListsAndRevokesTheirTokens) {
  const auto second_inbox = acme.add_inbox();
  acme.restrict_to(second_inbox, {agent, boss});
  acme.change(mail, [&](channel& c) { c.assignment.candidates.users = {agent}; });
  const auto theirs = std::get<token_id>(make_as(agent, create_token{token_kind::user, "mine", {}, "hash", {}, {}}));
  const auto mine = create<token_id>(create_token{token_kind::user, "mine", {}, "hash", {}, {}});
  make_as(boss, delete_user{agent});
  EXPECT_EQ(touched_last, (std::vector<touched>{agent, second_inbox, mail, theirs}));
  EXPECT_FALSE(acme.config.users.find(agent));
  EXPECT_EQ(acme.of(second_inbox).access.users, std::vector{boss});
  EXPECT_EQ(acme.of(second_inbox).access.version, 2u);
  EXPECT_FALSE(acme.config.tokens.find(theirs));
  EXPECT_TRUE(acme.config.tokens.find(mine));
}

TEST_F(UserChanges, NoRuleNamesAUserWhoWasDeleted) {
  const auto other = acme.add_agent();
  const auto chat = acme.add_channel(first_inbox);
  const auto untouched = acme.add_channel(first_inbox);
  acme.change(mail, [&](channel& c) {
    c.assignment.enabled = true;
    c.assignment.candidates.users = {agent};
    c.assignment.fallback.users = {other, agent};
  });
  acme.change(chat, [&](channel& c) { c.tickets.owner = {ticket_owner::user, agent}; });
  acme.change(untouched, [&](channel& c) { c.assignment.candidates.users = {other}; });
  make_as(boss, delete_user{agent});
  EXPECT_EQ(touched_last, (std::vector<touched>{agent, mail, chat}));
  EXPECT_TRUE(acme.of(mail).assignment.enabled) << "left without anybody it stays on, and assigns nobody";
  EXPECT_TRUE(acme.of(mail).assignment.candidates.users.empty());
  EXPECT_EQ(acme.of(mail).assignment.fallback.users, std::vector{other});
  EXPECT_EQ(acme.of(mail).assignment.version, 2u);
  EXPECT_EQ(acme.of(mail).tickets.version, 1u);
  EXPECT_EQ(acme.of(chat).tickets.owner, ticket_owner_choice{}) << "the conversation's owner's again";
  EXPECT_EQ(acme.of(chat).tickets.version, 2u);
  EXPECT_EQ(acme.of(chat).assignment.version, 1u);
  EXPECT_EQ(acme.of(untouched).assignment.version, 1u);
}

TEST_F(UserChanges, S62_WhoIsOnlyDeactivatedStaysListed) {
  acme.change(mail, [&](channel& c) { c.assignment.candidates.users = {agent}; });
  make_as(boss, patch(agent, {.active = false}));
  EXPECT_EQ(touched_last, (std::vector<touched>{agent}));
  EXPECT_EQ(acme.of(mail).assignment.candidates.users, std::vector{agent});
}

TEST_F(UserChanges, NoRuleNamesATeamThatWasDeleted) {
  acme.change(mail, [&](channel& c) {
    c.assignment.candidates.teams = {crew};
    c.assignment.fallback.teams = {crew};
  });
  make_as(boss, delete_team{crew});
  EXPECT_EQ(touched_last, (std::vector<touched>{crew, mail}));
  EXPECT_TRUE(acme.of(mail).assignment.candidates.teams.empty());
  EXPECT_TRUE(acme.of(mail).assignment.fallback.teams.empty());
  EXPECT_EQ(acme.of(mail).assignment.version, 2u);
}

TEST_F(UserChanges, TeamsHaveMembersMainAndExtra) {
  const auto made = create<team_id>(create_team{" Night ", {{agent, true}, {free_user, false}}});
  EXPECT_EQ(acme.config.teams.find(made)->name, "Night");
  EXPECT_EQ(acme.of(agent).teams, (std::vector<team_membership>{{made, true}}));
  EXPECT_EQ(acme.of(free_user).teams, (std::vector<team_membership>{{made, false}}));
  EXPECT_EQ(acme.of(agent).version, 2u);
  EXPECT_EQ(touched_last, (std::vector<touched>{made, agent, free_user}));

  acme.join(agent, crew);
  make_as(boss, update_team{made, std::nullopt, std::vector<team_member>{{boss, true}, {free_user, false}}, 1});
  EXPECT_EQ(acme.of(agent).teams, (std::vector<team_membership>{{crew, true}}));
  EXPECT_EQ(acme.of(boss).teams, (std::vector<team_membership>{{made, true}}));
  EXPECT_EQ(touched_last, (std::vector<touched>{made, boss, agent})) << "whose membership stays as it was is left alone";
  EXPECT_EQ(acme.config.teams.find(made)->name, "Night");
  EXPECT_EQ(code(boss, update_team{made, "Day", std::nullopt, 1}), refusal_code::version_conflict);

  make_as(boss, update_team{made, "Day", std::nullopt, 2});
  EXPECT_EQ(acme.of(boss).teams.size(), 1u);
  make_as(boss, update_team{made, std::nullopt, std::vector<team_member>{{boss, false}}, std::nullopt});
  EXPECT_FALSE(acme.of(boss).teams[0].main);
}

TEST_F(UserChanges, TeamsRefuseStrangersAndTwins) {
  EXPECT_EQ(pointers(create_team{"", {{agent, true}, {{999}, true}, {agent, false}}}),
            (strings{"/name", "/members/1/user", "/members/2/user"}));
  EXPECT_EQ(pointers(update_team{crew, " ", std::vector<team_member>{{{999}, true}}, std::nullopt}),
            (strings{"/name", "/members/0/user"}));
  EXPECT_EQ(pointers(create_team{"Crowd", std::vector<team_member>(access_list_max + 1)}), strings{"/members"});
}

TEST_F(UserChanges, DeletingATeamEndsItsMembershipsAndAccess) {
  acme.join(agent, crew);
  acme.join(free_user, crew, false);
  acme.restrict_to(first_inbox, {boss}, {crew});
  make_as(boss, delete_team{crew});
  EXPECT_EQ(touched_last, (std::vector<touched>{crew, agent, free_user, first_inbox}));
  EXPECT_FALSE(acme.config.teams.find(crew));
  EXPECT_TRUE(acme.of(agent).teams.empty());
  EXPECT_TRUE(acme.of(first_inbox).access.teams.empty());
  EXPECT_EQ(acme.of(first_inbox).access.mode, access_mode::specific) << "nobody gains access by it";
}

TEST_F(UserChanges, A27_AZoneThatIsNotKnownIsRefused) {
  const sample_zones zones;
  auto context = by(boss);
  context.zones = &zones;
  const auto refused = try_as(context, patch(agent, {.time_zone = "Mars/Phobos"}));
  const auto* no = std::get_if<refusal>(&refused);
  ASSERT_TRUE(no);
  EXPECT_EQ(no->code, refusal_code::invalid);
  EXPECT_EQ(no->errors.front().pointer, "/time_zone");
  EXPECT_TRUE(std::holds_alternative<applied_change>(try_as(context, patch(agent, {.time_zone = " Europe/Berlin "}))));
}

TEST_F(UserChanges, A27_WorkingHoursMayCrossMidnightButNotBeEmpty) {
  make_as(agent, patch(agent, {.working_hours = std::vector<working_span>{{6, 22 * 60, 6 * 60}, {0, 23 * 60, 0}}}));
  EXPECT_EQ(acme.of(agent).working_hours.front(), (working_span{6, 22 * 60, 6 * 60}));
  EXPECT_EQ(pointers(patch(agent, {.working_hours = std::vector<working_span>{{6, 1440, 60}, {6, 60, 60}, {6, 60, 61}}})),
            (strings{"/working_hours/0", "/working_hours/1"}));
  EXPECT_EQ(pointers(patch(agent, {.working_hours = std::vector<working_span>(working_spans_max + 1)})),
            strings{"/working_hours"});
}

TEST_F(UserChanges, A28_OutOfOfficeSpansAreOrderedAndEndAfterTheyBegin) {
  using namespace std::chrono_literals;
  const std::vector<out_of_office_span> spans{{noon + 5h, noon + 6h, " trip "}, {noon, noon + 1h, "  "}};
  make_as(agent, patch(agent, {.out_of_office = spans}));
  EXPECT_EQ(acme.of(agent).out_of_office,
            (std::vector<out_of_office_span>{{noon, noon + 1h, std::nullopt}, {noon + 5h, noon + 6h, "trip"}}));
  const std::vector<out_of_office_span> wrong{
      {noon, noon, {}}, {noon, noon + 1h, std::string(501, 'x')}, {noon + 1h, noon, {}}, {noon, noon + 1h, "a\nb"}};
  EXPECT_EQ(pointers(patch(agent, {.out_of_office = wrong})),
            (strings{"/out_of_office/0/to", "/out_of_office/1/note", "/out_of_office/2/to", "/out_of_office/3/note"}));
  EXPECT_EQ(pointers(patch(agent, {.out_of_office = std::vector<out_of_office_span>(out_of_office_max + 1)})),
            strings{"/out_of_office"});
  EXPECT_EQ(code(agent, patch(free_user, {.out_of_office = spans})), refusal_code::access_denied);
}

}  // namespace
}  // namespace signalbox
