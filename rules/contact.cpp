#include "rules/contact.hpp"

#include <algorithm>

#include "rules/access.hpp"
#include "rules/text.hpp"

namespace signalbox {

std::optional<contact_identity> identity_of(identity_kind kind, channel_id channel, std::string_view text) {
  if (kind == identity_kind::channel) {
    if (text.empty()) return std::nullopt;
    return contact_identity{kind, channel, std::string{text}};
  }
  const auto value = trimmed(text);
  if (value.empty()) return std::nullopt;
  return contact_identity{kind, {}, kind == identity_kind::email ? fold_case(value) : std::string{value}};
}

bool contact::tracked() const {
  return std::any_of(known_by.begin(), known_by.end(), [](const auto& one) { return one.kind == identity_kind::cookie; });
}

contact_standing standing_of(const contact& of) { return {of.id, of.owner, of.tracked()}; }

bool may_view(const account_config& config, const user& who, const contact& which) {
  if (!who.active) return false;
  if (who.permissions.administers() || which.owner == who.id || which.inboxes.empty()) return true;
  return std::any_of(which.inboxes.begin(), which.inboxes.end(), [&](inbox_id one) {
    const auto* in = config.inboxes.find(one);
    return in && access_of(who, in->access) != access::none;
  });
}

}  // namespace signalbox
