#include "storage/record_fields.hpp"

namespace signalbox {
namespace {

using fields::field;
using fields::writer;

}  // namespace

void encode(std::string& out, const stored_conversation& stored) {
  const auto& value = stored.value;
  writer to{out};
  to.id(1, value.id);
  to.id(2, value.inbox);
  to.id(3, value.channel);
  to.some_id(4, value.contact);
  to.some_text(5, value.thread);
  to.some_text(6, value.subject);
  to.some_word(7, value.status);
  to.some_assignee(8, 9, value.assignee);
  to.some_flag(10, value.automatic);
  to.some_time(11, value.assigned_at);
  to.time(12, value.created_at);
  to.some_time(13, value.closed_at);
  to.time(14, value.last_message_at);
  to.some_time(16, value.waiting_since);
  to.some_id(17, value.ticket);
  to.some_flag(18, value.spam);
  to.some_time(19, value.deleted_at);
  to.number(20, value.version);
  to.number(21, value.next_seq);
  to.some_time(22, stored.indexed_activity);
  to.some_number(23, stored.logged_seq);
  to.some_text(24, value.contact_address);
  to.word(30, value.priority);
  to.some_time(31, value.accept_by);
  to.some_number(32, stored.indexed_class ? static_cast<std::uint64_t>(*stored.indexed_class) : 0);
  to.some_time(33, stored.indexed_due);
  to.some_word(34, value.type);
  to.end();
}

stored_conversation decode_conversation(std::string_view bytes) {
  stored_conversation stored;
  auto& value = stored.value;
  fields::read_record(bytes, "conversation", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<conversation_id>();
        break;
      case 2:
        value.inbox = one.id<inbox_id>();
        break;
      case 3:
        value.channel = one.id<channel_id>();
        break;
      case 4:
        value.contact = one.id<contact_id>();
        break;
      case 5:
        value.thread = one.text();
        break;
      case 6:
        value.subject = one.text();
        break;
      case 7:
        value.status = one.word<conversation_status>();
        break;
      case 8:
        value.assignee = one.id<user_id>();
        break;
      case 9:
        value.assignee = one.id<team_id>();
        break;
      case 10:
        value.automatic = one.flag();
        break;
      case 11:
        value.assigned_at = one.time();
        break;
      case 12:
        value.created_at = one.time();
        break;
      case 13:
        value.closed_at = one.time();
        break;
      case 14:
        value.last_message_at = one.time();
        break;
      case 16:
        value.waiting_since = one.time();
        break;
      case 17:
        value.ticket = one.id<ticket_id>();
        break;
      case 18:
        value.spam = one.flag();
        break;
      case 19:
        value.deleted_at = one.time();
        break;
      case 20:
        value.version = one.number();
        break;
      case 21:
        value.next_seq = one.number();
        break;
      case 22:
        stored.indexed_activity = one.time();
        break;
      case 23:
        stored.logged_seq = one.number();
        break;
      case 24:
        value.contact_address = one.text();
        break;
      case 30:
        value.priority = one.word<priority>();
        break;
      case 31:
        value.accept_by = one.time();
        break;
      case 32:
        if (const auto in = one.number(); in > 0 && in < list_classes) stored.indexed_class = static_cast<list_class>(in);
        break;
      case 33:
        stored.indexed_due = one.time();
        break;
      case 34:
        value.type = one.word<channel_type>();
        break;
      default:
        one.skip();
    }
  });
  return stored;
}

activity_entry activity_entry_of(const conversation& of) {
  return {.status = of.status,
          .assignee = of.assignee,
          .channel = of.channel,
          .contact = of.contact,
          .waiting = of.waiting_since.has_value(),
          .spam = of.spam,
          .deleted = of.deleted_at.has_value()};
}

list_class class_of(const activity_entry& of) {
  return class_of({.status = of.status,
                   .assigned = !std::holds_alternative<std::monostate>(of.assignee),
                   .waiting = of.waiting,
                   .spam = of.spam,
                   .deleted = of.deleted});
}

void encode(std::string& out, const activity_entry& value) {
  writer to{out};
  to.some_word(1, value.status);
  to.some_assignee(2, 3, value.assignee);
  to.id(4, value.channel);
  to.some_id(5, value.contact);
  to.some_flag(6, value.waiting);
  to.some_flag(7, value.spam);
  to.some_flag(8, value.deleted);
  to.end();
}

