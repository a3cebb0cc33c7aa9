#include "rules/owner_assignment.hpp"

namespace signalbox {

owner_verdict consider_owner(const account_config& config, const inbox& in, const contact_standing& of,
                             std::optional<exclusion> passed_on, const std::optional<agent_standing>& refused, channel_type type,
                             bool closed) {
  using enum owner_verdict::next_step;
  const auto* who = of.owner ? config.users.find(*of.owner) : nullptr;
  if (!who) return {ask_fallback, owner_step::no_owner, std::nullopt, std::nullopt};
  if (!of.tracked) return {ask_fallback, owner_step::no_cookie, who->id, std::nullopt};
  if (const auto why = excluded_from_automatic(who, in)) return {ask_fallback, owner_step::not_assignable, who->id, why};
  if (passed_on) return {ask_fallback, owner_step::passed_on, who->id, passed_on};
  if (closed) return {wait_for_owner, owner_step::closed, who->id, exclusion::business_hours};
  if (!refused) return {ask_owner, owner_step::chosen, who->id, std::nullopt};
  if (is_offline(*refused)) return {wait_for_owner, owner_step::offline, who->id, exclusion::away};
  return {wait_for_owner, owner_step::at_capacity, who->id,
          refused->at_capacity(type) ? exclusion::at_capacity : exclusion::refused_offer};
}

bool is_offline(const agent_standing& owner) { return owner.status == presence::away; }

std::optional<user_id> waits_for(const account_config& config, const inbox& in, const contact_standing& of) {
  const auto verdict = consider_owner(config, in, of, std::nullopt, std::nullopt, channel_type::custom);
  return verdict.next == owner_verdict::next_step::ask_owner ? verdict.owner : std::nullopt;
}

bool may_take(const agent_standing& owner, const assignment_rule& rule, channel_type type) {
  return !owner.at_capacity(type) && (!rule.only_available || !is_offline(owner));
}

}  // namespace signalbox
