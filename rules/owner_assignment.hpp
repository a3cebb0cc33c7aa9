/// `assign_to: contact_owner` (S50): whether a conversation goes to its contact's owner, to the rule's fallback people, or waits
/// for the owner. Pure; the owner's AGENT is asked for a slot in between, as for any candidate.
#pragma once

#include <optional>

#include "rules/assignment.hpp"
#include "rules/contact.hpp"

namespace signalbox {

struct owner_verdict {
  enum class next_step {
    ask_owner,       ///< for a slot
    ask_fallback,    ///< the owner never comes into question, or others come first
    wait_for_owner,  ///< nobody else may have it
  };
  next_step next = next_step::ask_fallback;
  owner_step step = owner_step::no_owner;
  std::optional<user_id> owner;       ///< nothing when there is none
  std::optional<exclusion> excluded;  ///< why not, as for any candidate
  bool operator==(const owner_verdict&) const = default;
};

/// `passed_on`: how the owner let it go, who had it in this round. `refused`: what the owner's AGENT said when it
/// had no slot. An owner who can't ever get it (S53, S54, S56) leaves it to the fallback people; one who can't get it now keeps
/// it waiting (S55, A33). `type`: the channel's. `closed`: outside the channel's business hours the owner isn't asked, and it waits for them (A25).
[[nodiscard]] owner_verdict consider_owner(const account_config& config, const inbox& in, const contact_standing& of,
                                           std::optional<exclusion> passed_on, const std::optional<agent_standing>& refused,
                                           channel_type type, bool closed = false);

/// S55: the message is e-mailed to an owner who isn't there, whether it is assigned to them (S57 off) or waits.
[[nodiscard]] bool is_offline(const agent_standing& owner);

/// For whom alone a conversation waits, as far as configuration and contact say: nothing when it waits for the fallback people.
[[nodiscard]] std::optional<user_id> waits_for(const account_config& config, const inbox& in, const contact_standing& of);

/// Whether a conversation that waits for its owner may go to them now (S57, S59, A33).
[[nodiscard]] bool may_take(const agent_standing& owner, const assignment_rule& rule, channel_type type);

}  // namespace signalbox
