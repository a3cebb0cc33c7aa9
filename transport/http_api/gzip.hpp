/// Answers packed with gzip, for clients that take it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transport/http_exchange.hpp"

namespace signalbox {

/// A smaller body costs more to pack than it saves on the wire.
inline constexpr std::size_t gzip_bytes_min = 1024;

/// Whether an `Accept-Encoding` takes gzip: named, or by `*`, with a weight above 0.
[[nodiscard]] bool accepts_gzip(std::optional<std::string_view> accept_encoding);

/// Packs the answer's body if it is large enough and `wanted`, and says in `Vary` that it depends on that. On the thread
/// that answers: long lists come from reader threads.
void pack(http_answer& answer, bool wanted);

}  // namespace signalbox
