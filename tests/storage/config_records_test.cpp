#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <tuple>

#include "storage/records.hpp"
#include "tests/storage/record_checks.hpp"

namespace signalbox {

static auto all_of(const account& of) { return std::tie(of.id, of.name, of.subdomain, of.plan, of.created_at, of.version); }
static auto all_of(const user& of) {
  return std::tie(of.id, of.first_name, of.last_name, of.email, of.password_hash, of.seat, of.permissions, of.teams, of.capacity,
                  of.capacity_by_type, of.time_zone, of.working_hours, of.out_of_office, of.active, of.created_at, of.version);
}
static auto all_of(const team& of) { return std::tie(of.id, of.name, of.created_at, of.version); }
static auto all_of(const inbox& of) {
  return std::tie(of.id, of.name, of.is_default, of.access.mode, of.access.users, of.access.teams, of.access.version,
                  of.created_at, of.version, of.fallback, of.filters);
}
static auto all_of(const outgoing_mail& of) { return std::tie(of.id, of.to, of.subject, of.text, of.created_at); }
static auto all_of(const channel& of) {
  const auto& rule = of.assignment;
  return std::tie(of.id, of.inbox, of.type, of.name, of.on, of.authorized, rule.enabled, rule.assign_to, rule.candidates,
                  rule.only_available, rule.strategy, rule.queue, rule.fallback, rule.priority, rule.accept_within, rule.version,
                  of.business_hours, of.created_at, of.version, of.address, of.tickets.enabled, of.tickets.pipeline,
                  of.tickets.stage, of.tickets.owner, of.tickets.version);
}
static auto all_of(const pipeline& of) { return std::tie(of.id, of.name, of.is_default, of.stages, of.created_at, of.version); }
static auto all_of(const token& of) {
  return std::tie(of.id, of.kind, of.name, of.user, of.channels, of.secret_hash, of.expires_at, of.created_at);
}
static auto all_of(const webhook& of) {
  return std::tie(of.id, of.name, of.url, of.events, of.on, of.secret, of.after_position, of.paused_since, of.paused_reason,
                  of.created_at, of.version, of.retired_secret, of.retired_until);
}
static webhook_delivery all_of(const webhook_delivery& of) { return of; }
static webhook_progress all_of(const webhook_progress& of) { return of; }

namespace testing {
namespace {

account any_account(random_values& any) {
  return {any.id<account_id>(), any.text(), any.text(), any.word(plan::enterprise), any.time(), any.number()};
}

std::vector<working_span> any_spans(random_values& any) {
  std::vector<working_span> all;
  for (auto left = any.below(3); left > 0; --left) {
    all.push_back({static_cast<std::uint8_t>(any.below(7)), static_cast<std::uint16_t>(any.below(1441)),
                   static_cast<std::uint16_t>(any.below(1441))});
  }
  return all;
}

timetable any_timetable(random_values& any) {
  timetable of{any.text(), any_spans(any), {}};
  for (auto left = any.below(4); left > 0; --left)
    of.holidays.emplace_back(std::chrono::days{static_cast<int>(any.below(2'932'897))});
  return of;
}

user any_user(random_values& any) {
  user of;
  of.id = any.id<user_id>();
  of.first_name = any.text();
  of.last_name = any.text();
  of.email = any.text();
  of.password_hash = any.text();
  of.seat = any.word(seat::paid);
  of.permissions = {any.flag(), any.flag(), any.flag()};
  for (auto left = any.below(3); left > 0; --left) of.teams.push_back({any.id<team_id>(), any.flag()});
  of.capacity = any.maybe([&] { return static_cast<std::uint32_t>(any.below(50)); });
  for (auto& one : of.capacity_by_type) one = any.maybe([&] { return static_cast<std::uint32_t>(any.below(50)); });
  of.time_zone = any.text();
  of.working_hours = any_spans(any);
  for (auto left = any.below(3); left > 0; --left)
    of.out_of_office.push_back({any.time(), any.time(), any.maybe([&] { return any.text(); })});
  of.active = any.flag();
  of.created_at = any.time();
  of.version = any.number();
  return of;
}

team any_team(random_values& any) { return {any.id<team_id>(), any.text(), any.time(), any.number()}; }

fallback_email any_fallback(random_values& any) {
  fallback_email of;
  of.username = any.text();
  of.send = any.flag();
  of.name_mode = any.word(from_name_mode::company);
  of.company = any.text();
  of.address_mode = any.word(from_address_mode::custom);
  of.custom = any.maybe([&] { return any.text(); });
  of.verified = any.maybe([&] { return any.text(); });
  of.pending = any.maybe([&] {
    return pending_verification{any.text(), any.text(), any.time(), any.time(), static_cast<std::uint32_t>(any.below(9))};
  });
  of.signature_html = any.text();
  of.signature_on = any.flag();
  of.original_sender = any.flag();
  of.version = any.number();
  return of;
}

mail_filters any_filters(random_values& any) {
  mail_filters of;
  for (auto left = any.below(4); left > 0; --left) of.allow.push_back(any.text());
  for (auto left = any.below(4); left > 0; --left) of.deny.push_back(any.text());
  of.automated_responses = any.flag();
  of.own_addresses = any.flag();
  of.version = any.number();
  return of;
}

inbox any_inbox(random_values& any) {
  return {any.id<inbox_id>(), any.text(),
          any.flag(),         {any.word(access_mode::specific), any.ids<user_id>(), any.ids<team_id>(), any.number()},
          any.time(),         any.number(),
          any_fallback(any),  any_filters(any)};
}

outgoing_mail any_mail(random_values& any) { return {any.number(), any.text(), any.text(), any.text(), any.time()}; }

channel any_channel(random_values& any) {
  channel of;
  of.id = any.id<channel_id>();
  of.inbox = any.id<inbox_id>();
  of.type = any.word(channel_type::whatsapp);
  of.name = any.text();
  of.on = any.flag();
  of.authorized = any.flag();
  of.assignment = {any.flag(),        any.word(assign_to::contact_owner), any.some_people(),
                   any.flag(),        any.word(strategy::random),         any.flag(),
                   any.some_people(), any.word(priority::urgent),         any.maybe([&] { return any.duration(); }),
                   any.number()};
  of.tickets = {any.flag(),
                any.maybe([&] { return any.id<pipeline_id>(); }),
                any.maybe([&] { return any.id<stage_id>(); }),
                {any.word(ticket_owner::user), any.maybe([&] { return any.id<user_id>(); })},
                any.number()};
  of.business_hours = any.maybe([&] { return any_timetable(any); });
  of.created_at = any.time();
  of.version = any.number();
  of.address = any.maybe([&] { return any.text(); });
  return of;
}

pipeline any_pipeline(random_values& any) {
  pipeline of{any.id<pipeline_id>(), any.text(), any.flag(), {}, any.time(), any.number()};
  for (auto left = 1 + any.below(4); left > 0; --left) of.stages.push_back({any.id<stage_id>(), any.text(), any.flag()});
  return of;
}

token any_token(random_values& any) {
  return {any.id<token_id>(),
          any.word(token_kind::connector),
          any.text(),
          any.maybe([&] { return any.id<user_id>(); }),
          any.ids<channel_id>(),
          any.text(),
          any.maybe([&] { return any.time(); }),
          any.time()};
}

webhook any_webhook(random_values& any) {
  webhook of;
  of.id = any.id<webhook_id>();
  of.name = any.text();
  of.url = any.text();
  of.events.resize(any.below(4));
  for (auto& one : of.events) one = any.word(happening::ticket_deleted);
  of.on = any.flag();
  of.secret = any.text();
  of.after_position = any.number();
  of.paused_since = any.maybe([&] { return any.time(); });
  of.paused_reason = any.text();
  of.created_at = any.time();
  of.version = any.number();
  of.retired_secret = any.text();
  of.retired_until = any.maybe([&] { return any.time(); });
  return of;
}

webhook_delivery any_webhook_delivery(random_values& any) {
  webhook_delivery of;
  of.place = any.number();
  of.what = any.word(happening::ticket_deleted);
  of.conversation = any.id<conversation_id>();
  of.state = any.word(webhook_delivery_state::delivered);
  of.attempts = static_cast<std::uint32_t>(any.below(100));
  of.first_at = any.maybe([&] { return any.time(); });
  of.last_at = any.maybe([&] { return any.time(); });
  of.next_at = any.maybe([&] { return any.time(); });
  of.http_status = static_cast<std::uint32_t>(any.below(600));
  of.error = any.text();
  of.about = any.number();
  return of;
}

webhook_progress any_webhook_progress(random_values& any) {
  webhook_progress of;
  of.cursor = any.number();
  of.failing_since = any.maybe([&] { return any.time(); });
  of.dead_in_a_row = static_cast<std::uint32_t>(any.below(100));
  of.recent.resize(any.below(4));
  for (auto& one : of.recent) one = any_webhook_delivery(any);
  return of;
}

TEST(Records, AFieldOfAForeignTypeIsCorrupt) {
  // Field 2, the name, as a number.
  EXPECT_THROW(static_cast<void>(decode_account(std::string{"\x10\x01\x78\x01", 4})), corrupt_record);
}
TEST(Records, AnAccountReadsBackAsWritten) { check_many(any_account, decode_account); }
TEST(Records, AUserReadsBackAsWritten) { check_many(any_user, decode_user); }
TEST(Records, ATeamReadsBackAsWritten) { check_many(any_team, decode_team); }
TEST(Records, AnInboxReadsBackAsWritten) { check_many(any_inbox, decode_inbox); }
TEST(Records, AnOutgoingMailReadsBackAsWritten) { check_many(any_mail, decode_outgoing_mail); }
TEST(Records, AChannelReadsBackAsWritten) { check_many(any_channel, decode_channel); }
TEST(Records, AnAuditEntryReadsBackAsWritten) {
  user renamed;
  renamed.id = user_id{4};
  renamed.first_name = "Ada";
  const audit_entry changes[] = {
      {1, time_point{milliseconds{9}}, user_id{3}, token_id{2}, user_id{4}, renamed, renamed, true},
      {2,
       {},
       std::nullopt,
       std::nullopt,
       inbox_id{5},
       std::nullopt,
       inbox{.id = inbox_id{5}, .name = "Shop", .access = {}, .created_at = {}},
       false},
      {3,
       {},
       user_id{3},
       std::nullopt,
       channel_id{6},
       channel{.id = channel_id{6}, .inbox = {}, .name = "", .assignment = {}, .created_at = {}},
       std::nullopt,
       false},
      {4,
       {},
       user_id{3},
       std::nullopt,
       team_id{7},
       std::nullopt,
       team{.id = team_id{7}, .name = "Crew", .created_at = {}},
       false},
      {5,
       {},
       user_id{3},
       std::nullopt,
       token_id{8},
       token{.id = token_id{8}, .name = "t", .user = {}, .channels = {}, .secret_hash = {}, .expires_at = {}, .created_at = {}},
       std::nullopt,
       false},
      {6,
       {},
       std::nullopt,
       std::nullopt,
       account_id{9},
       std::nullopt,
       account{.id = account_id{9}, .name = "Acme", .subdomain = "acme", .created_at = {}},
       false},
      {7,
       {},
       user_id{3},
       std::nullopt,
       contact_id{10},
       std::nullopt,
       contact{.id = contact_id{10}, .name = "Cleo", .email = {}, .phone = {}, .cookie = {}, .owner = {}},
       false},
  };
  for (const auto& one : changes) {
    std::string bytes, again;
    encode(bytes, one);
    const auto read = decode_audit_entry(bytes);
    EXPECT_EQ(read.order, one.order);
    EXPECT_EQ(read.at, one.at);
    EXPECT_EQ(read.user, one.user);
    EXPECT_EQ(read.token, one.token);
    EXPECT_EQ(read.what, one.what);
    EXPECT_EQ(read.before.has_value(), one.before.has_value());
    EXPECT_EQ(read.after.has_value(), one.after.has_value());
    EXPECT_EQ(read.password_changed, one.password_changed);
    encode(again, read);
    EXPECT_EQ(again, bytes);
    EXPECT_THROW(static_cast<void>(decode_audit_entry(std::string_view{bytes}.substr(0, bytes.size() - 1))), corrupt_record);
  }
}
TEST(Records, APipelineReadsBackAsWritten) { check_many(any_pipeline, decode_pipeline); }
TEST(Records, ATokenReadsBackAsWritten) { check_many(any_token, decode_token); }
TEST(Records, AWebhookReadsBackAsWritten) { check_many(any_webhook, decode_webhook); }
TEST(Records, AWebhooksDeliveryReadsBackAsWritten) { check_many(any_webhook_delivery, decode_webhook_delivery); }
TEST(Records, AWebhooksProgressReadsBackAsWritten) { check_many(any_webhook_progress, decode_webhook_progress); }

}  // namespace
}  // namespace testing
}  // namespace signalbox
