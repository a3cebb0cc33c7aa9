#include "transport/http_api/assignment_body.hpp"

#include "transport/http_api/user_body.hpp"

namespace signalbox {

assignment_rule read_assignment_rule(const object_reader& from) {
  const assignment_rule defaults;
  assignment_rule rule;
  from.require({"enabled"});
  rule.enabled = from.flag("enabled").value_or(defaults.enabled);
  rule.assign_to = from.word("assign_to", parse_assign_to, "specific or contact_owner").value_or(defaults.assign_to);
  rule.candidates = read_people(from);
  rule.only_available = from.flag("only_available").value_or(defaults.only_available);
  rule.strategy = from.word("strategy", parse_strategy, "balanced, round_robin or random").value_or(defaults.strategy);
  rule.queue = from.flag("queue").value_or(defaults.queue);
  rule.priority = from.word("priority", parse_priority, "low, normal, high or urgent").value_or(defaults.priority);
  if (const auto seconds = from.is_null("accept_within_seconds") ? std::nullopt : from.number("accept_within_seconds", 1, 86'400))
    rule.accept_within = std::chrono::seconds{*seconds};
  if (const auto fallback = from.object("fallback")) rule.fallback = read_people(*fallback);
  return rule;
}

}  // namespace signalbox
