/// Audit entries of contacts are found by their contact, so that what they say of a person goes when the person is deleted. Who did what
/// and when stays.
#pragma once

#include <functional>

#include "rules/audit.hpp"
#include "storage/change_set.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// The entry, and for one of a contact that is there after it the row that leads to it.
void put_audit(change_set& into, account_id account, const audit_entry& entry);

/// Takes the person out of the contact's entries that the store has; their rows go. `set` gives the change set for the next.
void forget_in_audit(const store& from, account_id account, contact_id who, const std::function<change_set&()>& set);

/// Makes the rows of a store whose entries were written before there were any, and takes out the persons who are deleted already.
/// Once: reads every audit entry then.
void keep_contact_audits(store& of);

}  // namespace signalbox
