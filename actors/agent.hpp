/// AGENT: one user at work. Says whether they are available and how many conversations they have, gives slots to INBOXes, and feeds
/// the user's sockets: in order, gap-free, resumable.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

[[nodiscard]] agent_actor spawn_agent(caf::actor_system& system, environment& env, account_id account, user_id of);

}  // namespace signalbox
