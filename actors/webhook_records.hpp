/// What is stored of a webhook's deliveries.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "rules/webhook_delivery.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// How far a webhook is; one that has never written it is where it was made.
[[nodiscard]] webhook_progress load_webhook_progress(const store& from, account_id account, const webhook& of);
/// Pending and dead ones, by place.
[[nodiscard]] std::vector<webhook_delivery> load_webhook_deliveries(const store& from, account_id account, webhook_id of);

struct webhook_delivery_page {
  std::vector<webhook_delivery> items;
  bool more = false;
};
/// The newest first: those before `before`, of one state or of all; of delivered ones the most recent alone.
[[nodiscard]] webhook_delivery_page list_webhook_deliveries(const store& from, account_id account, const webhook& of,
                                                            std::optional<webhook_delivery_state> state,
                                                            std::optional<account_event_id> before, std::size_t limit);

/// Of a webhook that is gone.
void erase_webhook_records(change_set& into, const store& from, account_id account, webhook_id of);
/// Those of webhooks that were deleted when the server ended before they were erased.
[[nodiscard]] std::vector<webhook_id> forgotten_webhooks(const store& from, const account_config& config);

}  // namespace signalbox
