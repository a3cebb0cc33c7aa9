/// Contacts as readers see them: from the store, on reader threads. What CONTACTS was answered for is there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/contact.hpp"
#include "rules/conversation.hpp"
#include "storage/store.hpp"

namespace signalbox {

struct contacts_wanted {
  std::vector<contact_identity> known_by;  ///< all of them
  std::optional<user_id> owner;
  std::size_t limit = 50;
  std::optional<contact_id> after;  ///< `next` of the page before
};
struct contact_page {
  std::vector<contact> items;  ///< oldest first
  std::optional<contact_id> next;
};
/// Those that `who` may view. A page may end early, with a `next`, where there is little to show among very many.
[[nodiscard]] contact_page list_contacts(const store& disk, const account_config& config, const user& who,
                                         const contacts_wanted& wanted);

/// The contact that an id means: the one it was merged into, if it was.
[[nodiscard]] std::optional<contact> read_contact(const store& disk, account_id account, contact_id which);

/// All ids that mean the same contact as this one: its conversations were opened under any of them (A55). Of a deleted one the id
/// itself.
[[nodiscard]] std::vector<contact_id> ids_of(const store& disk, account_id account, contact_id which);

/// Names in each conversation the contact that its contact's id means now.
void name_survivors(const store& disk, account_id account, std::vector<conversation>& all);

}  // namespace signalbox
