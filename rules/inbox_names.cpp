#include "rules/inbox_names.hpp"

#include "rules/account_changes.hpp"
#include "rules/mail_addresses.hpp"
#include "rules/text.hpp"

namespace signalbox {
namespace {

constexpr std::size_t username_bytes_max = 48;  ///< leaves room for a suffix in the 64 of a local part
constexpr std::string_view plain_username = "inbox";

/// `Front desk` becomes `front-desk`; what has no letter or digit of ASCII becomes `inbox`.
std::string username_of(std::string_view name) {
  std::string out;
  for (const char c : fold_case(name)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() == username_bytes_max) break;
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? std::string{plain_username} : out;
}

std::string numbered(const std::string& stem, std::size_t number) {
  return number == 0 ? stem : stem + "-" + std::to_string(number);
}

/// No longer than a name may be.
std::string company_of(const account_config& config, std::size_t number) {
  if (number == 0) return config.account.name;
  const auto suffix = "-" + std::to_string(number);
  auto company = config.account.name;
  while (company.size() + suffix.size() > name_bytes_max) drop_last_point(company);
  return company + suffix;
}

}  // namespace

inbox_names::inbox_names(const account_config& config, inbox_id but) {
  config.inboxes.for_each([&](const inbox& one) {
    if (one.id != but) add(config, one);
  });
}

template <class Each>
void inbox_names::each_name(const account_config& config, const inbox& one, Each&& each) {
  if (one.fallback.username.empty()) return;
  each(usernames_, one.fallback.username);
  each(from_names_, from_name_value(one.fallback.name_mode, one.fallback.company));
  // Both domains count as one: after a change of plan (S35) the address must still be nobody else's.
  for (const auto& reserved : reserved_addresses(one))
    if (home_of(config, reserved) == address_home::this_account) each(usernames_, reserved.substr(0, reserved.rfind('@')));
}

void inbox_names::add(const account_config& config, const inbox& one) {
  each_name(config, one, [](counts& in, const std::string& name) { ++in[name]; });
}

void inbox_names::remove(const account_config& config, const inbox& one) {
  each_name(config, one, [this](counts& in, const std::string& name) {
    const auto found = in.find(name);
    if (found == in.end() || --found->second > 0) return;
    in.erase(found);
    taken_below_.clear();
  });
}

template <class Named>
std::size_t inbox_names::first_free(const counts& taken, const std::string& stem, Named&& named) {
  const auto known = taken_below_.find(stem);
  auto number = known == taken_below_.end() ? 0 : known->second;
  while (taken.contains(named(number))) ++number;
  if (number > 0) taken_below_.insert_or_assign(stem, number);
  return number;
}

void inbox_names::give(const account_config& config, inbox& fresh) {
  const auto stem = username_of(fresh.name);
  fresh.fallback.username = numbered(stem, first_free(usernames_, stem, [&](std::size_t n) { return numbered(stem, n); }));
  const auto mode = fresh.fallback.name_mode;
  const auto name_of = [&](std::size_t n) { return from_name_value(mode, company_of(config, n)); };
  fresh.fallback.company = company_of(config, first_free(from_names_, name_of(0), name_of));
}

}  // namespace signalbox
