/// Section 2 of the rules: who may view an inbox, and who may act in it. The one access function: list, push, search and
/// assignment all ask here.
#pragma once

#include "rules/account.hpp"
#include "rules/refusal.hpp"

namespace signalbox {

enum class access { none, view, act };

/// S10–S17. A user who isn't active has none. Membership of a team counts whether main or extra.
[[nodiscard]] access access_of(const user& who, const access_list& list);

/// Nothing when `who` may act in `in`; else `view_only` (S14) or `access_denied` (S12, S20).
[[nodiscard]] std::optional<refusal> refuse_unless_may_act(const user& who, const inbox& in);

/// May be assigned automatically in `in`: active, paid seat (S18), access to act (A17). Says by which rule not.
enum class exclusion {
  not_found,       ///< named in the rule, since deleted
  inactive,        ///< S62
  free_seat,       ///< S18, S56, S61
  no_access,       ///< A17
  away,            ///< S57, A26
  at_capacity,     ///< A33
  refused_offer,   ///< the agent's own actor said no: its slot was taken meanwhile
  declined,        ///< had it already in this round and said no
  business_hours,  ///< A25: the channel is closed
  lapsed           ///< had it already in this round and neither acknowledged nor accepted it in time
};
inline constexpr std::size_t exclusion_count = 10;
/// Had it in this round and let it go: others first.
[[nodiscard]] constexpr bool let_go(exclusion why) { return why == exclusion::declined || why == exclusion::lapsed; }
[[nodiscard]] std::string_view to_text(exclusion why);  ///< `free_seat`, …
[[nodiscard]] std::string_view rule_of(exclusion why);  ///< the number of the rule: `S18`, …

[[nodiscard]] std::optional<exclusion> excluded_from_automatic(const user* who, const inbox& in);

/// The users that `named` stands for: the users themselves and the main members of its teams (A18), each once, ordered by id.
[[nodiscard]] std::vector<user_id> members_of(const account_config& config, const people& named);

/// Active users who worked an inbox (`only` that one) before and don't any more, though it is still there. Ordered by id.
[[nodiscard]] std::vector<user_id> who_lost_access(const account_config& before, const account_config& after,
                                                   std::optional<inbox_id> only = std::nullopt);

struct skipped_user {
  user_id user;
  exclusion why{};
  bool operator==(const skipped_user&) const = default;
};
/// Whom the rule of one of `in`'s channels stands for and passes over, by themselves or as main members of its teams: S61, S62. Ordered by id.
[[nodiscard]] std::vector<skipped_user> skipped_by(const account_config& config, const inbox& in, const assignment_rule& rule);

}  // namespace signalbox
