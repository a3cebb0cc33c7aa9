/// Changes of an account's contacts: whole or not at all. Pure but for the functions of the context, by which the contacts that
/// a change concerns are read; what it gives is written by the one actor that writes contacts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rules/account_changes.hpp"
#include "rules/contact.hpp"
#include "rules/resource_change.hpp"

namespace signalbox {

/// Empty takes a text away. A new e-mail address, phone number or cookie takes the place of the one that is shown; taken away,
/// the contact is known by none of that kind any more.
struct contact_fields {
  maybe<std::string> name{}, email{}, phone{}, cookie{};
  maybe<std::optional<user_id>> owner{};
};
struct create_contact {
  contact_fields fields;
};
struct update_contact {
  contact_id contact;
  contact_fields fields;
  maybe<version_number> if_match;
};
struct delete_contact {
  contact_id contact;
  maybe<version_number> if_match;
};
/// `contact` becomes another id of `into`, which gets its identities, its conversations and what it doesn't have itself.
struct merge_contact {
  contact_id contact;
  contact_id into;
  maybe<version_number> if_match{};       ///< of `contact`
  maybe<version_number> into_if_match{};  ///< of `into`
};
using contact_change = std::variant<create_contact, update_contact, delete_contact, merge_contact>;

/// What is to be written, all of it or nothing.
struct contact_edit {
  struct kept {
    std::optional<user_id> owner_before;
    contact now;
    std::optional<change_kind> told{};  ///< as what webhooks are told of it; absent: they aren't
  };
  contact_id first;                                           ///< what the caller asked for
  std::vector<kept> put;                                      ///< the changed ones, as they are now
  std::vector<contact> erased;                                ///< as they were
  std::vector<std::pair<contact_identity, contact_id>> held;  ///< identities and whose they are now
  std::vector<contact_identity> freed;                        ///< nobody's any more
  [[nodiscard]] bool empty() const { return put.empty() && erased.empty(); }
};

struct contact_context {
  const account_config& config;
  time_point now;
  std::function<std::uint64_t()> make_id;
  std::function<std::optional<contact_id>(const contact_identity&)> holder;  ///< by the record of the identity
  std::function<std::optional<contact>(contact_id)> find;                    ///< its record, a merged one's too
};

/// The contact that an id means: its own, or the one that it was merged into. Nothing when it is unknown or deleted.
[[nodiscard]] std::optional<contact> meant_by(contact_id which, const contact_context& context);
/// Who has an identity. One whose contact is gone is nobody's.
[[nodiscard]] std::optional<contact> holder_of(const contact_identity& what, const contact_context& context);

/// May be asked for by any user who may view the contacts concerned. An id that was merged means the survivor here too.
[[nodiscard]] outcome<contact_edit> apply(const contact_change& change, const principal& by, const contact_context& context);

/// Who writes, in a message's own words.
struct sender {
  channel_id channel{};
  std::string_view id{}, name{}, email{}, phone{}, cookie{};  ///< empty: not given
};
/// What the sender may be recognised by, the surest first: the channel's own id, cookie, e-mail address, phone number.
[[nodiscard]] std::vector<contact_identity> identities_of(const sender& who);

struct meeting {
  contact_standing with;
  contact_edit edit;         ///< empty when there was nothing to learn
  bool tracked_now = false;  ///< a contact that was there, by a cookie that was learned
};
/// The contact whose message opens a conversation in `in`: the holder of the surest identity that is known, who is then known by
/// those of the others that nobody has; a fresh one when none is known. Who is recognised by several identities of different
/// contacts is the surest one's: two contacts become one by hand alone.
[[nodiscard]] meeting meet(const sender& who, inbox_id in, const contact_context& context);

/// A conversation of the contact's is in that inbox now: whoever may view it may view them. Empty when that was so before.
[[nodiscard]] contact_edit show_in(contact who, inbox_id in);

}  // namespace signalbox
