/// The audit log: what changes of an account's configuration, and by hand of its contacts, did, resource by resource.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "rules/account_changes.hpp"
#include "rules/contact_changes.hpp"

namespace signalbox {

using audited_resource = std::variant<account, user, team, inbox, channel, token, webhook, pipeline, contact>;
using audited_id =
    std::variant<account_id, user_id, team_id, inbox_id, channel_id, token_id, webhook_id, pipeline_id, contact_id>;

/// Who did what to one resource, and when. `user` with the token that they used; neither: the server's operator, or the server itself.
struct audit_entry {
  std::uint64_t order = 0;  ///< rises; also the entry's name
  time_point at{};
  std::optional<user_id> user;
  std::optional<token_id> token;
  audited_id what;
  std::optional<audited_resource> before, after;  ///< absent: there was none, there is none; without secrets and hashes of them
  bool password_changed = false;
};

/// A change that touches more resources (a team of thousands that is deleted) names the first ones, so that it stays one commit.
inline constexpr std::size_t audited_at_once_max = 200;

/// One entry for each of `all`, in order: the resource that was asked for, then what followed from it. Sessions are no
/// configuration, and leave none. `context.make_id` gives the order.
[[nodiscard]] std::vector<audit_entry> audit_of(const account_config& before, const account_config& after,
                                                const std::vector<touched>& all, const change_context& context);

/// The same for a change of contacts by hand; records that are only the old id of another contact aren't named. The entry of a deletion
/// says nothing of the person. @pre `edit` isn't written yet: `context.find` gives what was before
[[nodiscard]] std::vector<audit_entry> audit_of(const contact_edit& edit, const principal& by, const contact_context& context);

/// Leaves of an entry of a contact who is deleted who did what and when, and nothing that the person is called or known by.
void forget_person(audit_entry& in);

}  // namespace signalbox
