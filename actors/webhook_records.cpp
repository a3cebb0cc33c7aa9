#include "actors/webhook_records.hpp"

#include <algorithm>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

webhook_progress load_webhook_progress(const store& from, account_id account, const webhook& of) {
  if (const auto record = from.get(family::state, keys::webhook_progress(account, of.id)))
    return decode_webhook_progress(*record);
  webhook_progress fresh;
  fresh.cursor = place_before_position(of.after_position + 1);
  return fresh;
}

std::vector<webhook_delivery> load_webhook_deliveries(const store& from, account_id account, webhook_id of) {
  std::vector<webhook_delivery> all;
  const auto prefix = keys::webhook_delivery_prefix(account, of);
  from.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    all.push_back(decode_webhook_delivery(value));
    return true;
  });
  return all;
}

webhook_delivery_page list_webhook_deliveries(const store& from, account_id account, const webhook& of,
                                              std::optional<webhook_delivery_state> state, std::optional<account_event_id> before,
                                              std::size_t limit) {
  auto all = load_webhook_deliveries(from, account, of.id);
  const auto progress = load_webhook_progress(from, account, of);
  all.insert(all.end(), progress.recent.begin(), progress.recent.end());
  std::erase_if(
      all, [&](const webhook_delivery& one) { return (state && one.state != *state) || (before && one.place >= before->value); });
  // One that was delivered and is sent again stands under its place once: as it is now.
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.place > b.place; });
  all.erase(std::unique(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.place == b.place; }), all.end());
  webhook_delivery_page page;
  page.more = all.size() > limit;
  if (page.more) all.resize(limit);
  page.items = std::move(all);
  return page;
}

void erase_webhook_records(change_set& into, const store& from, account_id account, webhook_id of) {
  const auto prefix = keys::webhook_delivery_prefix(account, of);
  from.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
    into.erase(family::state, key);
    return true;
  });
  into.erase(family::state, keys::webhook_progress(account, of));
}

std::vector<webhook_id> forgotten_webhooks(const store& from, const account_config& config) {
  std::vector<webhook_id> all;
  const auto prefix = keys::webhook_progress_prefix(config.account.id);
  from.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
    const webhook_id id{keys::read_be64(key.substr(prefix.size()))};
    if (config.webhooks.find(id) == nullptr) all.push_back(id);
    return true;
  });
  return all;
}

}  // namespace signalbox
