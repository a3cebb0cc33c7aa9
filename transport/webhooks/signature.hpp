/// How a receiver knows that a delivery is ours.
#pragma once

#include <string>
#include <string_view>

#include "rules/time.hpp"

namespace signalbox {

/// The value of `Signalbox-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.id.body">`. The time is in what is signed, so
/// that a receiver can refuse what somebody recorded and sends again.
[[nodiscard]] std::string webhook_signature(std::string_view secret, time_point at, std::string_view id, std::string_view body);

}  // namespace signalbox
