/// A few time zones as they are from 2026 to the spring of 2027, so that hours are tested without the system's database.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rules/hours.hpp"

namespace signalbox {

class sample_zones final : public time_zones {
public:
  [[nodiscard]] std::optional<period> find(const std::string& zone, time_point at) const override {
    const auto known = changes_.find(zone);
    if (known == changes_.end()) return std::nullopt;
    period out{known->second.first, time_point::min(), time_point::max()};
    for (const auto& [when, offset] : known->second.second) {
      if (at < when) {
        out.ends = when;
        break;
      }
      out.offset = offset;
      out.begins = when;
    }
    return out;
  }

private:
  using zone_changes = std::pair<std::chrono::seconds, std::vector<std::pair<time_point, std::chrono::seconds>>>;

  static time_point utc(int year, unsigned month, unsigned day, int hour) {
    return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} +
           std::chrono::hours{hour};
  }

  const std::map<std::string, zone_changes> changes_{{"UTC", {{}, {}}},
                                                     {"Asia/Kolkata", {std::chrono::minutes{330}, {}}},
                                                     {"Europe/Berlin",
                                                      {std::chrono::hours{1},
                                                       {{utc(2026, 3, 29, 1), std::chrono::hours{2}},
                                                        {utc(2026, 10, 25, 1), std::chrono::hours{1}},
                                                        {utc(2027, 3, 28, 1), std::chrono::hours{2}}}}},
                                                     {"America/New_York",
                                                      {-std::chrono::hours{5},
                                                       {{utc(2026, 3, 8, 7), -std::chrono::hours{4}},
                                                        {utc(2026, 11, 1, 6), -std::chrono::hours{5}},
                                                        {utc(2027, 3, 14, 7), -std::chrono::hours{4}}}}}};
};

}  // namespace signalbox
