#include "rules/why_not.hpp"

#include <algorithm>

#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<user_outcome, 6> outcomes{{"chosen", "excluded", "passed_over", "not_asked", "not_named", "not_recorded"}};

/// Whether the owner alone came into question: then the candidates were not looked at.
bool owner_decides(const decision& of) {
  if (!of.owner_step) return false;
  switch (*of.owner_step) {
    case owner_step::chosen:
    case owner_step::offline:
    case owner_step::at_capacity:
    case owner_step::closed:
      return true;
    case owner_step::no_owner:
    case owner_step::no_cookie:
    case owner_step::not_assignable:
    case owner_step::passed_on:
      return false;
  }
  return false;
}

/// A39: nobody but the one who had it was looked at. A choice among several notes others too.
bool went_to_same_agent(const decision& of) { return of.chosen && of.candidates > 1 && of.seen.size() == 1; }

}  // namespace

std::string_view to_text(user_outcome of) { return outcomes.of(of); }

user_verdict verdict_on(const decision& of, user_id who) {
  if (of.chosen == who) return {user_outcome::chosen};
  if (owner_decides(of)) {
    if (of.owner != who) return {user_outcome::not_asked, to_text(*of.owner_step), rule_of(*of.owner_step)};
    return {user_outcome::excluded, to_text(*of.owner_step), rule_of(*of.owner_step)};
  }
  const auto seen = std::find_if(of.seen.begin(), of.seen.end(), [who](const considered& one) { return one.user == who; });
  if (seen != of.seen.end()) {
    if (seen->excluded) return {user_outcome::excluded, to_text(*seen->excluded), rule_of(*seen->excluded), seen->open};
    user_verdict out{user_outcome::passed_over, {}, "S51", seen->open};
    if (of.chosen) out.chosen_open = of.seen.front().open;
    return out;
  }
  if (of.owner_step && of.owner == who) return {user_outcome::excluded, to_text(*of.owner_step), rule_of(*of.owner_step)};
  if (went_to_same_agent(of)) return {user_outcome::not_asked, {}, "A39"};
  return {of.seen.size() < of.candidates ? user_outcome::not_recorded : user_outcome::not_named};
}

}  // namespace signalbox
