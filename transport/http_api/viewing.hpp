/// What of an account's configuration a user may see (S12, S13).
#pragma once

#include "rules/access.hpp"
#include "transport/http_api/call.hpp"

namespace signalbox {

[[nodiscard]] inline bool may_view(const user& who, const inbox& in) { return access_of(who, in.access) != access::none; }

/// The inbox that the path names; null after a refusal.
[[nodiscard]] const inbox* named_inbox(call& of);
/// The channel that the path names, of an inbox that the calling user may view; null after a refusal.
[[nodiscard]] const channel* named_channel(call& of);

}  // namespace signalbox
