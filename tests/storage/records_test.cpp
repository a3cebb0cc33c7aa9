#include "storage/records.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <tuple>

namespace signalbox::testing {
namespace {

/// Values with every field, or any of them, set.
class random_values {
public:
  explicit random_values(std::uint64_t seed) : chance_(seed) {}

  std::uint64_t number() { return chance_() >> (chance_() % 64); }
  std::uint64_t below(std::uint64_t bound) { return chance_() % bound; }
  bool flag() { return below(2) == 0; }
  milliseconds duration() { return milliseconds{static_cast<std::int64_t>(below(86'400'000))}; }
  std::string text() {
    std::string out(below(40), '\0');
    for (auto& c : out) c = static_cast<char>(chance_());
    return out;
  }
  time_point time() { return time_point{milliseconds{static_cast<std::int64_t>(below(253'370'764'800'000))}}; }
  template <class E>
  E word(E greatest) {
    return static_cast<E>(below(static_cast<std::uint64_t>(greatest) + 1));
  }
  template <class Id>
  Id id() {
    return Id{number()};
  }
  template <class F>
  auto maybe(F make) -> std::optional<decltype(make())> {
    if (flag()) return std::nullopt;
    return make();
  }
  template <class Id>
  std::vector<Id> ids() {
    std::vector<Id> all(below(4));
    for (auto& one : all) one = id<Id>();
    return all;
  }
  assignee who() {
    switch (below(3)) {
      case 0:
        return id<user_id>();
      case 1:
        return id<team_id>();
      default:
        return std::monostate{};
    }
  }
  people some_people() { return {ids<user_id>(), ids<team_id>()}; }

private:
  std::mt19937_64 chance_;
};

struct event_and_texts {
  event value;
  std::array<std::string, 6> texts;
};
void fill(random_values& any, event_and_texts& of) {
  for (auto& text : of.texts) text = any.text();
  auto& e = of.value;
  e.kind = static_cast<event_kind>(1 + any.below(9));
  e.account = any.id<account_id>();
  e.inbox = any.id<inbox_id>();
  e.channel = any.id<channel_id>();
  e.conversation = any.id<conversation_id>();
  e.seq = any.number();
  e.at = any.time();
  e.sent_at = any.maybe([&] { return any.time(); });
  e.message = any.id<message_id>();
  e.direction = any.word(message_direction::out);
  e.status = any.word(message_status::failed);
  e.error = of.texts[0];
  e.body = of.texts[1];
  e.external_id = of.texts[2];
  e.by = any.maybe([&] { return any.id<user_id>(); });
  e.from = any.who();
  e.to = any.who();
  e.reason = any.word(assignment_reason::not_accepted);
  e.from_inbox = any.maybe([&] { return any.id<inbox_id>(); });
  e.conversation_status_now = any.word(conversation_status::closed);
  e.availability_now = {any.word(presence::away), any.word(presence_reason::no_ack), any.maybe([&] { return any.time(); })};
  e.user = any.maybe([&] { return any.id<user_id>(); });
  e.conversation_bytes = of.texts[3];
  e.newest_message_bytes = of.texts[4];
  e.decision_bytes = of.texts[5];
  if (any.flag())
    e.place = waiting_place{any.time(), any.word(priority::urgent), any.number(), any.maybe([&] { return any.duration(); })};
}
auto all_of(const event& e) {
  return std::tie(e.kind, e.account, e.inbox, e.channel, e.conversation, e.seq, e.at, e.sent_at, e.message, e.direction, e.status,
                  e.error, e.body, e.external_id, e.by, e.from, e.to, e.reason, e.from_inbox, e.conversation_status_now,
                  e.availability_now, e.user, e.conversation_bytes, e.newest_message_bytes, e.decision_bytes, e.place);
}

stored_conversation any_conversation(random_values& any) {
  const auto maybe_time = [&] { return any.maybe([&] { return any.time(); }); };
  stored_conversation of;
  of.value.id = any.id<conversation_id>();
  of.value.inbox = any.id<inbox_id>();
  of.value.channel = any.id<channel_id>();
  of.value.contact = any.id<contact_id>();
  of.value.thread = any.text();
  of.value.subject = any.text();
  of.value.status = any.word(conversation_status::closed);
  of.value.assignee = any.who();
  of.value.automatic = any.flag();
  of.value.assigned_at = maybe_time();
  of.value.created_at = any.time();
  of.value.closed_at = maybe_time();
  of.value.last_message_at = any.time();
  of.value.waiting_since = maybe_time();
  of.value.priority = any.word(priority::urgent);
  of.value.accept_by = maybe_time();
  of.value.ticket = any.maybe([&] { return any.id<ticket_id>(); });
  of.value.spam = any.flag();
  of.value.deleted_at = maybe_time();
  of.value.version = any.number();
  of.value.next_seq = any.number();
  of.indexed_activity = maybe_time();
  of.logged_seq = any.number();
  return of;
}
auto all_of(const stored_conversation& of) { return std::tie(of.value, of.indexed_activity, of.logged_seq); }

activity_entry any_activity(random_values& any) {
  return {any.word(conversation_status::closed),
          any.who(),
          any.id<channel_id>(),
          any.id<contact_id>(),
          any.flag(),
          any.flag(),
          any.flag()};
}
auto all_of(const activity_entry& of) {
  return std::tie(of.status, of.assignee, of.channel, of.contact, of.waiting, of.spam, of.deleted);
}

assigned_entry any_assigned(random_values& any) { return {any.id<inbox_id>(), any.flag(), any.number(), any.flag()}; }
auto all_of(const assigned_entry& of) { return std::tie(of.inbox, of.automatic, of.position, of.ack_wanted); }

decision any_decision(random_values& any) {
  decision of;
  of.at = any.time();
  of.config_revision = any.number();
  of.channel = any.id<channel_id>();
  of.strategy = any.word(strategy::random);
  of.attempt = static_cast<std::uint32_t>(any.below(UINT32_MAX));
  of.candidates = static_cast<std::uint32_t>(any.below(100));
  for (auto left = any.below(4); left > 0; --left) {
    of.seen.push_back({any.id<user_id>(), static_cast<std::uint32_t>(any.below(100)),
                       any.maybe([&] { return any.word(exclusion::business_hours); })});
    of.excluded[any.word(exclusion::business_hours)] = static_cast<std::uint32_t>(any.below(100));
  }
  of.result = any.word(decision_result::unassigned);
  of.chosen = any.maybe([&] { return any.id<user_id>(); });
  of.tie = any.word(tie_break::chance);
  of.chance = any.number();
  of.owner_step = any.maybe([&] { return any.word(owner_step::closed); });
  of.owner = any.maybe([&] { return any.id<user_id>(); });
  return of;
}
auto all_of(const decision& of) { return std::tie(of); }

contact any_contact(random_values& any) {
  contact of{any.id<contact_id>(), any.text(),  any.text(), any.text(), any.text(), any.maybe([&] { return any.id<user_id>(); }),
             any.time(),           any.number()};
  constexpr identity_kind kinds[] = {identity_kind::channel, identity_kind::cookie, identity_kind::email, identity_kind::phone};
  for (auto left = any.below(4); left > 0; --left) {
    of.known_by.push_back({kinds[any.below(4)], any.id<channel_id>(), any.text()});
    of.inboxes.push_back(any.id<inbox_id>());
    of.absorbed.push_back(any.id<contact_id>());
  }
  of.merged_into = any.maybe([&] { return any.id<contact_id>(); });
  return of;
}
auto all_of(const contact& of) { return std::tie(of); }

notice any_notice(random_values& any) {
  return {any.id<user_id>(),    any.id<conversation_id>(),    any.id<channel_id>(),
          any.id<message_id>(), notice_reason::owner_offline, any.time()};
}
auto all_of(const notice& of) { return std::tie(of); }

availability_state any_availability(random_values& any) {
  const auto maybe_time = [&] { return any.maybe([&] { return any.time(); }); };
  return {any.word(presence::away), maybe_time(), maybe_time(), any.flag(), any.flag(), maybe_time(), any.flag()};
}
auto all_of(const availability_state& of) { return std::tie(of); }

account any_account(random_values& any) {
  return {any.id<account_id>(), any.text(), any.text(), any.word(plan::enterprise), any.time(), any.number()};
}
auto all_of(const account& of) { return std::tie(of.id, of.name, of.subdomain, of.plan, of.created_at, of.version); }

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
  of.time_zone = any.text();
  of.working_hours = any_spans(any);
  for (auto left = any.below(3); left > 0; --left)
    of.out_of_office.push_back({any.time(), any.time(), any.maybe([&] { return any.text(); })});
  of.active = any.flag();
  of.created_at = any.time();
  of.version = any.number();
  return of;
}
auto all_of(const user& of) {
  return std::tie(of.id, of.first_name, of.last_name, of.email, of.password_hash, of.seat, of.permissions, of.teams, of.capacity,
                  of.time_zone, of.working_hours, of.out_of_office, of.active, of.created_at, of.version);
}

team any_team(random_values& any) { return {any.id<team_id>(), any.text(), any.time(), any.number()}; }
auto all_of(const team& of) { return std::tie(of.id, of.name, of.created_at, of.version); }

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
auto all_of(const inbox& of) {
  return std::tie(of.id, of.name, of.is_default, of.access.mode, of.access.users, of.access.teams, of.access.version,
                  of.created_at, of.version, of.fallback, of.filters);
}

outgoing_mail any_mail(random_values& any) { return {any.number(), any.text(), any.text(), any.text(), any.time()}; }
auto all_of(const outgoing_mail& of) { return std::tie(of.id, of.to, of.subject, of.text, of.created_at); }

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
auto all_of(const channel& of) {
  const auto& rule = of.assignment;
  return std::tie(of.id, of.inbox, of.type, of.name, of.on, of.authorized, rule.enabled, rule.assign_to, rule.candidates,
                  rule.only_available, rule.strategy, rule.queue, rule.fallback, rule.priority, rule.accept_within, rule.version,
                  of.business_hours, of.created_at, of.version, of.address, of.tickets.enabled, of.tickets.pipeline,
                  of.tickets.stage, of.tickets.owner, of.tickets.version);
}

pipeline any_pipeline(random_values& any) {
  pipeline of{any.id<pipeline_id>(), any.text(), any.flag(), {}, any.time(), any.number()};
  for (auto left = 1 + any.below(4); left > 0; --left) of.stages.push_back({any.id<stage_id>(), any.text(), any.flag()});
  return of;
}
auto all_of(const pipeline& of) { return std::tie(of.id, of.name, of.is_default, of.stages, of.created_at, of.version); }

ticket any_ticket(random_values& any) {
  ticket of;
  of.id = any.id<ticket_id>();
  of.inbox = any.id<inbox_id>();
  of.conversation = any.id<conversation_id>();
  of.contact = any.id<contact_id>();
  of.subject = any.text();
  of.pipeline = any.id<pipeline_id>();
  of.stage = any.id<stage_id>();
  of.owner = any.maybe([&] { return any.id<user_id>(); });
  of.follows = any.flag();
  of.created_at = any.time();
  of.updated_at = any.time();
  of.version = any.number();
  return of;
}
auto all_of(const ticket& of) { return std::tie(of); }

ticket_entry any_ticket_entry(random_values& any) {
  return {any.id<pipeline_id>(), any.id<stage_id>(), any.maybe([&] { return any.id<user_id>(); })};
}
auto all_of(const ticket_entry& of) { return std::tie(of.pipeline, of.stage, of.owner); }

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
auto all_of(const token& of) {
  return std::tie(of.id, of.kind, of.name, of.user, of.channels, of.secret_hash, of.expires_at, of.created_at);
}

webhook any_webhook(random_values& any) {
  webhook of;
  of.id = any.id<webhook_id>();
  of.name = any.text();
  of.url = any.text();
  of.events.resize(any.below(4));
  for (auto& one : of.events) one = any.word(happening::availability_changed);
  of.on = any.flag();
  of.secret = any.text();
  of.after_position = any.number();
  of.paused_since = any.maybe([&] { return any.time(); });
  of.paused_reason = any.text();
  of.created_at = any.time();
  of.version = any.number();
  return of;
}
auto all_of(const webhook& of) {
  return std::tie(of.id, of.name, of.url, of.events, of.on, of.secret, of.after_position, of.paused_since, of.paused_reason,
                  of.created_at, of.version);
}

webhook_delivery any_webhook_delivery(random_values& any) {
  webhook_delivery of;
  of.place = any.number();
  of.what = any.word(happening::availability_changed);
  of.conversation = any.id<conversation_id>();
  of.state = any.word(webhook_delivery_state::delivered);
  of.attempts = static_cast<std::uint32_t>(any.below(100));
  of.first_at = any.maybe([&] { return any.time(); });
  of.last_at = any.maybe([&] { return any.time(); });
  of.next_at = any.maybe([&] { return any.time(); });
  of.http_status = static_cast<std::uint32_t>(any.below(600));
  of.error = any.text();
  return of;
}
webhook_delivery all_of(const webhook_delivery& of) { return of; }

webhook_progress any_webhook_progress(random_values& any) {
  webhook_progress of;
  of.cursor = any.number();
  of.failing_since = any.maybe([&] { return any.time(); });
  of.dead_in_a_row = static_cast<std::uint32_t>(any.below(100));
  of.recent.resize(any.below(4));
  for (auto& one : of.recent) one = any_webhook_delivery(any);
  return of;
}
webhook_progress all_of(const webhook_progress& of) { return of; }

// A varint, bytes, and a fixed64 of tags that no version knows, as a later one might write them before the end mark.
const std::string later_fields{"\xA0\x3F\x07\xAA\x3F\x03new\xB1\x3F\x01\x02\x03\x04\x05\x06\x07\x08", 19};

template <class T, class Decode>
void check_record(const T& value, Decode decode) {
  std::string bytes = "before";  // encode appends
  encode(bytes, value);
  ASSERT_TRUE(bytes.starts_with("before"));
  bytes.erase(0, 6);
  EXPECT_EQ(all_of(decode(bytes)), all_of(value));
  const auto later = bytes.substr(0, bytes.size() - 2) + later_fields + bytes.substr(bytes.size() - 2);
  EXPECT_EQ(all_of(decode(later)), all_of(value)) << "unknown fields are skipped";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut{bytes, 0, size};  // a copy, so that reading beyond its end shows under ASan
    EXPECT_THROW(static_cast<void>(decode(cut)), corrupt_record) << size << " of " << bytes.size();
  }
}

