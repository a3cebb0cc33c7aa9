#include "actors/contact_reader.hpp"

#include <algorithm>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

constexpr std::size_t rows_looked_at_max = 50'000;  ///< for one page, however few of them match

bool matches(const contacts_wanted& wanted, const contact& one) {
  if (one.merged_into || (wanted.owner && one.owner != *wanted.owner)) return false;
  return std::all_of(wanted.known_by.begin(), wanted.known_by.end(), [&](const contact_identity& by) {
    return std::find(one.known_by.begin(), one.known_by.end(), by) != one.known_by.end();
  });
}

}  // namespace

contact_page list_contacts(const store& disk, const account_config& config, const user& who, const contacts_wanted& wanted) {
  const auto account = config.account.id;
  contact_page page;
  if (!wanted.known_by.empty()) {
    const auto holder = disk.get(family::state, keys::identity(account, wanted.known_by.front()));
    auto found = holder ? read_contact(disk, account, contact_id{keys::read_be64(*holder)}) : std::nullopt;
    if (found && matches(wanted, *found) && may_view(config, who, *found) && (!wanted.after || *wanted.after < found->id))
      page.items.push_back(std::move(*found));
    return page;
  }
  const auto prefix = wanted.owner ? keys::owned_contact_prefix(account, *wanted.owner) : keys::contact_prefix(account);
  auto from = prefix;
  if (wanted.after) keys::append_be64(from, wanted.after->value + 1);
  std::size_t looked_at = 0;
  contact_id last{};
  disk.scan(family::state, from, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
    if (page.items.size() == wanted.limit || looked_at++ == rows_looked_at_max) {
      page.next = last;
      return false;
    }
    last = contact_id{keys::read_be64(key.substr(key.size() - 8))};
    auto one = wanted.owner ? read_contact(disk, account, last) : std::optional{decode_contact(value)};
    if (one && matches(wanted, *one) && may_view(config, who, *one)) page.items.push_back(std::move(*one));
    return true;
  });
  return page;
}

std::optional<contact> read_contact(const store& disk, account_id account, contact_id which) {
  auto record = disk.get(family::state, keys::contact(account, which));
  if (!record) return std::nullopt;
  auto found = decode_contact(*record);
  if (!found.merged_into) return found;
  record = disk.get(family::state, keys::contact(account, *found.merged_into));
  return record ? std::optional{decode_contact(*record)} : std::nullopt;
}

std::vector<contact_id> ids_of(const store& disk, account_id account, contact_id which) {
  auto found = read_contact(disk, account, which);
  if (!found) return {which};
  auto all = std::move(found->absorbed);
  all.push_back(found->id);
  return all;
}

void name_survivors(const store& disk, account_id account, std::vector<conversation>& all) {
  std::vector<std::string> wanted;
  wanted.reserve(all.size());
  for (const auto& one : all) wanted.push_back(keys::contact(account, one.contact));
  const auto records = disk.get_many(family::state, wanted);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (records[i])
      if (const auto found = decode_contact(*records[i]); found.merged_into) all[i].contact = *found.merged_into;
}

}  // namespace signalbox
