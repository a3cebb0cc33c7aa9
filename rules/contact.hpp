/// A person outside, and what they are known by.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/account.hpp"
#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace signalbox {

/// The letters are those of their keys on disk.
enum class identity_kind : char { channel = 'c', cookie = 'k', email = 'e', phone = 'p' };

/// One thing by which a contact is recognised. Of all contacts of an account at most one has it.
struct contact_identity {
  identity_kind kind{};
  channel_id channel;  ///< whose own id it is; 0 for the other kinds
  std::string value;   ///< in the form in which it is compared: trimmed, an e-mail address case-folded
  auto operator<=>(const contact_identity&) const = default;
};

/// Nothing for a blank text. `channel` counts for the channel's own id alone, which is taken as it is.
[[nodiscard]] std::optional<contact_identity> identity_of(identity_kind kind, channel_id channel, std::string_view text);

struct contact {
  contact_id id;
  std::string name, email, phone, cookie;  ///< empty: not known
  std::optional<user_id> owner;
  time_point created_at{};
  version_number version = 1;
  std::vector<contact_identity> known_by{};  ///< what `email`, `phone` and `cookie` say is among them
  std::vector<inbox_id> inboxes{};           ///< where they have written: who may view one of these may view them
  std::vector<contact_id> absorbed{};        ///< that were merged into this one; their ids mean this one
  std::optional<contact_id> merged_into{};   ///< this is only the old id of that one
  bool operator==(const contact&) const = default;

  /// By a cookie (S52, S54).
  [[nodiscard]] bool tracked() const;
};

/// What the choice of an agent needs to know of a contact.
struct contact_standing {
  contact_id id;
  std::optional<user_id> owner;
  bool tracked = false;
  bool operator==(const contact_standing&) const = default;
};
[[nodiscard]] contact_standing standing_of(const contact& of);

/// Invariant 7. A contact is shown to its owner, to whoever administers, and to whoever may view an inbox that the contact has
/// written to; one that never wrote (made by hand) to every user of the account.
[[nodiscard]] bool may_view(const account_config& config, const user& who, const contact& which);

// Limits. Lengths are in bytes of UTF-8.
inline constexpr std::size_t phone_bytes_max = 64;
inline constexpr std::size_t cookie_bytes_max = 256;
inline constexpr std::size_t identities_max = 256;  ///< of one contact; further ones are not learned
inline constexpr std::size_t absorbed_max = 256;    ///< merged into one contact

}  // namespace signalbox
