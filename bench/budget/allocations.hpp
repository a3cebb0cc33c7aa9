/// How often the program allocated. Linked in it takes the place of the global `operator new`.
#pragma once

#include <cstdint>

namespace signalbox {

/// Of all threads since the start.
[[nodiscard]] std::uint64_t allocations();

}  // namespace signalbox
