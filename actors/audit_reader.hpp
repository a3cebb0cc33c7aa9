/// Reads the audit log. Pure but for the store; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/audit.hpp"
#include "storage/store.hpp"

namespace signalbox {

struct audit_wanted {
  std::optional<audited_id> resource;
  std::optional<user_id> user;  ///< who did it
  std::size_t limit = 50;
  std::optional<std::uint64_t> before;  ///< only entries of a lower order
};
struct audit_page {
  std::vector<audit_entry> items;     ///< newest first
  std::optional<std::uint64_t> next;  ///< for `before`; nothing: there are no more
};
/// Looks at `audit_looked_at_max` entries at most: a page may be short, or empty, with a `next`.
[[nodiscard]] audit_page read_audit(const store& from, account_id account, const audit_wanted& wanted);

inline constexpr std::size_t audit_looked_at_max = 5'000;

}  // namespace signalbox
