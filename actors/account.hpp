/// ACCOUNT: the only writer of one account's configuration. Checks a change with rules/, commits it, publishes the next snapshot,
/// answers: in this order, so that whoever was answered finds the change in force everywhere.
#pragma once

#include <caf/actor_system.hpp>
#include <optional>
#include <string>

#include "actors/environment.hpp"
#include "rules/account_changes.hpp"
#include "rules/audit.hpp"
#include "rules/resource_change.hpp"

namespace signalbox {

[[nodiscard]] account_actor spawn_account(caf::actor_system& system, environment& env, account_id of);

struct account_made {
  config_snapshot config;
  user_id first_user;
};
/// Founds an account: reserves its subdomain and its first user's e-mail, commits, publishes, then answers with the default
/// inbox and the first user in the snapshot. `key`: the operator's; with the same one and the same subdomain within 24 h nothing
/// is founded, and the answer is that account as it is now. Called on any thread but a scheduler's: it may read the store.
void found_account(environment& env, const new_account& wanted, const std::optional<std::string>& key,
                   const answer_pointer<account_made>& then);

/// Writes what a change touched, as the snapshot after it has it.
void write_configuration(change_set& into, const account_config& config, const std::vector<touched>& all);

void write_audit(change_set& into, account_id of, const std::vector<audit_entry>& all);

/// Appends an event for each: what webhooks and the pull interface tell. They are in nobody's feed or history.
void write_told(change_set& into, account_id of, const std::vector<resource_change>& all, std::optional<user_id> by,
                time_point at);

/// Writes the fallback addresses that the directory gave to inboxes of a store of before. Once, before anything changes.
void write_provisioned(environment& env);

}  // namespace signalbox
