#include "rules/told_changes.hpp"

#include <set>

#include "tests/rules/changes_fixture.hpp"

namespace signalbox {
namespace {

struct ToldChanges : Changes {
  std::vector<resource_change> told(const account_change& what) {
    const auto before = acme.config;
    auto done = apply(before, what, by(boss));
    auto& applied = std::get<applied_change>(done);
    acme.config = applied.config;
    return told_changes(before, applied.config, applied.all);
  }
};

TEST_F(ToldChanges, SayWhichResourceAndWhatBecameOfIt) {
  const auto renamed = told(rename_inbox{first_inbox, "Front desk", std::nullopt});
  ASSERT_EQ(renamed.size(), 1u);
  EXPECT_EQ(renamed[0], (resource_change{resource_kind::inbox, change_kind::changed, first_inbox.value, {}}));
  const auto made = told(create_team{"Night shift", {{agent, true}}});
  ASSERT_EQ(made.size(), 2u) << "the team, and the user who joined it";
  EXPECT_EQ(made[0].kind, resource_kind::team);
  EXPECT_EQ(made[0].change, change_kind::created);
  EXPECT_EQ(made[1], (resource_change{resource_kind::user, change_kind::changed, agent.value, {}}));
  const auto gone = told(delete_team{{made[0].id}});
  ASSERT_FALSE(gone.empty());
  EXPECT_EQ(gone[0], (resource_change{resource_kind::team, change_kind::deleted, made[0].id, {}}));
}

TEST_F(ToldChanges, SessionsAreNoConfiguration) {
  create_token session;
  session.kind = token_kind::session;
  session.user = boss;
  session.secret_hash = std::string(32, 'h');
  EXPECT_TRUE(told(session).empty());
}

TEST_F(ToldChanges, OfThousandsNoneIsLeftOut) {
  std::vector<team_member> all;
  for (int i = 0; i < 300; ++i) all.push_back({acme.add_agent(), true});
  EXPECT_EQ(told(create_team{"Everybody", all}).size(), 301u);
}

TEST_F(ToldChanges, OfAFoundationEverythingIsCreated) {
  new_account wanted;
  wanted.name = "Beta";
  wanted.subdomain = "beta";
  wanted.admin = person("first@beta.example");
  auto founded = found_account(wanted, by(std::nullopt));
  const auto& applied = std::get<applied_change>(founded);
  const auto all = told_changes({}, applied.config, applied.all);
  EXPECT_GE(all.size(), 3u);
  EXPECT_EQ(all.front().kind, resource_kind::account);
  for (const auto& one : all) EXPECT_EQ(one.change, change_kind::created);
}

TEST_F(ToldChanges, AWebhookKnowsItself) {
  const webhook_id mine{7};
  EXPECT_TRUE(is_of(resource_change{resource_kind::webhook, change_kind::changed, 7, {}}, mine));
  EXPECT_FALSE(is_of(resource_change{resource_kind::webhook, change_kind::changed, 8, {}}, mine));
  EXPECT_FALSE(is_of(resource_change{resource_kind::team, change_kind::changed, 7, {}}, mine));
  EXPECT_FALSE(is_of(std::nullopt, mine));
}

TEST(ResourceChange, EveryKindHasItsOwnWord) {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(resource_kind::ticket); ++i) words.insert(to_text(static_cast<resource_kind>(i)));
  EXPECT_EQ(words.size(), 10u);
  EXPECT_FALSE(words.contains(""));
  EXPECT_EQ(to_text(resource_kind::pipeline), "pipeline");
  EXPECT_EQ(to_text(change_kind::merged), "merged");
}

}  // namespace
}  // namespace signalbox