/// Damage may go unseen in a record (checksums are RocksDB's), but never does more than throw corrupt_record.
template <class T, class Decode>
void check_damage(const T& value, Decode decode, random_values& any) {
  std::string bytes;
  encode(bytes, value);
  for (int i = 0; i < 50; ++i) {
    auto damaged = bytes;
    for (auto left = 1 + any.below(4); left > 0; --left) damaged[any.below(damaged.size())] = static_cast<char>(any.number());
    try {
      static_cast<void>(decode(damaged));
    } catch (const corrupt_record&) {
      continue;
    }
  }
}

template <class Make, class Decode>
void check_many(Make make, Decode decode) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_values any{seed};
    const auto value = make(any);
    check_record(value, decode);
    check_damage(value, decode, any);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(Records, AnEventReadsBackAsWritten) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_values any{seed};
    event_and_texts of;
    fill(any, of);
    check_record(of.value, decode_event);
    check_damage(of.value, decode_event, any);
  }
}
TEST(Records, AnEventsTextsAreViewsIntoItsRecord) {
  event what;
  what.kind = event_kind::message;
  what.body = "\"text\":\"hello\"";
  std::string bytes;
  encode(bytes, what);
  const auto read = decode_event(bytes);
  EXPECT_GE(read.body.data(), bytes.data());
  EXPECT_LE(read.body.data() + read.body.size(), bytes.data() + bytes.size());
}
TEST(Records, AnEventOfNoKindIsCorrupt) {
  std::string bytes;
  encode(bytes, event{});
  EXPECT_THROW(static_cast<void>(decode_event(bytes)), corrupt_record);
}
TEST(Records, AnUnknownWordIsCorrupt) {
  std::string bytes;
  event what;
  what.kind = static_cast<event_kind>(10);
  encode(bytes, what);
  EXPECT_THROW(static_cast<void>(decode_event(bytes)), corrupt_record);
}
TEST(Records, AFieldOfAForeignTypeIsCorrupt) {
  // Field 2, the name, as a number.
  EXPECT_THROW(static_cast<void>(decode_account(std::string{"\x10\x01\x78\x01", 4})), corrupt_record);
}
TEST(Records, AConversationReadsBackAsWritten) { check_many(any_conversation, decode_conversation); }
TEST(Records, AnActivityEntryReadsBackAsWritten) { check_many(any_activity, decode_activity_entry); }
TEST(Records, AnAssignedEntryReadsBackAsWritten) { check_many(any_assigned, decode_assigned_entry); }
TEST(Records, ADecisionReadsBackAsWritten) { check_many(any_decision, decode_decision); }
TEST(Records, ANoticeReadsBackAsWritten) { check_many(any_notice, decode_notice); }
TEST(Records, AContactReadsBackAsWritten) { check_many(any_contact, decode_contact); }
TEST(Records, AnAvailabilityReadsBackAsWritten) { check_many(any_availability, decode_availability); }
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
TEST(Records, ATicketReadsBackAsWritten) { check_many(any_ticket, decode_ticket); }
TEST(Records, ATicketEntryReadsBackAsWritten) { check_many(any_ticket_entry, decode_ticket_entry); }
TEST(Records, ATokenReadsBackAsWritten) { check_many(any_token, decode_token); }
TEST(Records, AWebhookReadsBackAsWritten) { check_many(any_webhook, decode_webhook); }
TEST(Records, AWebhooksDeliveryReadsBackAsWritten) { check_many(any_webhook_delivery, decode_webhook_delivery); }
TEST(Records, AWebhooksProgressReadsBackAsWritten) { check_many(any_webhook_progress, decode_webhook_progress); }
TEST(Records, WhoseAnEventIsCanBeReadAlone) {
  random_values any{11};
  for (int i = 0; i < 100; ++i) {
    event_and_texts of;
    fill(any, of);
    std::string bytes;
    encode(bytes, of.value);
    EXPECT_EQ(account_of_event(bytes), of.value.account);
  }
  EXPECT_THROW((void)account_of_event(""), corrupt_record);
}

TEST(Records, AnActivityEntrySaysWhatAListFiltersBy) {
  conversation of;
  of.status = conversation_status::closed;
  of.assignee = team_id{4};
  of.channel = channel_id{5};
  of.contact = contact_id{6};
  of.waiting_since = time_point{milliseconds{1}};
  of.deleted_at = time_point{milliseconds{2}};
  const auto entry = activity_entry_of(of);
  EXPECT_EQ(entry.status, conversation_status::closed);
  EXPECT_EQ(entry.assignee, assignee{team_id{4}});
  EXPECT_EQ(entry.channel, channel_id{5});
  EXPECT_EQ(entry.contact, contact_id{6});
  EXPECT_TRUE(entry.waiting);
  EXPECT_TRUE(entry.deleted);
  EXPECT_FALSE(entry.spam);
}

}  // namespace
}  // namespace signalbox::testing
