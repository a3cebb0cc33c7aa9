#include "tests/rules/changes_fixture.hpp"

namespace signalbox {
namespace {

using WebhookChanges = Changes;

create_webhook wanted(std::string url = "https://hooks.acme.example/in") {
  create_webhook made;
  made.fields.url = std::move(url);
  made.secret = "whsec_1";
  return made;
}

TEST_F(WebhookChanges, OneIsMadeForWhatHappensFromNowOn) {
  auto what = wanted("  https://hooks.acme.example/in ");
  what.fields.name = " Ledger ";
  what.fields.events = {happening::message_status, happening::message_created, happening::message_status};
  auto context = by(boss);
  context.log_head = [] { return std::uint64_t{41}; };
  const auto result = try_as(context, what);
  const auto& applied = std::get<applied_change>(result);
  const auto* made = applied.config.webhooks.find(std::get<webhook_id>(applied.all.front()));
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->url, "https://hooks.acme.example/in");
  EXPECT_EQ(made->name, "Ledger");
  EXPECT_EQ(made->events, (std::vector{happening::message_created, happening::message_status})) << "each once, in order";
  EXPECT_EQ(made->secret, "whsec_1");
  EXPECT_EQ(made->after_position, 41u);
  EXPECT_EQ(made->created_at, noon);
  EXPECT_TRUE(made->runs());
}

TEST_F(WebhookChanges, OnlySuperAdminsDecideWhereEverythingIsTold) {
  const auto id = create<webhook_id>(wanted());
  for (const auto who : {access_admin, agent, free_user}) {
    EXPECT_EQ(code(who, wanted()), refusal_code::access_denied);
    EXPECT_EQ(code(who, update_webhook{id, {}, true, {}}), refusal_code::access_denied);
    EXPECT_EQ(code(who, delete_webhook{id}), refusal_code::access_denied);
    EXPECT_EQ(code(who, rotate_webhook_secret{id, "whsec_2", {}}), refusal_code::access_denied);
  }
}

TEST_F(WebhookChanges, WrongFieldsAreNamed) {
  auto bad = wanted("ftp://x");
  bad.fields.name = std::string(name_bytes_max + 1, 'x');
  EXPECT_EQ(pointers(bad), (strings{"/url", "/name"}));
  create_webhook without;
  EXPECT_EQ(pointers(without), strings{"/url"});
  const auto id = create<webhook_id>(wanted());
  webhook_fields fields;
  fields.url = "";
  EXPECT_EQ(pointers(update_webhook{id, fields, false, {}}), strings{"/url"});
}

TEST_F(WebhookChanges, AChangeTouchesWhatItNames) {
  const auto id = create<webhook_id>(wanted());
  webhook_fields fields;
  fields.on = false;
  fields.name = "";
  make_as(boss, update_webhook{id, fields, false, 1});
  const auto* now = acme.config.webhooks.find(id);
  EXPECT_FALSE(now->runs());
  EXPECT_EQ(now->url, "https://hooks.acme.example/in");
  EXPECT_EQ(now->secret, "whsec_1");
  EXPECT_EQ(now->version, 2u);
  EXPECT_EQ(code(boss, update_webhook{id, fields, false, 1}), refusal_code::version_conflict);
  EXPECT_EQ(code(boss, update_webhook{webhook_id{999}, fields, false, {}}), refusal_code::not_found);
}

TEST_F(WebhookChanges, TheServerPausesAndAUserResumes) {
  const auto id = create<webhook_id>(wanted());
  EXPECT_EQ(code(boss, pause_webhook{id, "because"}), refusal_code::access_denied);
  make_as(std::nullopt, pause_webhook{id, "because"});
  EXPECT_EQ(acme.config.webhooks.find(id)->paused_since, noon);
  EXPECT_EQ(acme.config.webhooks.find(id)->paused_reason, "because");
  EXPECT_FALSE(acme.config.webhooks.find(id)->runs());
  EXPECT_EQ(code(std::nullopt, pause_webhook{id, "again"}), refusal_code::conflict);
  webhook_fields name;
  name.name = "other";
  make_as(boss, update_webhook{id, name, false, {}});
  EXPECT_FALSE(acme.config.webhooks.find(id)->runs()) << "another name resumes nothing";
  make_as(boss, update_webhook{id, {}, true, {}});
  EXPECT_TRUE(acme.config.webhooks.find(id)->runs());
  EXPECT_TRUE(acme.config.webhooks.find(id)->paused_reason.empty());
  make_as(std::nullopt, pause_webhook{id, "because"});
  webhook_fields on;
  on.on = true;
  make_as(boss, update_webhook{id, on, false, {}});
  EXPECT_TRUE(acme.config.webhooks.find(id)->runs());
}

TEST_F(WebhookChanges, ARotatedSecretSignsForADayBesideTheOneOfBefore) {
  const auto id = create<webhook_id>(wanted());
  EXPECT_EQ(acme.config.webhooks.find(id)->secrets_at(noon), strings{"whsec_1"});
  make_as(boss, rotate_webhook_secret{id, "whsec_2", 1});
  const auto* now = acme.config.webhooks.find(id);
  EXPECT_EQ(now->version, 2u);
  EXPECT_EQ(now->retired_until, noon + std::chrono::hours{24});
  EXPECT_EQ(now->secrets_at(noon), (strings{"whsec_2", "whsec_1"}));
  EXPECT_EQ(now->secrets_at(noon + std::chrono::hours{24} - milliseconds{1}), (strings{"whsec_2", "whsec_1"}));
  EXPECT_EQ(now->secrets_at(noon + std::chrono::hours{24}), strings{"whsec_2"});
  make_as(boss, rotate_webhook_secret{id, "whsec_3", {}});
  EXPECT_EQ(acme.config.webhooks.find(id)->secrets_at(noon), (strings{"whsec_3", "whsec_2"})) << "never more than two";
}

TEST_F(WebhookChanges, ARotationThatIsRefusedChangesNothing) {
  const auto id = create<webhook_id>(wanted());
  EXPECT_EQ(code(boss, rotate_webhook_secret{id, "whsec_2", 7}), refusal_code::version_conflict);
  EXPECT_EQ(code(boss, rotate_webhook_secret{webhook_id{999}, "whsec_2", {}}), refusal_code::not_found);
  EXPECT_EQ(acme.config.webhooks.find(id)->secrets_at(noon), strings{"whsec_1"});
  EXPECT_EQ(acme.config.webhooks.find(id)->version, 1u);
}

TEST_F(WebhookChanges, OneThatIsDeletedIsGone) {
  const auto id = create<webhook_id>(wanted());
  make_as(boss, delete_webhook{id});
  EXPECT_EQ(acme.config.webhooks.find(id), nullptr);
  EXPECT_EQ(code(boss, delete_webhook{id}), refusal_code::not_found);
  EXPECT_EQ(code(std::nullopt, pause_webhook{id, "late"}), refusal_code::not_found);
}

TEST_F(WebhookChanges, AnAccountHasABoundedNumber) {
  for (std::size_t i = 0; i < webhooks_max; ++i) create<webhook_id>(wanted());
  EXPECT_EQ(code(boss, wanted()), refusal_code::conflict);
}

}  // namespace
}  // namespace signalbox
