#include "rules/mail_addresses.hpp"

#include <algorithm>
#include <optional>

#include "rules/inbox_names.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

std::string own_domain(const account_config& config, const std::string& of_operator) {
  return fold_case(config.account.subdomain) + "." + of_operator;
}

bool ends_in_domain(std::string_view host, std::string_view domain) {
  return host == domain ||
         (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

void keep_sorted_once(std::vector<std::string>& all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

void append_receiving(const account_config& config, const inbox& of, std::vector<std::string>& all) {
  all.push_back(forwarding_address(config, of));
  for (const auto* domain : {&config.domains.paid, &config.domains.free})
    all.push_back(of.fallback.username + "@" + own_domain(config, *domain));
  if (of.fallback.custom) all.push_back(fold_case(*of.fallback.custom));
}

}  // namespace

bool pays(plan of) { return of != plan::free; }

std::string default_address(const account_config& config, const inbox& of) {
  const auto& domain = pays(config.account.plan) ? config.domains.paid : config.domains.free;
  return of.fallback.username + "@" + own_domain(config, domain);
}

std::string address_in_force(const account_config& config, const inbox& of) {
  const auto& with = of.fallback;
  return with.address_mode == from_address_mode::custom && with.custom ? *with.custom : default_address(config, of);
}

std::string forwarding_address(const account_config& config, const inbox& of) {
  std::string digits;
  append_id_digits(digits, of.id.value);
  return "inb-" + fold_case(digits) + "@" + config.domains.paid;
}

std::vector<std::string> receiving_addresses(const account_config& config, const inbox& of) {
  std::vector<std::string> all;
  append_receiving(config, of, all);
  keep_sorted_once(all);
  return all;
}

std::vector<std::string> own_addresses(const account_config& config) {
  std::vector<std::string> all;
  config.inboxes.for_each([&](const inbox& one) { append_receiving(config, one, all); });
  config.channels.for_each([&](const channel& one) {
    if (one.address) all.push_back(fold_case(*one.address));
  });
  keep_sorted_once(all);
  return all;
}

std::vector<std::string> reserved_addresses(const inbox& of) {
  std::vector<std::string> all;
  if (of.fallback.custom) all.push_back(fold_case(*of.fallback.custom));
  if (of.fallback.verified) all.push_back(*of.fallback.verified);
  keep_sorted_once(all);
  return all;
}

std::vector<std::string> reserved_addresses(const channel& of) {
  return of.address ? std::vector{fold_case(*of.address)} : std::vector<std::string>{};
}

address_home home_of(const account_config& config, std::string_view folded_address) {
  const auto host = folded_address.substr(folded_address.rfind('@') + 1);
  for (const auto* domain : {&config.domains.paid, &config.domains.free})
    if (host == own_domain(config, *domain)) return address_home::this_account;
  for (const auto* domain : {&config.domains.paid, &config.domains.free})
    if (ends_in_domain(host, *domain)) return address_home::this_server;
  return address_home::elsewhere;
}

bool taken_within_account(const account_config& config, std::string_view folded_address, inbox_id by_other_than) {
  const auto username = folded_address.substr(0, folded_address.rfind('@'));
  const bool own = home_of(config, folded_address) == address_home::this_account;
  bool taken = false;
  config.inboxes.for_each([&](const inbox& one) {
    if (one.id == by_other_than || taken) return;
    if (own && one.fallback.username == username) taken = true;
    for (const auto& reserved : reserved_addresses(one)) taken = taken || reserved == folded_address;
  });
  return taken;
}

std::string from_name_value(from_name_mode mode, std::string_view company) {
  return std::string{to_text(mode)} + "\n" + fold_name(trimmed(company));
}

bool from_name_taken(const account_config& config, from_name_mode mode, std::string_view company, inbox_id by_other_than) {
  const auto wanted = from_name_value(mode, company);
  bool taken = false;
  config.inboxes.for_each([&](const inbox& one) {
    taken = taken || (one.id != by_other_than && !one.fallback.username.empty() &&
                      from_name_value(one.fallback.name_mode, one.fallback.company) == wanted);
  });
  return taken;
}

void provision(const account_config& config, inbox& fresh) { inbox_names{config, fresh.id}.give(config, fresh); }

std::vector<inbox_id> provision_all(account_config& config) {
  std::vector<inbox_id> all;
  std::optional<inbox_names> taken;
  for (const auto& one : config.inboxes.ordered()) {
    if (!one->fallback.username.empty()) continue;
    if (!taken) taken.emplace(config);
    auto provisioned = *one;
    taken->give(config, provisioned);
    taken->add(config, provisioned);
    config.inboxes.set(provisioned.id, provisioned);
    all.push_back(provisioned.id);
  }
  return all;
}

}  // namespace signalbox
