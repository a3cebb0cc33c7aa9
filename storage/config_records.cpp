#include "storage/mail_records.hpp"
#include "storage/record_fields.hpp"

namespace signalbox {
namespace {

using fields::field;
using fields::put_mail_settings;
using fields::read_fallback;
using fields::read_filters;
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

void put_spans(writer& to, protozero::pbf_tag_type tag, const std::vector<working_span>& all) {
  for (const auto& span : all) {
    writer one{to, tag};
    one.number(1, span.weekday);
    one.number(2, span.from_minute);
    one.number(3, span.to_minute);
  }
}

working_span read_span(std::string_view bytes) {
  working_span span;
  fields::read_nested(bytes, [&](field& in) {
    switch (in.tag()) {
      case 1:
        span.weekday = static_cast<std::uint8_t>(in.number_to(6));
        break;
      case 2:
        span.from_minute = static_cast<std::uint16_t>(in.number_to(1440));
        break;
      case 3:
        span.to_minute = static_cast<std::uint16_t>(in.number_to(1440));
        break;
      default:
        in.skip();
    }
  });
  return span;
}

out_of_office_span read_absence(std::string_view bytes) {
  out_of_office_span span;
  fields::read_nested(bytes, [&](field& in) {
    switch (in.tag()) {
      case 1:
        span.from = in.time();
        break;
      case 2:
        span.to = in.time();
        break;
      case 3:
        span.note = in.text();
        break;
      default:
        in.skip();
    }
  });
  return span;
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

void encode(std::string& out, const account& value) {
  writer to{out};
  to.id(1, value.id);
  to.text(2, value.name);
  to.text(3, value.subdomain);
  to.word(4, value.plan);
  to.time(5, value.created_at);
  to.number(6, value.version);
  to.end();
}

account decode_account(std::string_view bytes) {
  account value;
  fields::read_record(bytes, "account", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<account_id>();
        break;
      case 2:
        value.name = one.text();
        break;
      case 3:
        value.subdomain = one.text();
        break;
      case 4:
        value.plan = one.word<plan>();
        break;
      case 5:
        value.created_at = one.time();
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

void encode(std::string& out, const user& value) {
  writer to{out};
  to.id(1, value.id);
  to.text(2, value.first_name);
  to.text(3, value.last_name);
  to.text(4, value.email);
  to.some_text(5, value.password_hash);
  to.word(6, value.seat);
  to.some_flag(7, value.permissions.super_admin);
  to.some_flag(8, value.permissions.account_access);
  to.some_flag(9, value.permissions.availability_management);
  for (const auto& membership : value.teams) {
    writer one{to, 10};
    one.id(1, membership.team);
    one.flag(2, membership.main);
  }
  if (value.capacity) to.number(11, *value.capacity);
  to.text(12, value.time_zone);
  put_spans(to, 13, value.working_hours);
  to.flag(14, value.active);
  to.time(16, value.created_at);
  to.number(17, value.version);
  for (const auto& span : value.out_of_office) {
    writer one{to, 30};
    one.time(1, span.from);
    one.time(2, span.to);
    if (span.note) one.text(3, *span.note);
  }
  to.end();
}

user decode_user(std::string_view bytes) {
  user value;
  fields::read_record(bytes, "user", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<user_id>();
        break;
      case 2:
        value.first_name = one.text();
        break;
      case 3:
        value.last_name = one.text();
        break;
      case 4:
        value.email = one.text();
        break;
      case 5:
        value.password_hash = one.text();
        break;
      case 6:
        value.seat = one.word<seat>();
        break;
      case 7:
        value.permissions.super_admin = one.flag();
        break;
      case 8:
        value.permissions.account_access = one.flag();
        break;
      case 9:
        value.permissions.availability_management = one.flag();
        break;
      case 10: {
        auto& membership = value.teams.emplace_back();
        fields::read_nested(one.text(), [&](field& in) {
          switch (in.tag()) {
            case 1:
              membership.team = in.id<team_id>();
              break;
            case 2:
              membership.main = in.flag();
              break;
            default:
              in.skip();
          }
        });
        break;
      }
      case 11:
        value.capacity = one.number32();
        break;
      case 12:
        value.time_zone = one.text();
        break;
      case 13:
        value.working_hours.push_back(read_span(one.text()));
        break;
      case 14:
        value.active = one.flag();
        break;
      case 16:
        value.created_at = one.time();
        break;
      case 17:
        value.version = one.number();
        break;
      case 30:
        value.out_of_office.push_back(read_absence(one.text()));
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void encode(std::string& out, const team& value) {
  writer to{out};
  to.id(1, value.id);
  to.text(2, value.name);
  to.time(3, value.created_at);
  to.number(4, value.version);
  to.end();
}

team decode_team(std::string_view bytes) {
  team value;
  fields::read_record(bytes, "team", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<team_id>();
        break;
      case 2:
        value.name = one.text();
        break;
      case 3:
        value.created_at = one.time();
        break;
      case 4:
        value.version = one.number();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

void encode(std::string& out, const inbox& value) {
  writer to{out};
  to.id(1, value.id);
  to.text(2, value.name);
  to.some_flag(3, value.is_default);
  {
    writer access{to, 4};
    access.word(1, value.access.mode);
    for (const auto user : value.access.users) access.id(2, user);
    for (const auto team : value.access.teams) access.id(3, team);
    access.number(4, value.access.version);
  }
  to.time(5, value.created_at);
  to.number(6, value.version);
  put_mail_settings(to, value);
  to.end();
}

inbox decode_inbox(std::string_view bytes) {
  inbox value;
  fields::read_record(bytes, "inbox", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<inbox_id>();
        break;
      case 2:
        value.name = one.text();
        break;
      case 3:
        value.is_default = one.flag();
        break;
      case 4:
        fields::read_nested(one.text(), [&](field& in) {
          switch (in.tag()) {
            case 1:
              value.access.mode = in.word<access_mode>();
              break;
            case 2:
              value.access.users.push_back(in.id<user_id>());
              break;
            case 3:
              value.access.teams.push_back(in.id<team_id>());
              break;
            case 4:
              value.access.version = in.number();
              break;
            default:
              in.skip();
          }
        });
        break;
      case 5:
        value.created_at = one.time();
        break;
      case 6:
        value.version = one.number();
        break;
      case 40:
        value.fallback = read_fallback(one.text());
        break;
      case 41:
        value.filters = read_filters(one.text());
        break;
      default:
        one.skip();
    }
  });
  return value;
}

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

void encode(std::string& out, const token& value) {
  writer to{out};
  to.id(1, value.id);
  to.word(2, value.kind);
  to.some_text(3, value.name);
  to.some_id(4, value.user);
  for (const auto channel : value.channels) to.id(5, channel);
  to.text(6, value.secret_hash);
  to.some_time(7, value.expires_at);
  to.time(8, value.created_at);
  to.end();
}

token decode_token(std::string_view bytes) {
  token value;
  fields::read_record(bytes, "token", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.id = one.id<token_id>();
        break;
      case 2:
        value.kind = one.word<token_kind>();
        break;
      case 3:
        value.name = one.text();
        break;
      case 4:
        value.user = one.id<user_id>();
        break;
      case 5:
        value.channels.push_back(one.id<channel_id>());
        break;
      case 6:
        value.secret_hash = one.text();
        break;
      case 7:
        value.expires_at = one.time();
        break;
      case 8:
        value.created_at = one.time();
        break;
      default:
        one.skip();
    }
  });
  return value;
}

}  // namespace signalbox
