/// "Why not me": what the record of a decision says of one user. Pure; says nothing that the record doesn't hold.
#pragma once

#include "rules/assignment.hpp"

namespace signalbox {

enum class user_outcome {
  chosen,
  excluded,      ///< by the rule that is named with it
  passed_over,   ///< could have been chosen; the strategy took another (S51)
  not_asked,     ///< it was another's before the candidates were looked at: the contact's owner (S52, S55), the same agent (A39)
  not_named,     ///< the channel's rule didn't name them
  not_recorded,  ///< one of more candidates than a record keeps
};
[[nodiscard]] std::string_view to_text(user_outcome of);

struct user_verdict {
  user_outcome outcome = user_outcome::not_named;
  std::string_view why{};                      ///< the word of the exclusion, or of the owner's step; empty: none
  std::string_view rule{};                     ///< the number of the rule: `S57`, …; empty: none
  std::optional<std::uint32_t> open{};         ///< how many they had then
  std::optional<std::uint32_t> chosen_open{};  ///< of the one that was chosen instead
  bool operator==(const user_verdict&) const = default;
};
[[nodiscard]] user_verdict verdict_on(const decision& of, user_id who);

}  // namespace signalbox
