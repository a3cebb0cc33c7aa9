/// INBOX: the only owner of one inbox's conversations. Finds or opens the conversation of each message, chooses the agent with
/// rules/, keeps the waiting queue, carries out what users ask, and writes it all as change sets.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

[[nodiscard]] inbox_actor spawn_inbox(caf::actor_system& system, environment& env, account_id account, inbox_id of);

}  // namespace signalbox
