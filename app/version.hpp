/// What was built, known from the configure step.
#pragma once

#include <string_view>

namespace signalbox {

[[nodiscard]] std::string_view version_text();  ///< `0.1.0`
[[nodiscard]] std::string_view commit_text();   ///< twelve digits of the commit, or `unknown`

}  // namespace signalbox
