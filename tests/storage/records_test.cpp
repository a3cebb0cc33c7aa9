#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <random>
#include <tuple>

#include "storage/records.hpp"
#include "tests/storage/record_checks.hpp"

namespace signalbox {

static auto all_of(const event& e) {
  return std::tie(e.kind, e.account, e.inbox, e.channel, e.conversation, e.seq, e.at, e.sent_at, e.message, e.direction, e.status,
                  e.error, e.body, e.external_id, e.by, e.from, e.to, e.reason, e.from_inbox, e.conversation_status_now,
                  e.availability_now, e.user, e.conversation_bytes, e.newest_message_bytes, e.decision_bytes, e.place, e.changed,
                  e.ticket_bytes, e.ticket_status_now);
}
static auto all_of(const stored_conversation& of) { return std::tie(of.value, of.indexed_activity, of.logged_seq); }
static auto all_of(const activity_entry& of) {
  return std::tie(of.status, of.assignee, of.channel, of.contact, of.waiting, of.spam, of.deleted);
}
static auto all_of(const assigned_entry& of) { return std::tie(of.inbox, of.automatic, of.position, of.ack_wanted, of.type); }
static auto all_of(const decision& of) { return std::tie(of); }
static auto all_of(const contact& of) { return std::tie(of); }
static auto all_of(const notice& of) { return std::tie(of); }
static auto all_of(const availability_state& of) { return std::tie(of); }
static auto all_of(const ticket& of) { return std::tie(of); }
static auto all_of(const ticket_entry& of) { return std::tie(of.pipeline, of.stage, of.owner); }

namespace testing {
namespace {

struct event_and_texts {
  event value;
  std::array<std::string, 7> texts;
};

void fill(random_values& any, event_and_texts& of) {
  for (auto& text : of.texts) text = any.text();
  auto& e = of.value;
  e.kind = static_cast<event_kind>(1 + any.below(13));
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
  e.reason = any.word(assignment_reason::access_lost);
  e.from_inbox = any.maybe([&] { return any.id<inbox_id>(); });
  e.conversation_status_now = any.word(conversation_status::closed);
  e.availability_now = {any.word(presence::away), any.word(presence_reason::no_ack), any.maybe([&] { return any.time(); })};
  e.user = any.maybe([&] { return any.id<user_id>(); });
  e.conversation_bytes = of.texts[3];
  e.newest_message_bytes = of.texts[4];
  e.decision_bytes = of.texts[5];
  if (any.flag())
    e.place = waiting_place{any.time(), any.word(priority::urgent), any.number(), any.maybe([&] { return any.duration(); })};
  e.changed = any.maybe([&] {
    return resource_change{any.word(resource_kind::ticket), any.word(change_kind::merged), any.number(), any.id<contact_id>()};
  });
  e.ticket_bytes = of.texts[6];
  e.ticket_status_now = any.word(ticket_status::closed);
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
  of.value.type = any.word(channel_type::whatsapp);
  of.value.deleted_at = maybe_time();
  of.value.version = any.number();
  of.value.next_seq = any.number();
  of.indexed_activity = maybe_time();
  of.logged_seq = any.number();
  return of;
}

activity_entry any_activity(random_values& any) {
  return {any.word(conversation_status::closed),
          any.who(),
          any.id<channel_id>(),
          any.id<contact_id>(),
          any.flag(),
          any.flag(),
          any.flag()};
}

assigned_entry any_assigned(random_values& any) {
  return {any.id<inbox_id>(), any.flag(), any.number(), any.flag(), any.word(channel_type::whatsapp)};
}

decision any_decision(random_values& any) {
  decision of;
  of.at = any.time();
  of.config_revision = any.number();
  of.channel = any.id<channel_id>();
  of.strategy = any.word(strategy::random);
  of.attempt = static_cast<std::uint32_t>(any.below(UINT32_MAX));
  of.candidates = static_cast<std::uint32_t>(any.below(100));
  for (auto left = any.below(4); left > 0; --left) {
    of.seen.push_back(
        {any.id<user_id>(), static_cast<std::uint32_t>(any.below(100)), any.maybe([&] { return any.word(exclusion::lapsed); })});
    of.excluded[any.word(exclusion::lapsed)] = static_cast<std::uint32_t>(any.below(100));
  }
  of.result = any.word(decision_result::unassigned);
  of.chosen = any.maybe([&] { return any.id<user_id>(); });
  of.tie = any.word(tie_break::chance);
  of.chance = any.number();
  of.owner_step = any.maybe([&] { return any.word(owner_step::closed); });
  of.owner = any.maybe([&] { return any.id<user_id>(); });
  return of;
}

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

notice any_notice(random_values& any) {
  return {any.id<user_id>(),    any.id<conversation_id>(),    any.id<channel_id>(),
          any.id<message_id>(), notice_reason::owner_offline, any.time()};
}

availability_state any_availability(random_values& any) {
  const auto maybe_time = [&] { return any.maybe([&] { return any.time(); }); };
  return {any.word(presence::away), maybe_time(), maybe_time(), any.flag(), any.flag(), maybe_time(), any.flag()};
}

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

ticket_entry any_ticket_entry(random_values& any) {
  return {any.id<pipeline_id>(), any.id<stage_id>(), any.maybe([&] { return any.id<user_id>(); })};
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
  what.kind = static_cast<event_kind>(14);
  encode(bytes, what);
  EXPECT_THROW(static_cast<void>(decode_event(bytes)), corrupt_record);
}
TEST(Records, AConversationReadsBackAsWritten) { check_many(any_conversation, decode_conversation); }
TEST(Records, AnActivityEntryReadsBackAsWritten) { check_many(any_activity, decode_activity_entry); }
TEST(Records, AnAssignedEntryReadsBackAsWritten) { check_many(any_assigned, decode_assigned_entry); }
TEST(Records, ADecisionReadsBackAsWritten) { check_many(any_decision, decode_decision); }
TEST(Records, ANoticeReadsBackAsWritten) { check_many(any_notice, decode_notice); }
TEST(Records, AContactReadsBackAsWritten) { check_many(any_contact, decode_contact); }
TEST(Records, AnAvailabilityReadsBackAsWritten) { check_many(any_availability, decode_availability); }
TEST(Records, ATicketReadsBackAsWritten) { check_many(any_ticket, decode_ticket); }
TEST(Records, ATicketEntryReadsBackAsWritten) { check_many(any_ticket_entry, decode_ticket_entry); }
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
}  // namespace testing
}  // namespace signalbox
