#include "app/system_time_zones.hpp"

#include <date/tz.h>

#include <algorithm>

namespace signalbox {

namespace {

/// The library's ends of time lie beyond what milliseconds can say.
time_point within_range(date::sys_seconds at) {
  using std::chrono::ceil;
  using std::chrono::floor;
  using std::chrono::seconds;
  constexpr auto first = ceil<seconds>(time_point::min().time_since_epoch());
  constexpr auto last = floor<seconds>(time_point::max().time_since_epoch());
  return time_point{std::clamp(at.time_since_epoch(), first, last)};
}

}  // namespace

system_time_zones::system_time_zones(const std::filesystem::path& database) {
  const auto missing = [&](const std::string& why) {
    return time_zones_missing("there is no time zone database in " + database.string() + why +
                              "; install the package tzdata: working hours can't be told without it");
  };
  std::error_code failed;
  if (!std::filesystem::exists(database / "UTC", failed)) throw missing("");
  try {
    (void)date::locate_zone("UTC");
  } catch (const std::exception& broken) {
    throw missing(std::string{" ("} + broken.what() + ")");
  }
}

std::optional<time_zones::period> system_time_zones::find(const std::string& zone, time_point at) const {
  const auto& all = date::get_tzdb().zones;
  const auto found =
      std::lower_bound(all.begin(), all.end(), zone, [](const auto& one, const auto& name) { return one.name() < name; });
  if (found == all.end() || found->name() != zone) return std::nullopt;
  try {
    const auto info = found->get_info(std::chrono::floor<std::chrono::seconds>(at));
    return period{info.offset, within_range(info.begin), within_range(info.end)};
  } catch (const std::exception&) {
    return std::nullopt;  // a name without a readable file behind it
  }
}

}  // namespace signalbox
