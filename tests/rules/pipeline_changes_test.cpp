#include "rules/pipeline.hpp"
#include "tests/rules/changes_fixture.hpp"

namespace signalbox {
namespace {

struct Pipelines : Changes {
  pipeline_id first = give_default();
  pipeline_id give_default() {
    auto made = default_pipeline(acme.config.account.id, noon);
    const auto id = made.id;
    acme.config.pipelines.set(id, std::move(made));
    return id;
  }
  [[nodiscard]] const pipeline& of(pipeline_id id) const { return *acme.config.pipelines.find(id); }
  [[nodiscard]] const ticket_rule& rule() const { return acme.of(mail).tickets; }
  set_tickets put(std::optional<pipeline_id> pipeline, std::optional<stage_id> stage, ticket_owner_choice owner = {}) const {
    return {mail, {true, pipeline, stage, owner, 1}, std::nullopt};
  }
};

TEST_F(Pipelines, S64_EveryAccountBeginsWithOne) {
  new_account wanted;
  wanted.name = "Beta";
  wanted.subdomain = "beta";
  wanted.admin = person("ada@beta.example");
  wanted.admin.password_hash = "x";
  const auto made = found_account(wanted, by(std::nullopt));
  ASSERT_TRUE(std::holds_alternative<applied_change>(made)) << std::get<refusal>(made).detail;
  const auto& config = std::get<applied_change>(made).config;
  const auto* way = default_pipeline_of(config);
  ASSERT_TRUE(way);
  EXPECT_TRUE(way->is_default);
  EXPECT_EQ(way->stages.size(), 4u);
  EXPECT_FALSE(way->stages.front().closed);
  EXPECT_TRUE(way->stages.back().closed);
  const auto& all = std::get<applied_change>(made).all;
  EXPECT_TRUE(std::find(all.begin(), all.end(), touched{way->id}) != all.end());
}

TEST_F(Pipelines, AreMadeAndChangedByWhoAdministers) {
  const auto made = create<pipeline_id>(create_pipeline{" Returns ", {{{}, "Asked", false}, {{}, "Sent back", true}}});
  EXPECT_EQ(of(made).name, "Returns");
  EXPECT_FALSE(of(made).is_default);
  const auto asked = of(made).stages[0].id;
  const auto back = of(made).stages[1].id;
  EXPECT_NE(asked, back);
  EXPECT_EQ(code(agent, create_pipeline{"x", {{{}, "a", false}}}), refusal_code::access_denied);
  EXPECT_EQ(code(agent, update_pipeline{made, "x", {}, {}}), refusal_code::access_denied);
  EXPECT_EQ(code(agent, delete_pipeline{made}), refusal_code::access_denied);

  make_as(access_admin, update_pipeline{made, {}, {{{back, "Returned", true}, {{}, "Lost", true}, {asked, "Asked", false}}}, 1});
  EXPECT_EQ(of(made).version, 2u);
  ASSERT_EQ(of(made).stages.size(), 3u);
  EXPECT_EQ(of(made).stages[0].id, back);
  EXPECT_EQ(of(made).stages[0].name, "Returned");
  EXPECT_EQ(of(made).stages[2].id, asked);
  EXPECT_EQ(code(boss, update_pipeline{made, "y", {}, 1}), refusal_code::version_conflict);
  EXPECT_EQ(code(boss, update_pipeline{pipeline_id{99'999}, "y", {}, {}}), refusal_code::not_found);
}

TEST_F(Pipelines, WrongFieldsAreNamed) {
  EXPECT_EQ(pointers(create_pipeline{" ", {}}), (strings{"/name", "/stages"}));
  EXPECT_EQ(pointers(create_pipeline{"x", {{{}, "", false}, {stage_id{7}, "a", false}}}),
            (strings{"/stages/0/name", "/stages/1/id"}));
  EXPECT_EQ(pointers(create_pipeline{"x", std::vector<stage_fields>(pipeline_stages_max + 1, {{}, "a", false})}),
            (strings{"/stages"}));
  const auto begin = of(first).stages[0].id;
  EXPECT_EQ(pointers(update_pipeline{first, {}, {{{begin, "a", false}, {begin, "b", false}}}, {}}), (strings{"/stages/1/id"}));
}

TEST_F(Pipelines, TheDefaultOneAndThoseThatARuleNamesStay) {
  EXPECT_EQ(code(boss, delete_pipeline{first}), refusal_code::conflict);
  const auto made = create<pipeline_id>(create_pipeline{"Returns", {{{}, "Asked", false}, {{}, "Back", true}}});
  const auto stages = of(made).stages;
  make_as(boss, put(made, stages[1].id));
  EXPECT_EQ(code(boss, delete_pipeline{made}), refusal_code::conflict);
  EXPECT_EQ(code(boss, update_pipeline{made, {}, {{{stages[0].id, "Asked", false}}}, {}}), refusal_code::conflict);
  make_as(boss, put(std::nullopt, std::nullopt));
  const auto gone = stages_given_up(acme.config, delete_pipeline{made});
  EXPECT_EQ(gone, (std::vector<stage_id>{stages[0].id, stages[1].id}));
  EXPECT_EQ(stages_given_up(acme.config, update_pipeline{made, {}, {{{stages[0].id, "Asked", false}}}, {}}),
            std::vector<stage_id>{stages[1].id});
  EXPECT_TRUE(stages_given_up(acme.config, update_pipeline{made, "x", {}, {}}).empty());
  make_as(boss, delete_pipeline{made});
  EXPECT_FALSE(acme.config.pipelines.find(made));
}

TEST_F(Pipelines, S64_ARuleNamesWhatThereIs) {
  const auto made = create<pipeline_id>(create_pipeline{"Returns", {{{}, "Asked", false}, {{}, "Back", true}}});
  const auto back = of(made).stages[1].id;
  EXPECT_EQ(pointers(put(pipeline_id{99'999}, std::nullopt)), (strings{"/pipeline"}));
  EXPECT_EQ(pointers(put(std::nullopt, stage_id{99'999})), (strings{"/stage"}));
  EXPECT_EQ(pointers(put(first, back)), (strings{"/stage"}));
  EXPECT_EQ(place_of(acme.config, rule()), (ticket_place{first, of(first).stages[0].id}));
  make_as(boss, put(std::nullopt, back));  // a stage alone says its pipeline
  EXPECT_EQ(rule().pipeline, made);
  EXPECT_EQ(rule().version, 2u);
  EXPECT_EQ(place_of(acme.config, rule()), (ticket_place{made, back}));
  make_as(boss, put(made, std::nullopt));
  EXPECT_EQ(place_of(acme.config, rule()), (ticket_place{made, of(made).stages[0].id}));
}

TEST_F(Pipelines, S66_ARulesOwnerIsAUserWhoIsThere) {
  EXPECT_EQ(rule().owner.kind, ticket_owner::conversation_owner);
  EXPECT_EQ(pointers(put({}, {}, {ticket_owner::user, user_id{99'999}})), (strings{"/owner"}));
  EXPECT_EQ(pointers(put({}, {}, {ticket_owner::user, std::nullopt})), (strings{"/owner"}));
  make_as(boss, put({}, {}, {ticket_owner::user, agent}));
  EXPECT_EQ(rule().owner.user, agent);
  make_as(boss, put({}, {}, {ticket_owner::none, agent}));
  EXPECT_FALSE(rule().owner.user);
  acme.change(agent, [](user& u) { u.active = false; });
  EXPECT_EQ(pointers(put({}, {}, {ticket_owner::user, agent})), (strings{"/owner"}));
}

TEST_F(Pipelines, ATicketRuleIsAnAdministratorsAndHasItsOwnVersion) {
  EXPECT_EQ(code(agent, put({}, {})), refusal_code::access_denied);
  const auto channel_version = acme.of(mail).version;
  auto wanted = put({}, {});
  wanted.if_match = 1;
  make_as(boss, wanted);
  EXPECT_EQ(code(boss, wanted), refusal_code::version_conflict);
  EXPECT_EQ(acme.of(mail).version, channel_version);
  wanted.channel = channel_id{99'999};
  EXPECT_EQ(code(boss, wanted), refusal_code::not_found);
}

}  // namespace
}  // namespace signalbox
