/// Frames of the agent socket about watched views.
#pragma once

#include <string>
#include <string_view>

#include "rules/view.hpp"

namespace signalbox {

/// `{"op":"view",…}`: what takes a client that has seen `before` (null: nothing) to `now`. False, and nothing appended: it is the same.
[[nodiscard]] bool append_view_frame(std::string& out, std::string_view watch, const view_picture* before,
                                     const view_picture& now);

void append_unwatched_frame(std::string& out, std::string_view watch, const refusal& why);

}  // namespace signalbox
