// Users and the teams they belong to.
#include "storage/working_hours.hpp"

namespace signalbox {

namespace {

using fields::field;
using fields::put_spans;
using fields::read_span;
using fields::writer;

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

void read_type_capacity(std::string_view bytes, type_capacities& into) {
  auto type = channel_type::custom;
  std::uint32_t capacity = 0;
  fields::read_nested(bytes, [&](field& in) {
    switch (in.tag()) {
      case 1:
        type = in.word<channel_type>();
        break;
      case 2:
        capacity = in.number32();
        break;
      default:
        in.skip();
    }
  });
  into[static_cast<std::size_t>(type)] = capacity;
}

}  // namespace

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
  for (std::size_t i = 0; i < channel_types_known; ++i) {
    if (!value.capacity_by_type[i]) continue;
    writer one{to, 31};
    one.word(1, static_cast<channel_type>(i));
    one.number(2, *value.capacity_by_type[i]);
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
      case 31:
        read_type_capacity(one.text(), value.capacity_by_type);
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

}  // namespace signalbox
