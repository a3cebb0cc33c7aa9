#include "rules/account_changes.hpp"

#include "rules/pipeline.hpp"
#include "tests/rules/changes_fixture.hpp"

namespace signalbox {
namespace {

using AccountChanges = Changes;

new_account acme_to_be() {
  new_account wanted;
  wanted.name = " Acme ";
  wanted.subdomain = "acme";
  wanted.admin = person("ada@example.com");
  return wanted;
}

TEST_F(AccountChanges, S5_AnAccountIsFoundedWithOneInboxAndOneSuperAdmin) {
  auto result = found_account(acme_to_be(), by(std::nullopt));
  const auto& founded = std::get<applied_change>(result);
  EXPECT_EQ(founded.config.account.name, "Acme");
  EXPECT_EQ(founded.config.account.plan, plan::free);
  EXPECT_EQ(founded.config.revision, 1u);
  ASSERT_EQ(founded.config.inboxes.size(), 1u);
  ASSERT_EQ(founded.config.users.size(), 1u);
  const auto in = founded.config.inboxes.ordered().front();
  const auto first = founded.config.users.ordered().front();
  EXPECT_TRUE(in->is_default);
  EXPECT_EQ(in->access.mode, access_mode::everyone);
  EXPECT_TRUE(first->permissions.super_admin);
  EXPECT_EQ(first->seat, seat::paid);
  EXPECT_TRUE(first->active);
  EXPECT_EQ(founded.all,
            (std::vector<touched>{founded.config.account.id, in->id, first->id, pipeline_id{founded.config.account.id.value}}));
}

TEST_F(AccountChanges, TheFirstUserIsSuperAdminWhateverWasAsked) {
  auto wanted = acme_to_be();
  wanted.admin.seat = seat::free;
  wanted.admin.permissions = permissions{};
  wanted.admin.active = false;
  auto result = found_account(wanted, by(std::nullopt));
  const auto first = std::get<applied_change>(result).config.users.ordered().front();
  EXPECT_TRUE(first->permissions.super_admin);
  EXPECT_EQ(first->seat, seat::paid);
  EXPECT_TRUE(first->active);
}

TEST_F(AccountChanges, FoundingIsTheOperators) {
  auto result = found_account(acme_to_be(), by(boss));
  EXPECT_EQ(std::get<refusal>(result).code, refusal_code::access_denied);
}

TEST_F(AccountChanges, FoundingChecksEveryField) {
  auto wanted = acme_to_be();
  wanted.name = "  ";
  wanted.subdomain = "Acme";
  wanted.admin = {};
  wanted.admin.email = "nobody";
  auto result = found_account(wanted, by(std::nullopt));
  std::set<std::string> pointers;
  for (const auto& error : std::get<refusal>(result).errors) pointers.insert(error.pointer);
  EXPECT_EQ(pointers, (std::set<std::string>{"/name", "/subdomain", "/admin/first_name", "/admin/last_name", "/admin/email"}));

  emails_elsewhere = {"ada@example.com"};
  wanted = acme_to_be();
  wanted.admin.email = "Ada@Example.com";
  result = found_account(wanted, by(std::nullopt));
  EXPECT_EQ(std::get<refusal>(result).code, refusal_code::address_taken);
}

TEST_F(AccountChanges, NamesAndPlansChange) {
  make_as(access_admin, rename_account{"Beta", plan::starter, 1});
  EXPECT_EQ(acme.config.account.name, "Beta");
  EXPECT_EQ(acme.config.account.plan, plan::starter);
  EXPECT_EQ(acme.config.account.version, 2u);
  make_as(std::nullopt, rename_account{std::nullopt, plan::enterprise, std::nullopt});
  EXPECT_EQ(acme.config.account.name, "Beta");
  EXPECT_EQ(code(boss, rename_account{"Gamma", std::nullopt, 2}), refusal_code::version_conflict);
  EXPECT_EQ(pointers(rename_account{"\t", std::nullopt, std::nullopt}), strings{"/name"});
}

TEST_F(AccountChanges, OnlyAdminsChangeTheConfiguration) {
  const std::vector<account_change> all{
      rename_account{"X", {}, {}},
      create_user{person("x@example.com")},
      update_user{boss, {.first_name = "X"}, {}},
      delete_user{free_user},
      create_team{"X", {}},
      update_team{crew, "X", {}, {}},
      delete_team{crew},
      create_inbox{"X", {}},
      rename_inbox{first_inbox, "X", {}},
      set_access{first_inbox, {}, {}},
      delete_inbox{first_inbox},
      connect_channel{first_inbox, channel_type::custom, "X"},
      update_channel{mail, false, {}, {}},
      set_assignment{mail, {}, {}},
      delete_channel{mail},
      create_token{token_kind::connector, "X", {mail}, "hash", {}, {}},
      revoke_token{{999}},
      create_webhook{},
      update_webhook{},
      pause_webhook{},
      delete_webhook{},
      set_fallback_email{.inbox = first_inbox, .company = "X"},
      verify_address{.inbox = first_inbox, .address = "x@example.com"},
      set_mail_filters{first_inbox, {}, {}},
      set_tickets{mail, {}, {}},
      create_pipeline{"X", {}},
      update_pipeline{},
      delete_pipeline{},
      rotate_webhook_secret{},
  };
  EXPECT_EQ(all.size(), std::variant_size_v<account_change>);
  const auto availability_admin = acme.add_user(seat::paid, {.availability_management = true});
  for (const auto& what : all)
    for (const auto who : {agent, free_user, availability_admin})
      EXPECT_EQ(code(who, what), refusal_code::access_denied) << "change " << what.index();
}

TEST_F(AccountChanges, WhoAsksMustBeAnActiveUserOfThisAccount) {
  const account_change rename = rename_account{"X", {}, {}};
  acme.add_super_admin();
  acme.change(boss, [](user& u) { u.active = false; });
  EXPECT_EQ(code(boss, rename), refusal_code::unauthorized);
  EXPECT_EQ(code(user_id{999}, rename), refusal_code::unauthorized);

  auto connector = by(access_admin);
  connector.by.user.reset();
  EXPECT_EQ(std::get<refusal>(try_as(connector, rename)).code, refusal_code::access_denied);
  auto foreign = by(access_admin);
  foreign.by.account = account_id{998};
  EXPECT_EQ(std::get<refusal>(try_as(foreign, rename)).code, refusal_code::not_found);
}

TEST_F(AccountChanges, WhatIsSoAlreadyIsNoChange) {
  acme.join(agent, crew);
  acme.restrict_to(first_inbox, {agent}, {crew});
  const auto pipe = create<pipeline_id>(create_pipeline{"Sales", {{std::nullopt, "New", false}}});
  const auto hook = create<webhook_id>(create_webhook{{.url = "https://a.example/", .name = "a"}, "secret"});
  const auto way = default_pipeline(acme.config.account.id, noon);
  acme.config.pipelines.set(way.id, way);
  const auto in = acme.of(first_inbox);
  const auto over = acme.of(mail);
  const auto stage = acme.config.pipelines.find(pipe)->stages.front();
  set_fallback_email fallback{.inbox = first_inbox, .company = "Acme"};
  make_as(boss, fallback);
  const std::vector<account_change> all{
      rename_account{acme.config.account.name, acme.config.account.plan, {}},
      update_user{agent, {.first_name = acme.of(agent).first_name, .seat = seat::paid, .capacity = acme.of(agent).capacity}, {}},
      update_user{agent, {}, {}},
      update_team{crew, acme.config.teams.find(crew)->name, std::vector<team_member>{{agent, true}}, {}},
      rename_inbox{first_inbox, " " + in.name + " ", {}},
      set_access{first_inbox, in.access, {}},
      set_mail_filters{first_inbox, in.filters, {}},
      fallback,
      update_channel{mail, over.on, over.name, {}},
      set_assignment{mail, over.assignment, {}},
      set_tickets{mail, over.tickets, {}},
      update_pipeline{pipe, "Sales", std::vector<stage_fields>{{stage.id, stage.name, stage.closed}}, {}},
      update_webhook{hook, {.url = "https://a.example/"}, false, {}},
  };
  for (const auto& what : all) {
    const auto done = try_as(by(boss), what);
    const auto* applied = std::get_if<applied_change>(&done);
    ASSERT_TRUE(applied) << "change " << what.index() << " " << std::get<refusal>(done).detail;
    EXPECT_TRUE(applied->all.empty()) << "change " << what.index();
    EXPECT_EQ(applied->first, make_as(boss, what)) << "and is answered with what it asked for";
  }
  EXPECT_EQ(code(boss, rename_inbox{first_inbox, acme.of(first_inbox).name, 99}), refusal_code::version_conflict);
}

TEST_F(AccountChanges, AChangeOfMembersAloneRaisesTheTeamsVersion) {
  make_as(boss, update_team{crew, {}, std::vector<team_member>{{agent, true}}, {}});
  EXPECT_EQ(acme.config.teams.find(crew)->version, 2u);
  make_as(boss, update_team{crew, {}, std::vector<team_member>{{agent, true}}, {}});
  EXPECT_EQ(acme.config.teams.find(crew)->version, 2u);
}

TEST_F(AccountChanges, TheUnknownIsNotFound) {
  for (const account_change& what : std::vector<account_change>{
           update_user{{999}, {}, {}}, delete_user{{999}}, update_team{{999}, {}, {}, {}}, delete_team{{999}},
           rename_inbox{{999}, "X", {}}, set_access{{999}, {}, {}}, delete_inbox{{999}},
           connect_channel{{999}, channel_type::chat, "X"}, update_channel{{999}, {}, {}, {}}, set_assignment{{999}, {}, {}},
           delete_channel{{999}}, revoke_token{{999}}})
    EXPECT_EQ(code(boss, what), refusal_code::not_found) << "change " << what.index();
}

}  // namespace
}  // namespace signalbox
