/// Tickets as readers see them: from the store, for reader threads. Nothing of them trails. Everything here leaves to its caller
/// whether the reader may view it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/refusal.hpp"
#include "rules/ticket.hpp"
#include "storage/store.hpp"

namespace signalbox {

struct tickets_wanted {
  std::vector<inbox_id> inboxes;  ///< those that the reader may view, of those asked for
  std::optional<user_id> owner;
  std::optional<pipeline_id> pipeline;
  std::optional<stage_id> stage;
  std::optional<ticket_status> status;
  std::vector<stage_id> closed;  ///< sorted: what `status` means
  std::size_t limit = 50;
  std::string after;  ///< `next` of the page before
};
struct ticket_page {
  std::vector<ticket> items;  ///< newest first
  std::optional<std::string> next;
};
/// `invalid` for a cursor that isn't one of this list's.
[[nodiscard]] outcome<ticket_page> list_tickets(const store& disk, account_id account, const tickets_wanted& wanted);

[[nodiscard]] std::optional<ticket> read_ticket(const store& disk, account_id account, ticket_id which);

/// The inboxes that have tickets, deleted ones among them: one look for each.
[[nodiscard]] std::vector<inbox_id> inboxes_with_tickets(const store& disk, account_id account);

/// Whether a ticket stands in one of `stages`. Looks through all of the account's until it finds one.
[[nodiscard]] bool any_ticket_in(const store& disk, account_id account, const std::vector<stage_id>& stages);

}  // namespace signalbox
