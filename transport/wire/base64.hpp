#pragma once

#include <string_view>

namespace signalbox {

/// The standard alphabet, padded, without line breaks (RFC 4648, section 4). Nothing is base64 of nothing. Any thread.
[[nodiscard]] bool is_base64(std::string_view text);

}  // namespace signalbox
