/// Merges in the background, beside threads that somebody waits for.
#pragma once

#include <memory>

namespace rocksdb {
class EventListener;
}

namespace signalbox {

/// Has each thread that merges run under the scheduler's idle class, and on half of the processors that the process may use, one at least. A
/// merge never waits for anything, so one on each processor would leave none without work: the scheduler then hardly moves a thread that waits
/// behind others (docs/decisions/0023). For the whole of the process: the threads are shared by all its stores.
[[nodiscard]] std::shared_ptr<rocksdb::EventListener> make_merge_threads_give_way();

}  // namespace signalbox
