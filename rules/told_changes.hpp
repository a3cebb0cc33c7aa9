/// What webhooks and the pull interface are told of a change: which resources, and what became of each.
#pragma once

#include <optional>
#include <vector>

#include "rules/account_changes.hpp"
#include "rules/contact_changes.hpp"
#include "rules/resource_change.hpp"

namespace signalbox {

/// One for each of `all`, in order: all of them, however many. Sessions are no configuration, and leave none.
[[nodiscard]] std::vector<resource_change> told_changes(const account_config& before, const account_config& after,
                                                        const std::vector<touched>& all);

/// Of contacts: a merged one is told once, under the id that it goes on with; ids that only meant another contact aren't.
[[nodiscard]] std::vector<resource_change> told_changes(const contact_edit& edit);

/// Whether `what` is that webhook itself, which isn't told of its own changes.
[[nodiscard]] inline bool is_of(const std::optional<resource_change>& what, webhook_id which) {
  return what && what->kind == resource_kind::webhook && what->id == which.value;
}

}  // namespace signalbox
