/// SIGTERM and SIGINT, held back from the program's first instant on: an orderly end is one however early it is asked for.
#pragma once

#include <chrono>

namespace signalbox {

/// They wait instead of ending the process. Before any thread starts: threads inherit it. Calls nothing that needs a constructor.
void hold_end_signals();
/// For commands that simply end: what was held back takes effect now.
void release_end_signals();
/// Until one of them comes, or at once when one came before; which. 0: none came for that long, or less. @pre `hold_end_signals`
[[nodiscard]] int await_end_signal(std::chrono::seconds at_most);

}  // namespace signalbox
