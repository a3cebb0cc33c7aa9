/// The system's time zone database (Debian's tzdata), as rules/ ask of it.
#pragma once

#include <filesystem>
#include <stdexcept>

#include "rules/hours.hpp"

namespace signalbox {

/// The database isn't there; `what` is a sentence for whoever runs the server.
class time_zones_missing : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Reads names once and each zone at its first use; an update of the database counts from the next start. Thread-safe.
class system_time_zones final : public time_zones {
public:
  /// Throws time_zones_missing. `database` is only looked at for being there: the library knows one place.
  explicit system_time_zones(const std::filesystem::path& database = "/usr/share/zoneinfo");
  [[nodiscard]] std::optional<period> find(const std::string& zone, time_point at) const override;
};

}  // namespace signalbox
