#include "storage/record_fields.hpp"

namespace signalbox {
namespace {

using fields::field;
using fields::writer;

// A tag below 15 costs one byte: those that every message has come first. Tags are never used twice.
enum tag : protozero::pbf_tag_type {
  kind = 1,
  account_ = 2,
  inbox_ = 3,
  channel_ = 4,
  conversation_ = 5,
  seq = 6,
  at = 7,
  sent_at = 8,
  message = 9,
  direction = 10,
  status = 11,
  body = 12,
  external_id = 13,
  by = 14,
  error = 16,
  from_user = 17,
  from_team = 18,
  to_user = 19,
  to_team = 20,
  reason = 21,
  from_inbox = 22,
  conversation_status_now = 23,
  availability_status = 24,
  availability_reason = 25,
  availability_until = 26,
  user_ = 27,
  conversation_bytes = 28,
  newest_message_bytes = 29,
  decision_bytes = 30,
  place_since = 40,
  place_priority = 41,
  place_ahead = 42,
  place_estimate = 43,
  change = 44,
  resource = 45,
  resource_id = 46,
  absorbed_id = 47,
  ticket_bytes = 48,
  ticket_status_now = 49,
};

struct any_tag;
using any_id = id<any_tag>;  // of the kind that `resource` says

waiting_place& place(event& of) { return of.place ? *of.place : of.place.emplace(); }
resource_change& changed(event& of) { return of.changed ? *of.changed : of.changed.emplace(); }

}  // namespace

void encode(std::string& out, const event& value) {
  writer to{out};
  to.word(kind, value.kind);
  to.id(account_, value.account);
  to.some_id(inbox_, value.inbox);
  to.some_id(channel_, value.channel);
  to.some_id(conversation_, value.conversation);
  to.some_number(seq, value.seq);
  to.time(at, value.at);
  to.some_time(sent_at, value.sent_at);
  to.some_id(message, value.message);
  to.some_word(direction, value.direction);
  to.some_word(status, value.status);
  to.some_text(body, value.body);
  to.some_text(external_id, value.external_id);
  to.some_id(by, value.by);
  to.some_text(error, value.error);
  to.some_assignee(from_user, from_team, value.from);
  to.some_assignee(to_user, to_team, value.to);
  to.some_word(reason, value.reason);
  to.some_id(from_inbox, value.from_inbox);
  to.some_word(conversation_status_now, value.conversation_status_now);
  if (value.availability_now != availability{}) {
    to.word(availability_status, value.availability_now.status);
    to.word(availability_reason, value.availability_now.reason);
    to.some_time(availability_until, value.availability_now.until);
  }
  to.some_id(user_, value.user);
  to.some_text(conversation_bytes, value.conversation_bytes);
  to.some_text(newest_message_bytes, value.newest_message_bytes);
  to.some_text(decision_bytes, value.decision_bytes);
  if (value.place) {
    to.time(place_since, value.place->since);
    to.word(place_priority, value.place->priority);
    to.number(place_ahead, value.place->ahead);
    if (value.place->estimate) to.number(place_estimate, static_cast<std::uint64_t>(value.place->estimate->count()));
  }
  if (value.changed) {
    to.word(change, value.changed->change);
    to.some_word(resource, value.changed->kind);
    to.id(resource_id, any_id{value.changed->id});
    to.some_id(absorbed_id, value.changed->absorbed);
  }
  to.some_text(ticket_bytes, value.ticket_bytes);
  to.some_word(ticket_status_now, value.ticket_status_now);
  to.end();
}

account_id account_of_event(std::string_view bytes) {
  try {
    protozero::pbf_reader in{bytes.data(), bytes.size()};
    while (in.next()) {
      field one{in};
      if (one.tag() == account_) return one.id<account_id>();
      one.skip();
    }
  } catch (const protozero::exception& broken) {
    throw corrupt_record(std::string{"event: "} + broken.what());
  }
  throw corrupt_record("event: of no account");
}

event decode_event(std::string_view bytes) {
  event value;
  fields::read_record(bytes, "event", [&](field& one) {
    switch (one.tag()) {
      case kind:
        value.kind = one.word<event_kind>();
        break;
      case account_:
        value.account = one.id<account_id>();
        break;
      case inbox_:
        value.inbox = one.id<inbox_id>();
        break;
      case channel_:
        value.channel = one.id<channel_id>();
        break;
      case conversation_:
        value.conversation = one.id<conversation_id>();
        break;
      case seq:
        value.seq = one.number();
        break;
      case at:
        value.at = one.time();
        break;
      case sent_at:
        value.sent_at = one.time();
        break;
      case message:
        value.message = one.id<message_id>();
        break;
      case direction:
        value.direction = one.word<message_direction>();
        break;
      case status:
        value.status = one.word<message_status>();
        break;
      case body:
        value.body = one.text();
        break;
      case external_id:
        value.external_id = one.text();
        break;
      case by:
        value.by = one.id<user_id>();
        break;
      case error:
        value.error = one.text();
        break;
      case from_user:
        value.from = one.id<user_id>();
        break;
      case from_team:
        value.from = one.id<team_id>();
        break;
      case to_user:
        value.to = one.id<user_id>();
        break;
      case to_team:
        value.to = one.id<team_id>();
        break;
      case reason:
        value.reason = one.word<assignment_reason>();
        break;
      case from_inbox:
        value.from_inbox = one.id<inbox_id>();
        break;
      case conversation_status_now:
        value.conversation_status_now = one.word<conversation_status>();
        break;
      case availability_status:
        value.availability_now.status = one.word<presence>();
        break;
      case availability_reason:
        value.availability_now.reason = one.word<presence_reason>();
        break;
      case availability_until:
        value.availability_now.until = one.time();
        break;
      case user_:
        value.user = one.id<user_id>();
        break;
      case conversation_bytes:
        value.conversation_bytes = one.text();
        break;
      case newest_message_bytes:
        value.newest_message_bytes = one.text();
        break;
      case decision_bytes:
        value.decision_bytes = one.text();
        break;
      case place_since:
        place(value).since = one.time();
        break;
      case place_priority:
        place(value).priority = one.word<priority>();
        break;
      case place_ahead:
        place(value).ahead = one.number();
        break;
      case place_estimate:
        place(value).estimate = milliseconds{static_cast<std::int64_t>(one.number())};
        break;
      case change:
        changed(value).change = one.word<change_kind>();
        break;
      case resource:
        changed(value).kind = one.word<resource_kind>();
        break;
      case resource_id:
        changed(value).id = one.id<any_id>().value;
        break;
      case absorbed_id:
        changed(value).absorbed = one.id<contact_id>();
        break;
      case ticket_bytes:
        value.ticket_bytes = one.text();
        break;
      case ticket_status_now:
        value.ticket_status_now = one.word<ticket_status>();
        break;
      default:
        one.skip();
    }
  });
  if (value.kind == event_kind{}) throw corrupt_record("event: of no kind");
  return value;
}

}  // namespace signalbox
