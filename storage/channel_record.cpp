#include "storage/working_hours.hpp"

namespace signalbox {

namespace {

using fields::field;
using fields::put_spans;
using fields::read_span;
using fields::writer;

void put_people(writer& to, const people& value) {
  for (const auto user : value.users) to.id(1, user);
  for (const auto team : value.teams) to.id(2, team);
}

people read_people(std::string_view bytes) {
  people value;
  fields::read_nested(bytes, [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.users.push_back(one.id<user_id>());
        break;
      case 2:
        value.teams.push_back(one.id<team_id>());
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void put_rule(writer& to, const assignment_rule& value) {
  to.flag(1, value.enabled);
  to.word(2, value.assign_to);
  {
    writer candidates{to, 3};
    put_people(candidates, value.candidates);
  }
  to.flag(4, value.only_available);
  to.word(5, value.strategy);
  to.flag(6, value.queue);
  {
    writer fallback{to, 7};
    put_people(fallback, value.fallback);
  }
  to.number(8, value.version);
  to.word(20, value.priority);
  if (value.accept_within) to.number(21, static_cast<std::uint64_t>(value.accept_within->count()));
}

assignment_rule read_rule(std::string_view bytes) {
  assignment_rule value;
  fields::read_nested(bytes, [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.enabled = one.flag();
        break;
      case 2:
        value.assign_to = one.word<assign_to>();
        break;
      case 3:
        value.candidates = read_people(one.text());
        break;
      case 4:
        value.only_available = one.flag();
        break;
      case 5:
        value.strategy = one.word<strategy>();
        break;
      case 6:
        value.queue = one.flag();
        break;
      case 7:
        value.fallback = read_people(one.text());
        break;
      case 8:
        value.version = one.number();
        break;
      case 20:
        value.priority = one.word<priority>();
        break;
      case 21:
        value.accept_within = milliseconds{static_cast<std::int64_t>(one.number())};
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void put_ticket_rule(writer& to, const ticket_rule& value) {
  to.some_flag(1, value.enabled);
  to.some_id(2, value.pipeline);
  to.some_id(3, value.stage);
  to.some_word(4, value.owner.kind);
  to.some_id(5, value.owner.user);
  to.number(6, value.version);
}

ticket_rule read_ticket_rule(std::string_view bytes) {
  ticket_rule value;
  fields::read_nested(bytes, [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.enabled = one.flag();
        break;
      case 2:
        value.pipeline = one.id<pipeline_id>();
        break;
      case 3:
        value.stage = one.id<stage_id>();
        break;
      case 4:
        value.owner.kind = one.word<ticket_owner>();
        break;
      case 5:
        value.owner.user = one.id<user_id>();
        break;
      case 6:
        value.version = one.number();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void put_timetable(writer& to, const timetable& value) {
  to.text(1, value.time_zone);
  put_spans(to, 2, value.hours);
  for (const auto day : value.holidays) to.number(3, static_cast<std::uint64_t>(day.time_since_epoch().count()));
}

constexpr std::uint32_t holiday_max = 2'932'896;  ///< 9999-12-31, in days since 1970

timetable read_timetable(std::string_view bytes) {
  timetable value;
  fields::read_nested(bytes, [&](field& in) {
    switch (in.tag()) {
      case 1:
        value.time_zone = in.text();
        break;
      case 2:
        value.hours.push_back(read_span(in.text()));
        break;
      case 3:
        value.holidays.emplace_back(std::chrono::days{in.number_to(holiday_max)});
        break;
      default:
        in.skip();
    }
  });
  return value;
}

}  // namespace

void encode(std::string& out, const channel& value) {
  writer to{out};
  to.id(1, value.id);
  to.id(2, value.inbox);
  to.word(3, value.type);
  to.text(4, value.name);
  to.flag(5, value.on);
  to.flag(6, value.authorized);
  {
    writer rule{to, 7};
    put_rule(rule, value.assignment);
  }
  to.time(8, value.created_at);
  to.number(9, value.version);
  if (value.business_hours) {
    writer hours{to, 30};
    put_timetable(hours, *value.business_hours);
  }
  if (value.address) to.text(40, *value.address);
  {
    writer rule{to, 50};
    put_ticket_rule(rule, value.tickets);
  }
  to.end();
}

channel decode_channel(std::string_view bytes) {
  channel value;
  fields::read_record(bytes, "channel", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<channel_id>();
        break;
      case 2:
        value.inbox = one.id<inbox_id>();
        break;
      case 3:
        value.type = one.word<channel_type>();
        break;
      case 4:
        value.name = one.text();
        break;
      case 5:
        value.on = one.flag();
        break;
      case 6:
        value.authorized = one.flag();
        break;
      case 7:
        value.assignment = read_rule(one.text());
        break;
      case 8:
        value.created_at = one.time();
        break;
      case 9:
        value.version = one.number();
        break;
      case 30:
        value.business_hours = read_timetable(one.text());
        break;
      case 40:
        value.address = one.text();
        break;
      case 50:
        value.tickets = read_ticket_rule(one.text());
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
