#include "transport/http_api/user_body.hpp"

#include <algorithm>
#include <array>

namespace signalbox {

namespace {

constexpr std::size_t time_zone_bytes_max = 64;
constexpr std::size_t working_spans_max = 7 * 24;
constexpr std::size_t memberships_max = 1'000;
constexpr std::uint64_t capacity_max = 100'000;
constexpr std::array<std::string_view, 7> weekdays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<std::uint8_t> parse_weekday(std::string_view text) {
  const auto found = std::find(weekdays.begin(), weekdays.end(), text);
  if (found == weekdays.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - weekdays.begin());
}

/// `09:00` as minutes after midnight; `24:00` is the day's end.
std::optional<std::uint16_t> parse_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 100; };
  const int hour = 10 * digit(0) + digit(1);
  const int minute = 10 * digit(3) + digit(4);
  if (hour > 24 || minute > 59 || (hour == 24 && minute != 0)) return std::nullopt;
  return static_cast<std::uint16_t>(60 * hour + minute);
}

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

maybe<std::vector<working_span>> read_working_hours(const object_reader& from) {
  const auto items = from.objects("working_hours", working_spans_max);
  if (!items) return std::nullopt;
  std::vector<working_span> all;
  for (const auto& item : *items) {
    item.require({"day", "from", "to"});
    const auto day = item.word("day", parse_weekday, "mon, tue, wed, thu, fri, sat or sun");
    const auto begin = item.word("from", parse_clock, "a time of day such as 09:00");
    const auto end = item.word("to", parse_clock, "a time of day such as 17:00, or 24:00");
    if (!day || !begin || !end) continue;
    if (*begin >= *end) item.fault("to", "must be later than from");
    all.push_back({*day, *begin, *end});
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
  fields.working_hours = read_working_hours(from);
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
