/// A person outside.
#pragma once
#include <optional>
#include <string>

#include "rules/ids.hpp"

namespace signalbox {

struct contact {
  contact_id id;
  std::string name, email, phone, cookie;  ///< empty: not known
  std::optional<user_id> owner;
  time_point created_at{};
  std::uint64_t version = 1;
  bool operator==(const contact&) const = default;
};

}  // namespace signalbox
