/// WEBHOOK: delivers one webhook's share of what happens. The log is its queue: it holds a cursor, a bounded window and records
/// of what failed, and adds nothing to anybody's commit.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"
#include "actors/webhook_protocol.hpp"

namespace signalbox {

/// @pre `env.webhooks` and `env.tail` are set
[[nodiscard]] webhook_actor spawn_webhook(caf::actor_system& system, environment& env, account_id of, webhook_id which);

}  // namespace signalbox
