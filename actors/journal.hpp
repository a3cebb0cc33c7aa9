/// JOURNAL: the one place that commits. Change sets that arrive while a commit is on its way to the disk are committed together by the next
/// one; nobody is told anything before it is durable.
///
/// Spawn it detached in the product: it blocks in fsync. Its queue is bounded by what its clients have under way (credit).
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

/// Asks all living CHANNELs and INBOXes to settle every `settle_after_events` events and every `settle_every`.
[[nodiscard]] journal_actor spawn_journal(caf::actor_system& system, environment& env, bool detached);

}  // namespace signalbox