activity_entry decode_activity_entry(std::string_view bytes) {
  activity_entry value;
  fields::read_record(bytes, "activity entry", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.status = one.word<conversation_status>();
        break;
      case 2:
        value.assignee = one.id<user_id>();
        break;
      case 3:
        value.assignee = one.id<team_id>();
        break;
      case 4:
        value.channel = one.id<channel_id>();
        break;
      case 5:
        value.contact = one.id<contact_id>();
        break;
      case 6:
        value.waiting = one.flag();
        break;
      case 7:
        value.spam = one.flag();
        break;
      case 8:
        value.deleted = one.flag();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void encode(std::string& out, const assigned_entry& value) {
  writer to{out};
  to.id(1, value.inbox);
  to.some_flag(2, value.automatic);
  to.some_number(3, value.position);
  to.some_flag(4, value.ack_wanted);
  to.some_word(5, value.type);
  to.end();
}

assigned_entry decode_assigned_entry(std::string_view bytes) {
  assigned_entry value;
  fields::read_record(bytes, "assigned entry", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.inbox = one.id<inbox_id>();
        break;
      case 2:
        value.automatic = one.flag();
        break;
      case 3:
        value.position = one.number();
        break;
      case 4:
        value.ack_wanted = one.flag();
        break;
      case 5:
        value.type = one.word<channel_type>();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void encode(std::string& out, const decision& value) {
  writer to{out};
  to.time(1, value.at);
  to.number(2, value.config_revision);
  to.id(3, value.channel);
  to.some_word(4, value.strategy);
  to.number(5, value.attempt);
  to.some_number(6, value.candidates);
  for (const auto& seen : value.seen) {
    writer one{to, 7};
    one.id(1, seen.user);
    one.some_number(2, seen.open);
    if (seen.excluded) one.word(3, *seen.excluded);
  }
  for (const auto& [why, count] : value.excluded) {
    writer one{to, 8};
    one.word(1, why);
    one.number(2, count);
  }
  to.word(9, value.result);
  to.some_id(10, value.chosen);
  to.some_word(11, value.tie);
  to.some_number(12, value.chance);
  if (value.owner_step) to.word(20, *value.owner_step);
  to.some_id(21, value.owner);
  to.end();
}

decision decode_decision(std::string_view bytes) {
  decision value;
  fields::read_record(bytes, "decision", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.at = one.time();
        break;
      case 2:
        value.config_revision = one.number();
        break;
      case 3:
        value.channel = one.id<channel_id>();
        break;
      case 4:
        value.strategy = one.word<strategy>();
        break;
      case 5:
        value.attempt = one.number32();
        break;
      case 6:
        value.candidates = one.number32();
        break;
      case 7: {
        auto& seen = value.seen.emplace_back();
        fields::read_nested(one.text(), [&](field& in) {
          switch (in.tag()) {
            case 1:
              seen.user = in.id<user_id>();
              break;
            case 2:
              seen.open = in.number32();
              break;
            case 3:
              seen.excluded = in.word<exclusion>();
              break;
            default:
              in.skip();
          }
        });
        break;
      }
      case 8: {
        exclusion why{};
        std::uint32_t count = 0;
        fields::read_nested(one.text(), [&](field& in) {
          switch (in.tag()) {
            case 1:
              why = in.word<exclusion>();
              break;
            case 2:
              count = in.number32();
              break;
            default:
              in.skip();
          }
        });
        value.excluded[why] = count;
        break;
      }
      case 9:
        value.result = one.word<decision_result>();
        break;
      case 10:
        value.chosen = one.id<user_id>();
        break;
      case 11:
        value.tie = one.word<tie_break>();
        break;
      case 12:
        value.chance = one.number();
        break;
      case 20:
        value.owner_step = one.word<owner_step>();
        break;
      case 21:
        value.owner = one.id<user_id>();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void encode(std::string& out, const availability_state& value) {
  writer to{out};
  to.word(1, value.set);
  to.some_time(2, value.set_at);
  to.some_time(3, value.until);
  to.some_flag(4, value.no_ack);
  to.some_flag(5, value.connected);
  to.some_time(6, value.disconnected_since);
  to.some_flag(30, value.was_available);
  to.end();
}

availability_state decode_availability(std::string_view bytes) {
  availability_state value;
  fields::read_record(bytes, "availability", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.set = one.word<presence>();
        break;
      case 2:
        value.set_at = one.time();
        break;
      case 3:
        value.until = one.time();
        break;
      case 4:
        value.no_ack = one.flag();
        break;
      case 5:
        value.connected = one.flag();
        break;
      case 6:
        value.disconnected_since = one.time();
        break;
      case 30:
        value.was_available = one.flag();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
