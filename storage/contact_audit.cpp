#include "storage/contact_audit.hpp"

#include <optional>
#include <vector>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {
namespace {

void put_entry(change_set& into, account_id account, const audit_entry& entry) {
  std::string record;
  encode(record, entry);
  into.put(family::state, keys::audit(account, entry.order), record);
}

std::vector<account_id> accounts_of(const store& from) {
  std::vector<account_id> all;
  from.scan(family::config, {}, {}, [&](std::string_view key, std::string_view) {
    const auto owner = keys::split_owned(key);
    if (owner && (all.empty() || all.back() != owner->account)) all.push_back(owner->account);
    return true;
  });
  return all;
}

}  // namespace

void put_audit(change_set& into, account_id account, const audit_entry& entry) {
  put_entry(into, account, entry);
  if (const auto* who = std::get_if<contact_id>(&entry.what); who && entry.after)
    into.put(family::state, keys::contact_audit(account, *who, entry.order), {});
}

void forget_in_audit(const store& from, account_id account, contact_id who, const std::function<change_set&()>& set) {
  const auto prefix = keys::contact_audit_prefix(account, who);
  std::vector<std::string> rows;
  from.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
    rows.emplace_back(key);
    return true;
  });
  for (const auto& row : rows) {
    const auto order = keys::read_be64(std::string_view{row}.substr(row.size() - 8));
    auto& into = set();
    if (const auto record = from.get(family::state, keys::audit(account, order))) {
      auto entry = decode_audit_entry(*record);
      forget_person(entry);
      put_entry(into, account, entry);
    }
    into.erase(family::state, row);
  }
}

void keep_contact_audits(store& of) {
  if (of.get(family::meta, keys::contact_audits_kept())) return;
  const auto commit = [&](const change_set& set) {
    if (set.empty()) return;
    const change_set* const one = &set;
    std::uint64_t unused = 0;
    of.commit({&one, 1}, {&unused, 1});
  };
  for (const auto account : accounts_of(of)) {
    const auto end = keys::after_prefix(keys::audit_prefix(account));
    // In pieces, since what is scanned is being written to.
    for (std::optional<std::string> from = keys::audit_prefix(account); from;) {
      std::vector<audit_entry> found;
      std::size_t bytes = 0;
      auto at = std::exchange(from, std::nullopt);
      of.scan(family::state, *at, end, [&](std::string_view key, std::string_view value) {
        if (bytes > change_set_bytes_max / 2) {
          from = key;
          return false;
        }
        auto entry = decode_audit_entry(value);
        if (!std::holds_alternative<contact_id>(entry.what)) return true;
        bytes += value.size() + key.size();
        found.push_back(std::move(entry));
        return true;
      });
      change_set set{keys::group_of(account)};
      for (auto& entry : found) {
        const auto who = std::get<contact_id>(entry.what);
        if (of.get(family::state, keys::contact(account, who))) {
          set.put(family::state, keys::contact_audit(account, who, entry.order), {});
        } else {
          forget_person(entry);
          put_entry(set, account, entry);
        }
      }
      commit(set);
    }
  }
  change_set done{0};
  done.put(family::meta, keys::contact_audits_kept(), "1");
  commit(done);
}

}  // namespace signalbox
