#include "transport/http_api/hours_body.hpp"

#include <algorithm>
#include <array>

namespace signalbox {

namespace {

constexpr std::size_t note_bytes_max = 500;
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

std::optional<std::uint16_t> parse_begin(std::string_view text) {
  const auto minute = parse_clock(text);
  return minute == 24 * 60 ? std::nullopt : minute;
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  std::string moment{text};
  moment += "T00:00:00Z";
  const auto midnight = parse_time(moment);
  if (!midnight) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*midnight);
}

}  // namespace

maybe<std::vector<working_span>> read_working_spans(const object_reader& from, std::string_view key) {
  const auto items = from.objects(key, working_spans_max);
  if (!items) return std::nullopt;
  std::vector<working_span> all;
  for (const auto& item : *items) {
    item.require({"day", "from", "to"});
    const auto day = item.word("day", parse_weekday, "mon, tue, wed, thu, fri, sat or sun");
    const auto begin = item.word("from", parse_begin, "a time of day such as 09:00");
    const auto end = item.word("to", parse_clock, "a time of day such as 17:00, or 24:00");
    if (!day || !begin || !end) continue;
    if (*begin == *end) item.fault("to", "must not be the same as from; a whole day is 00:00 to 24:00");
    all.push_back({*day, *begin, *end});
  }
  return all;
}

maybe<std::vector<out_of_office_span>> read_out_of_office(const object_reader& from) {
  const auto items = from.objects("out_of_office", out_of_office_max);
  if (!items) return std::nullopt;
  std::vector<out_of_office_span> all;
  for (const auto& item : *items) {
    item.require({"from", "to"});
    const auto begin = item.time("from");
    const auto end = item.time("to");
    std::optional<std::string> note;
    if (!item.is_null("note")) note = item.text("note", note_bytes_max);
    if (begin && end) all.push_back({*begin, *end, std::move(note)});
  }
  return all;
}

maybe<std::optional<timetable>> read_business_hours(const object_reader& from) {
  if (from.is_null("business_hours")) return std::optional<timetable>{};
  const auto given = from.object("business_hours");
  if (!given) return std::nullopt;
  given->require({"time_zone"});
  timetable table;
  table.time_zone = given->text("time_zone", time_zone_bytes_max).value_or("");
  table.hours = read_working_spans(*given, "hours").value_or(std::vector<working_span>{});
  const auto holidays = given->texts("holidays", holidays_max);
  for (std::size_t i = 0; holidays && i < holidays->size(); ++i) {
    if (!(*holidays)[i]) continue;
    if (const auto day = parse_day(*(*holidays)[i]))
      table.holidays.push_back(*day);
    else
      given->fault("holidays/" + std::to_string(i), "must be a day such as 2026-12-25");
  }
  return table;
}

}  // namespace signalbox
