#pragma once

#include <string_view>

namespace signalbox {

/// docs/openapi.yaml, as it was when the program was built.
[[nodiscard]] std::string_view openapi_text();

}  // namespace signalbox
