/// CONTACTS: the only writer of one account's contacts and of what they are known by, so that two INBOXes can't make two of one
/// person. Decides with rules/contact_changes.hpp.
///
/// What it makes for an INBOX it sends to JOURNAL before it answers, unhurried: it is written in the same commit as the INBOX's own
/// change set, which comes right behind, or in one before it; a conversation is never durable without its contact. Between two
/// commits it remembers what is under way. It comes up when it is first asked.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

[[nodiscard]] contacts_actor spawn_contacts(caf::actor_system& system, environment& env, account_id of);

}  // namespace signalbox
