/// Hours as bodies name them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rules/account_changes.hpp"
#include "transport/http_api/body_reader.hpp"

namespace signalbox {

inline constexpr std::size_t time_zone_bytes_max = 64;

/// `[{"day","from","to"}]`.
[[nodiscard]] maybe<std::vector<working_span>> read_working_spans(const object_reader& from, std::string_view key);
/// `"out_of_office":[{"from","to","note"}]`.
[[nodiscard]] maybe<std::vector<out_of_office_span>> read_out_of_office(const object_reader& from);
/// `"business_hours":{"time_zone","hours","holidays"}`, or null for none.
[[nodiscard]] maybe<std::optional<timetable>> read_business_hours(const object_reader& from);

}  // namespace signalbox
