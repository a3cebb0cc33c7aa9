/// Which e-mail addresses an inbox has: the ones that it sends from and the ones that it receives at (S33–S38).
///
/// An account's subdomain is its own on the whole server, so addresses below it need to be told apart within the account alone.
/// Custom addresses and those of e-mail channels are reserved on the server (`reserved_addresses`).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/account.hpp"

namespace signalbox {

/// S33, S34.
[[nodiscard]] bool pays(plan of);
[[nodiscard]] std::string default_address(const account_config& config, const inbox& of);
/// The from address: the custom one when that is chosen, else the default one.
[[nodiscard]] std::string address_in_force(const account_config& config, const inbox& of);
/// Made of the inbox's id on the operator's domain itself, so that no change of anything else changes it (S37, S38).
[[nodiscard]] std::string forwarding_address(const account_config& config, const inbox& of);
/// Everything that mail reaches this inbox at: the forwarding address, the default address as it is, was and will be on other plans
/// (S35), the custom one. In the form of fold_case, each once, sorted.
[[nodiscard]] std::vector<std::string> receiving_addresses(const account_config& config, const inbox& of);
/// Every address of the account's inboxes and e-mail channels: what comes from one of them is a loop (A51). Sorted.
[[nodiscard]] std::vector<std::string> own_addresses(const account_config& config);

/// What is reserved on the server for it, in the form of fold_case.
[[nodiscard]] std::vector<std::string> reserved_addresses(const inbox& of);
[[nodiscard]] std::vector<std::string> reserved_addresses(const channel& of);

/// Where an address belongs, seen from an account.
enum class address_home { elsewhere, this_account, this_server };
[[nodiscard]] address_home home_of(const account_config& config, std::string_view folded_address);
/// Whether an address of the account's own subdomain is another inbox's: its default address, or its custom one.
[[nodiscard]] bool taken_within_account(const account_config& config, std::string_view folded_address, inbox_id by_other_than);

/// What the recipient sees, as names are compared (S30): trimmed and case-folded.
[[nodiscard]] std::string from_name_value(from_name_mode mode, std::string_view company);
[[nodiscard]] bool from_name_taken(const account_config& config, from_name_mode mode, std::string_view company,
                                   inbox_id by_other_than);

/// S5: gives `fresh` its username and its from name, both apart from the other inboxes' of the account. The username is made of the
/// inbox's name and stays when that changes (S7); the company is the account's name (d).
void provision(const account_config& config, inbox& fresh);
/// The same for each inbox of a store of before; gives those that weren't.
[[nodiscard]] std::vector<inbox_id> provision_all(account_config& config);

}  // namespace signalbox
