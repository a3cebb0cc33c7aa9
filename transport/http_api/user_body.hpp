/// Users as bodies name them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/account_changes.hpp"
#include "transport/http_api/body_reader.hpp"

namespace signalbox {

inline constexpr std::size_t password_bytes_min = 8;
inline constexpr std::size_t password_bytes_max = 1024;

/// Every field that is there.
[[nodiscard]] user_fields read_user_fields(const object_reader& from);
/// A password to be set: long enough.
[[nodiscard]] std::optional<std::string> read_password(const object_reader& from);

/// `"users"` and `"teams"`, both empty when absent.
[[nodiscard]] people read_people(const object_reader& from);
/// `{"mode","users","teams"}`; the mode is required.
[[nodiscard]] access_list read_access_list(const object_reader& from);

}  // namespace signalbox
