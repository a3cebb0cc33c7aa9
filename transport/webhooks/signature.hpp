/// How a receiver knows that a delivery is ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/time.hpp"

namespace signalbox {

/// The value of `Signalbox-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.id.body">`, with a `v1` for each of `secrets`.
/// The time is in what is signed, so that a receiver can refuse what somebody recorded and sends again.
[[nodiscard]] std::string webhook_signature(const std::vector<std::string>& secrets, time_point at, std::string_view id,
                                            std::string_view body);

}  // namespace signalbox
