#include "rules/hours.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace signalbox {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr milliseconds week = days{7};
constexpr int steps_max = 4'000;  ///< far more edges than a week and all holidays have between two changes

/// Where the wall clock stands. As a type it is UTC's; only differences and calendar days are asked of it.
using wall_time = time_point;

/// Spans of the week from Monday's midnight on, merged and ordered; what passes Sunday's midnight is cut there.
std::vector<std::pair<milliseconds, milliseconds>> merged(const std::vector<working_span>& spans) {
  std::vector<std::pair<milliseconds, milliseconds>> all;
  for (const auto& span : spans) {
    const milliseconds begin = days{span.weekday} + minutes{span.from_minute};
    milliseconds end = days{span.weekday} + minutes{span.to_minute};
    if (span.to_minute <= span.from_minute) end += days{1};
    all.emplace_back(begin, std::min(end, week));
    if (end > week) all.emplace_back(milliseconds{0}, end - week);
  }
  std::sort(all.begin(), all.end());
  std::vector<std::pair<milliseconds, milliseconds>> out;
  for (const auto& one : all) {
    if (!out.empty() && one.first <= out.back().second)
      out.back().second = std::max(out.back().second, one.second);
    else
      out.push_back(one);
  }
  return out;
}

class wall_clock_hours {
public:
  explicit wall_clock_hours(const timetable& of) : holidays_(of.holidays), spans_(merged(of.hours)) {
    if (spans_.empty()) spans_.emplace_back(milliseconds{0}, week);
  }

  [[nodiscard]] bool within(wall_time at) const {
    if (is_holiday(floor<days>(at))) return false;
    const auto passed = since_monday(at);
    return std::any_of(spans_.begin(), spans_.end(),
                       [&](const auto& span) { return span.first <= passed && passed < span.second; });
  }

  /// The first moment after `at` at which `within` may be different; nothing when it never is.
  [[nodiscard]] std::optional<wall_time> edge_after(wall_time at) const {
    auto day = floor<days>(at);
    if (is_holiday(day)) {
      while (is_holiday(day)) day += days{1};
      return day;
    }
    std::optional<wall_time> first;
    const auto holiday = std::upper_bound(holidays_.begin(), holidays_.end(), day);
    if (holiday != holidays_.end()) first = *holiday;
    if (spans_.front() == std::pair{milliseconds{0}, week}) return first;
    const auto passed = since_monday(at);
    auto next = spans_.front().first + week;
    for (const auto& [begin, end] : spans_)
      for (const auto edge : {begin, end})
        if (edge > passed) next = std::min(next, edge);
    const auto edge = at - passed + next;
    return first ? std::min(*first, edge) : edge;
  }

private:
  [[nodiscard]] bool is_holiday(sys_days day) const { return std::binary_search(holidays_.begin(), holidays_.end(), day); }
  static milliseconds since_monday(wall_time at) {
    const auto day = floor<days>(at);
    return days{std::chrono::weekday{day}.iso_encoding() - 1} + (at - day);
  }

  const std::vector<sys_days>& holidays_;
  std::vector<std::pair<milliseconds, milliseconds>> spans_;
};

}  // namespace

hours_state hours_at(const timetable& of, const time_zones* zones, time_point at) {
  if (of.hours.empty() && of.holidays.empty()) return {};
  const wall_clock_hours hours{of};
  const auto period_of = [&](time_point when) {
    const auto found = zones ? zones->find(of.time_zone, when) : std::nullopt;
    return found.value_or(time_zones::period{});
  };
  auto period = period_of(at);
  hours_state state;
  state.within = hours.within(at + period.offset);
  auto cursor = at;
  for (int step = 0; step < steps_max; ++step) {
    const auto edge = hours.edge_after(cursor + period.offset);
    if (!edge) return state;
    cursor = *edge - period.offset;
    if (cursor >= period.ends) {
      cursor = period.ends;
      period = period_of(cursor);
    }
    if (cursor > latest_time) return state;
    if (hours.within(cursor + period.offset) != state.within) {
      state.changes_at = cursor;
      return state;
    }
  }
  return state;
}

}  // namespace signalbox
