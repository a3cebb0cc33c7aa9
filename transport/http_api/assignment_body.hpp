/// A channel's assignment rule as clients send it.
#pragma once

#include "rules/account.hpp"
#include "transport/http_api/body_reader.hpp"

namespace signalbox {

/// The whole of a rule: what isn't named has its default.
[[nodiscard]] assignment_rule read_assignment_rule(const object_reader& from);

}  // namespace signalbox
