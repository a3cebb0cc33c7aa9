#include "actors/audit_reader.hpp"

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

audit_page read_audit(const store& from, account_id account, const audit_wanted& wanted) {
  audit_page out;
  const auto prefix = keys::audit_prefix(account);
  const auto end = wanted.before ? keys::audit(account, *wanted.before) : keys::after_prefix(prefix);
  std::size_t looked_at = 0;
  std::uint64_t last = 0;
  from.scan_back(family::state, prefix, end, [&](std::string_view, std::string_view value) {
    if (out.items.size() == wanted.limit || looked_at == audit_looked_at_max) {
      out.next = last;
      return false;
    }
    ++looked_at;
    auto entry = decode_audit_entry(value);
    last = entry.order;
    const bool asked_for = (!wanted.resource || entry.what == *wanted.resource) && (!wanted.user || entry.user == wanted.user);
    if (asked_for) out.items.push_back(std::move(entry));
    return true;
  });
  return out;
}

}  // namespace signalbox
