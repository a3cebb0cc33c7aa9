#include "transport/http_api/user_body.hpp"

#include "transport/http_api/hours_body.hpp"

namespace signalbox {

namespace {

constexpr std::size_t memberships_max = 1'000;
constexpr std::uint64_t capacity_max = 100'000;

maybe<permissions> read_permissions(const object_reader& from) {
  const auto words = from.texts("permissions", 16);
  if (!words) return std::nullopt;
  permissions all;
  for (std::size_t i = 0; i < words->size(); ++i) {
    if (!(*words)[i]) continue;
    const auto& word = *(*words)[i];
    if (word == "super_admin") {
      all.super_admin = true;
    } else if (word == "account_access") {
      all.account_access = true;
    } else if (word == "availability_management") {
      all.availability_management = true;
    } else {
      from.fault("permissions/" + std::to_string(i), "must be super_admin, account_access or availability_management");
    }
  }
  return all;
}

maybe<std::vector<team_membership>> read_memberships(const object_reader& from) {
  const auto items = from.objects("teams", memberships_max);
  if (!items) return std::nullopt;
  std::vector<team_membership> all;
  for (const auto& item : *items) {
    item.require({"team"});
    const auto team = item.id<team_id>("team");
    const auto main = item.flag("main");
    if (team) all.push_back({*team, main.value_or(true)});
  }
  return all;
}

maybe<type_capacities> read_type_capacities(const object_reader& from) {
  if (from.is_null("capacity_by_type")) return type_capacities{};
  const auto limits = from.object("capacity_by_type");
  if (!limits) return std::nullopt;
  type_capacities all;
  for (const auto& key : limits->keys()) {
    const auto type = parse_channel_type(key);
    if (!type) {
      from.fault("capacity_by_type", "has a member that is no type of channel");
      return std::nullopt;
    }
    if (const auto limit = limits->number(key, 0, capacity_max))
      all[static_cast<std::size_t>(*type)] = static_cast<std::uint32_t>(*limit);
  }
  return all;
}

}  // namespace

user_fields read_user_fields(const object_reader& from) {
  user_fields fields;
  fields.first_name = from.text("first_name", name_bytes_max);
  fields.last_name = from.text("last_name", name_bytes_max);
  fields.email = from.text("email", email_bytes_max);
  fields.time_zone = from.text("time_zone", time_zone_bytes_max);
  fields.seat = from.word("seat", parse_seat, "free or paid");
  fields.permissions = read_permissions(from);
  fields.teams = read_memberships(from);
  if (from.is_null("capacity")) {
    fields.capacity = std::optional<std::uint32_t>{};
  } else if (const auto capacity = from.number("capacity", 0, capacity_max)) {
    fields.capacity = std::optional{static_cast<std::uint32_t>(*capacity)};
  }
  fields.capacity_by_type = read_type_capacities(from);
  fields.working_hours = read_working_spans(from, "working_hours");
  fields.out_of_office = read_out_of_office(from);
  fields.active = from.flag("active");
  return fields;
}

std::optional<std::string> read_password(const object_reader& from) {
  auto password = from.text("password", password_bytes_max);
  if (password && password->size() < password_bytes_min) {
    from.fault("password", "must have at least " + std::to_string(password_bytes_min) + " bytes");
    return std::nullopt;
  }
  return password;
}

people read_people(const object_reader& from) {
  people all;
  all.users = from.ids<user_id>("users", access_list_max).value_or(std::vector<user_id>{});
  all.teams = from.ids<team_id>("teams", access_list_max).value_or(std::vector<team_id>{});
  return all;
}

access_list read_access_list(const object_reader& from) {
  from.require({"mode"});
  access_list list;
  list.mode = from.word("mode", parse_access_mode, "everyone or specific").value_or(access_mode::everyone);
  auto chosen = read_people(from);
  list.users = std::move(chosen.users);
  list.teams = std::move(chosen.teams);
  return list;
}

}  // namespace signalbox
