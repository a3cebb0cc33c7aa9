/// INBOX: the only owner of one inbox's conversations. Finds or opens the conversation of each message, chooses the agent with
/// rules/, keeps the waiting queue, carries out what users ask, and writes it all as change sets.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

/// Starts the INBOXes that have something to purge and that nobody has spoken to yet. For a reader thread.
void wake_due_inboxes(environment& env);

[[nodiscard]] inbox_actor spawn_inbox(caf::actor_system& system, environment& env, account_id account, inbox_id of);

}  // namespace signalbox
