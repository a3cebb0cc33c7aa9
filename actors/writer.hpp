/// WRITER: writes the large commits that JOURNAL prepared, each on a thread of its own, where there are cores for it. While one puts a
/// commit into memory, which is most of the work, another writes and syncs the next one's log; RocksDB has both in order.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

/// Spawn it detached in the product: it blocks in fsync.
[[nodiscard]] writer_actor spawn_writer(caf::actor_system& system, environment& env, bool detached);

}  // namespace signalbox
