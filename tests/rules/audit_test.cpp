#include "rules/audit.hpp"

#include "tests/rules/changes_fixture.hpp"

namespace signalbox {
namespace {

struct Audit : Changes {
  std::vector<audit_entry> audited(const account_change& what) {
    const auto before = acme.config;
    auto context = by(boss);
    context.by.token = token_id{77};
    auto done = apply(before, what, context);
    auto& applied = std::get<applied_change>(done);
    acme.config = applied.config;
    return audit_of(before, applied.config, applied.all, context);
  }
};

TEST_F(Audit, AChangeSaysWhoWhatBeforeAndAfter) {
  const auto entries = audited(rename_inbox{first_inbox, "Front desk", std::nullopt});
  ASSERT_EQ(entries.size(), 1u);
  const auto& entry = entries.front();
  EXPECT_EQ(entry.user, boss);
  EXPECT_EQ(entry.token, token_id{77});
  EXPECT_EQ(entry.what, audited_id{first_inbox});
  ASSERT_TRUE(entry.before && entry.after);
  EXPECT_NE(std::get<inbox>(*entry.before).name, "Front desk");
  EXPECT_EQ(std::get<inbox>(*entry.after).name, "Front desk");
  EXPECT_FALSE(entry.password_changed);
}

TEST_F(Audit, WhatIsMadeHasNothingBeforeAndWhatIsDeletedNothingAfter) {
  const auto made = audited(create_team{"Night shift", {{agent, true}}});
  ASSERT_EQ(made.size(), 2u) << "the team, and the user who joined it";
  EXPECT_FALSE(made[0].before);
  EXPECT_EQ(std::get<team>(*made[0].after).name, "Night shift");
  EXPECT_EQ(made[1].what, audited_id{agent});
  EXPECT_LT(made[0].order, made[1].order);
  const auto gone = audited(delete_team{std::get<team_id>(made[0].what)});
  EXPECT_TRUE(gone[0].before);
  EXPECT_FALSE(gone[0].after);
}

TEST_F(Audit, HashesOfSecretsAreNotKept) {
  update_user wanted{agent, {}, std::nullopt};
  wanted.fields.password_hash = "argon2id of something";
  const auto entry = audited(wanted).at(0);
  EXPECT_TRUE(entry.password_changed);
  EXPECT_EQ(std::get<user>(*entry.after).password_hash, "");
  EXPECT_EQ(std::get<user>(*entry.before).password_hash, "");
  EXPECT_EQ(acme.config.users.find(agent)->password_hash, "argon2id of something");

  create_token token;
  token.kind = token_kind::connector;
  token.name = "mail";
  token.channels = {mail};
  token.secret_hash = std::string(32, 'h');
  EXPECT_EQ(std::get<signalbox::token>(*audited(token).at(0).after).secret_hash, "");
}

TEST_F(Audit, SessionsAreNoConfiguration) {
  create_token session;
  session.kind = token_kind::session;
  session.user = boss;
  session.secret_hash = std::string(32, 'h');
  EXPECT_TRUE(audited(session).empty());
}

TEST_F(Audit, AnAccountIsFoundedByTheOperator) {
  new_account wanted;
  wanted.name = "Beta";
  wanted.subdomain = "beta";
  wanted.admin = person("first@beta.example");
  const auto context = by(std::nullopt);
  auto founded = found_account(wanted, context);
  const auto& applied = std::get<applied_change>(founded);
  const auto entries = audit_of({}, applied.config, applied.all, context);
  ASSERT_EQ(entries.size(), 4u);
  for (const auto& one : entries) {
    EXPECT_FALSE(one.before);
    EXPECT_TRUE(one.after);
    EXPECT_FALSE(one.user);
  }
}

TEST_F(Audit, AChangeOfThousandsStaysOneCommit) {
  std::vector<team_member> all;
  for (int i = 0; i < 300; ++i) all.push_back({acme.add_agent(), true});
  const auto entries = audited(create_team{"Everybody", all});
  EXPECT_EQ(entries.size(), audited_at_once_max);
  EXPECT_TRUE(std::holds_alternative<team_id>(entries.front().what)) << "what was asked for comes first";
}

TEST_F(Audit, AWebhookLeavesNoSecret) {
  create_webhook wanted;
  wanted.fields.url = "https://hooks.acme.example";
  wanted.secret = "whsec_1";
  const auto entries = audited(wanted);
  ASSERT_EQ(entries.size(), 1u);
  ASSERT_TRUE(entries[0].after);
  EXPECT_EQ(std::get<webhook>(*entries[0].after).url, "https://hooks.acme.example");
  EXPECT_TRUE(std::get<webhook>(*entries[0].after).secret.empty());
  const auto rotated = audited(rotate_webhook_secret{std::get<webhook_id>(entries[0].what), "whsec_2", {}});
  ASSERT_EQ(rotated.size(), 1u);
  ASSERT_TRUE(rotated[0].before && rotated[0].after);
  EXPECT_FALSE(std::get<webhook>(*rotated[0].before).retired_until);
  const auto& after = std::get<webhook>(*rotated[0].after);
  EXPECT_TRUE(after.retired_until) << "that it was rotated shows";
  EXPECT_TRUE(after.secret.empty() && after.retired_secret.empty());
}

}  // namespace
}  // namespace signalbox
