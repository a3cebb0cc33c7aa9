#include "actors/ticket_reader.hpp"

#include <algorithm>
#include <queue>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

constexpr std::size_t rows_looked_at_max = 200'000;  ///< for one page, however few of them match

bool matches(const tickets_wanted& wanted, const ticket_entry& row) {
  if (wanted.owner && row.owner != wanted.owner) return false;
  if (wanted.pipeline && row.pipeline != *wanted.pipeline) return false;
  if (wanted.stage && row.stage != *wanted.stage) return false;
  if (!wanted.status) return true;
  return std::binary_search(wanted.closed.begin(), wanted.closed.end(), row.stage) == (*wanted.status == ticket_status::closed);
}

/// One inbox's part of a list, newest first, read ahead a piece at a time.
class inbox_tickets {
public:
  inbox_tickets(const store& disk, account_id account, inbox_id inbox, const tickets_wanted& wanted,
                std::optional<ticket_id> after)
      : disk_(disk), wanted_(wanted), prefix_(keys::ticket_entries_prefix(account, inbox)), from_(prefix_) {
    if (after) {
      from_ = keys::ticket_entry(account, inbox, *after);
      from_ += '\0';
    }
    advance();
  }

  [[nodiscard]] bool ended() const { return at_ >= rows_.size(); }
  [[nodiscard]] ticket_id first() const { return rows_[at_]; }
  void advance() {
    if (++at_ < rows_.size() || over_) return;
    rows_.clear();
    at_ = 0;
    over_ = true;
    std::size_t looked_at = 0;
    disk_.scan(family::state, from_, keys::after_prefix(prefix_), [&](std::string_view key, std::string_view value) {
      if (matches(wanted_, decode_ticket_entry(value))) rows_.push_back({~keys::read_be64(key.substr(prefix_.size()))});
      if (rows_.size() < wanted_.limit + 1 && ++looked_at < rows_looked_at_max) return true;
      from_.assign(key);
      from_ += '\0';
      over_ = rows_.empty();  // nothing in so many rows: the page ends here rather than the server
      return false;
    });
  }

private:
  const store& disk_;
  const tickets_wanted& wanted_;
  std::string prefix_, from_;
  std::vector<ticket_id> rows_;
  std::size_t at_ = 0;
  bool over_ = false;
};

}  // namespace

outcome<ticket_page> list_tickets(const store& disk, account_id account, const tickets_wanted& wanted) {
  std::optional<ticket_id> after;
  if (!wanted.after.empty()) {
    after = parse_id<ticket_id>(wanted.after);
    if (!after) return invalid_field("/after", "is not a cursor of this list");
  }
  std::vector<inbox_tickets> parts;
  parts.reserve(wanted.inboxes.size());
  for (const auto inbox : wanted.inboxes) parts.emplace_back(disk, account, inbox, wanted, after);
  const auto older = [&](std::size_t a, std::size_t b) { return parts[a].first() < parts[b].first(); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(older)> next(older);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!parts[i].ended()) next.push(i);

  ticket_page page;
  std::vector<std::pair<inbox_id, std::string>> places;
  ticket_id last;
  while (!next.empty() && places.size() < wanted.limit) {
    const auto part = next.top();
    next.pop();
    last = parts[part].first();
    places.emplace_back(wanted.inboxes[part], keys::ticket(account, last));
    parts[part].advance();
    if (!parts[part].ended()) next.push(part);
  }
  if (!next.empty()) page.next = to_text(last);
  std::vector<std::string> record_keys;
  record_keys.reserve(places.size());
  for (const auto& one : places) record_keys.push_back(one.second);
  const auto records = disk.get_many(family::state, record_keys);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!records[i]) continue;
    auto one = decode_ticket(*records[i]);
    if (one.inbox == places[i].first) page.items.push_back(std::move(one));  // else it moved on while this was read
  }
  return page;
}

std::optional<ticket> read_ticket(const store& disk, account_id account, ticket_id which) {
  const auto record = disk.get(family::state, keys::ticket(account, which));
  return record ? std::optional{decode_ticket(*record)} : std::nullopt;
}

std::vector<inbox_id> inboxes_with_tickets(const store& disk, account_id account) {
  std::vector<inbox_id> all;
  const auto prefix = keys::ticket_entries_prefix(account);
  const auto end = keys::after_prefix(prefix);
  for (auto from = prefix;;) {
    std::optional<inbox_id> found;
    disk.scan(family::state, from, end, [&](std::string_view key, std::string_view) {
      found = inbox_id{keys::read_be64(key.substr(prefix.size()))};
      return false;
    });
    if (!found) return all;
    all.push_back(*found);
    from = keys::after_prefix(keys::ticket_entries_prefix(account, *found));
  }
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
