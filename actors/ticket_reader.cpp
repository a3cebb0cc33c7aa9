#include "actors/ticket_reader.hpp"

#include <algorithm>

#include "actors/inbox_rows.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

bool matches(const tickets_wanted& wanted, const ticket_entry& row) {
  if (wanted.owner && row.owner != wanted.owner) return false;
  if (wanted.pipeline && row.pipeline != *wanted.pipeline) return false;
  if (wanted.stage && row.stage != *wanted.stage) return false;
  if (!wanted.status) return true;
  return std::binary_search(wanted.closed.begin(), wanted.closed.end(), row.stage) == (*wanted.status == ticket_status::closed);
}

/// Ids are inverted in keys, so that the newest comes first.
ticket_id ticket_at(std::string_view place) { return ticket_id{~keys::read_be64(place)}; }

}  // namespace

outcome<ticket_page> list_tickets(const store& disk, account_id account, const tickets_wanted& wanted) {
  rows_wanted rows{{}, [&](std::string_view value) { return matches(wanted, decode_ticket_entry(value)); }, wanted.limit};
  for (const auto inbox : wanted.inboxes) rows.parts.push_back({inbox, keys::ticket_entries_prefix(account, inbox)});
  if (!wanted.after.empty()) {
    const auto after = parse_id<ticket_id>(wanted.after);
    if (!after) return invalid_field("/after", "is not a cursor of this list");
    keys::append_be64(rows.after, ~after->value);
  }
  const auto found = read_rows(disk, rows);

  ticket_page page;
  if (found.next) page.next = to_text(ticket_at(*found.next));
  std::vector<std::string> record_keys;
  record_keys.reserve(found.rows.size());
  for (const auto& one : found.rows) record_keys.push_back(keys::ticket(account, ticket_at(one.place)));
  const auto records = disk.get_many(family::state, record_keys);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!records[i]) continue;
    auto one = decode_ticket(*records[i]);
    if (one.inbox == found.rows[i].inbox) page.items.push_back(std::move(one));  // else it moved on while this was read
  }
  return page;
}

std::optional<ticket> read_ticket(const store& disk, account_id account, ticket_id which) {
  const auto record = disk.get(family::state, keys::ticket(account, which));
  return record ? std::optional{decode_ticket(*record)} : std::nullopt;
}

std::vector<inbox_id> inboxes_with_tickets(const store& disk, account_id account) {
  return inboxes_with_rows(disk, keys::ticket_entries_prefix(account));
}

bool any_ticket_in(const store& disk, account_id account, const std::vector<stage_id>& stages) {
  bool any = false;
  const auto prefix = keys::ticket_entries_prefix(account);
  disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    any = std::find(stages.begin(), stages.end(), decode_ticket_entry(value).stage) != stages.end();
    return !any;
  });
  return any;
}

}  // namespace signalbox
