#include "actors/conversation_reader.hpp"

#include <algorithm>
#include <queue>

#include "actors/contact_reader.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {

constexpr std::size_t rows_looked_at_max = 200'000;  ///< for one page, however few of them match

bool matches(const list_wanted& wanted, const activity_entry& row) {
  if (row.deleted != wanted.deleted) return false;
  if (row.spam != wanted.spam) return false;
  if (wanted.status && row.status != *wanted.status) return false;
  if (wanted.assignee && row.assignee != assignee{*wanted.assignee}) return false;
  if (wanted.channel && row.channel != *wanted.channel) return false;
  if (!wanted.contacts.empty() && std::find(wanted.contacts.begin(), wanted.contacts.end(), row.contact) == wanted.contacts.end())
    return false;
  if (wanted.unassigned && !std::holds_alternative<std::monostate>(row.assignee)) return false;
  return !wanted.waiting || row.waiting;
}

/// Where a page ended: the last row's place, the same in every inbox (inverted activity and conversation).
struct list_place {
  std::uint64_t inverted_activity = 0;
  std::uint64_t conversation = 0;
  auto operator<=>(const list_place&) const = default;
};

std::string to_cursor(const list_place& of) {
  std::string text;
  append_id_digits(text, of.inverted_activity);
  append_id_digits(text, of.conversation);
  return text;
}

std::optional<list_place> parse_cursor(std::string_view text) {
  if (text.size() != 2 * id_digits) return std::nullopt;
  const auto activity = parse_id_digits(text.substr(0, id_digits));
  const auto conversation = parse_id_digits(text.substr(id_digits));
  if (!activity || !conversation) return std::nullopt;
  return list_place{*activity, *conversation};
}

/// One inbox's part of a list, read ahead a piece at a time.
class inbox_rows {
public:
  inbox_rows(const store& disk, account_id account, inbox_id inbox, const list_wanted& wanted, std::optional<list_place> after)
      : disk_(disk), wanted_(wanted), prefix_(keys::activity_prefix(account, inbox)), from_(prefix_) {
    if (after) {
      keys::append_be64(from_, after->inverted_activity);
      keys::append_be64(from_, after->conversation);
      from_ += '\0';
    }
    advance();
  }

  [[nodiscard]] bool ended() const { return at_ >= rows_.size(); }
  [[nodiscard]] const list_place& first() const { return rows_[at_]; }
  void advance() {
    if (++at_ < rows_.size() || over_) return;
    rows_.clear();
    at_ = 0;
    std::size_t looked_at = 0;
    over_ = true;
    disk_.scan(family::state, from_, keys::after_prefix(prefix_), [&](std::string_view key, std::string_view value) {
      if (matches(wanted_, decode_activity_entry(value))) {
        const auto place = key.substr(prefix_.size());
        rows_.push_back({keys::read_be64(place), keys::read_be64(place.substr(8))});
      }
      if (rows_.size() < wanted_.limit + 1 && ++looked_at < rows_looked_at_max) return true;
      from_.assign(key);
      from_ += '\0';
      over_ = rows_.empty();  // nothing in so many rows: the page ends here rather than the server
      return false;
    });
  }

private:
  const store& disk_;
  const list_wanted& wanted_;
  std::string prefix_, from_;
  std::vector<list_place> rows_;
  std::size_t at_ = 0;
  bool over_ = false;
};

void for_each_history_record(const store& disk, account_id account, conversation_id which, std::uint64_t after_seq,
                             const std::function<bool(const event&, std::shared_ptr<const std::string>)>& visit) {
  const auto prefix = keys::conversation_log_prefix(account, which);
  auto from = keys::conversation_log(account, which, 0);
  // The piece that begins at or before the wanted entry may hold it.
  disk.scan_back(family::conversation_log, prefix, keys::conversation_log(account, which, after_seq + 2),
                 [&](std::string_view key, std::string_view) {
                   from = key;
                   return false;
                 });
  const auto group = keys::group_of(account);
  disk.scan(family::conversation_log, from, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    for (auto& [position, record] : disk.events_at(group, keys::read_positions(value))) {
      auto bytes = std::make_shared<const std::string>(std::move(record));
      auto what = decode_event(*bytes);
      what.position = position;
      if (what.seq <= after_seq) continue;
      if (!visit(what, std::move(bytes))) return false;
    }
    return true;
  });
}

}  // namespace

outcome<list_page> list_conversations(const store& disk, account_id account, const list_wanted& wanted) {
  std::optional<list_place> after;
  if (!wanted.after.empty()) {
    after = parse_cursor(wanted.after);
    if (!after) return invalid_field("/after", "is not a cursor of this list");
  }
  std::vector<inbox_rows> parts;
  parts.reserve(wanted.inboxes.size());
  for (const auto inbox : wanted.inboxes) parts.emplace_back(disk, account, inbox, wanted, after);
  const auto later = [&](std::size_t a, std::size_t b) { return parts[b].first() < parts[a].first(); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!parts[i].ended()) next.push(i);

  list_page page;
  std::vector<list_place> places;
  std::vector<inbox_id> found_in;
  while (!next.empty() && places.size() < wanted.limit) {
    const auto part = next.top();
    next.pop();
    places.push_back(parts[part].first());
    found_in.push_back(wanted.inboxes[part]);
    parts[part].advance();
    if (!parts[part].ended()) next.push(part);
  }
  if (!next.empty()) page.next = to_cursor(places.back());
  std::vector<std::string> wanted_records;
  wanted_records.reserve(places.size());
  for (const auto& one : places) wanted_records.push_back(keys::conversation(account, conversation_id{one.conversation}));
  const auto records = disk.get_many(family::state, wanted_records);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!records[i]) continue;
    auto one = decode_conversation(*records[i]).value;
    if (one.inbox == found_in[i]) page.items.push_back(std::move(one));  // S70: else it was moved while this was read
  }
  name_survivors(disk, account, page.items);
  return page;
}

std::optional<conversation> read_conversation(const store& disk, account_id account, conversation_id which) {
  const auto record = disk.get(family::state, keys::conversation(account, which));
  if (!record) return std::nullopt;
  std::vector<conversation> one{decode_conversation(*record).value};
  name_survivors(disk, account, one);
  return std::move(one.front());
}

std::vector<kept_event> read_history(const store& disk, account_id account, conversation_id which, std::uint64_t after_seq,
                                     std::size_t limit) {
  std::vector<kept_event> all;
  for_each_history_record(disk, account, which, after_seq, [&](const event& what, std::shared_ptr<const std::string> bytes) {
    all.push_back({what, std::move(bytes)});
    return all.size() < limit;
  });
  for (auto& one : all) {
    if (one.what.kind != event_kind::message || one.what.direction != message_direction::out) continue;
    if (const auto now = disk.get(family::state, keys::out_status(account, one.what.message)); now && !now->empty()) {
      one.what.status = static_cast<message_status>(static_cast<unsigned char>(now->front()));
      if (now->size() > 17) {
        // The reason of a failure stands in the status record: both must outlive the event.
        auto both = std::make_shared<const std::string>(*one.bytes + now->substr(17));
        const auto position = one.what.position;
        const auto status = one.what.status;
        one.what = decode_event(std::string_view{*both}.substr(0, one.bytes->size()));
        one.what.position = position;
        one.what.status = status;
        one.what.error = std::string_view{*both}.substr(one.bytes->size());
        one.bytes = std::move(both);
      }
    }
  }
  return all;
}

std::vector<kept_decision> read_decisions(const store& disk, account_id account, conversation_id which) {
  std::vector<std::pair<std::uint64_t, kept_decision>> all;
  const auto keep = [&](const event& what, std::uint64_t position) {
    if (!what.decision_bytes.empty()) all.push_back({position, {what.at, what.reason, decode_decision(what.decision_bytes)}});
  };
  for_each_history_record(disk, account, which, 0, [&](const event& what, const std::shared_ptr<const std::string>&) {
    keep(what, what.position);
    return true;
  });
  const auto prefix = keys::waiting_decision_prefix(account, which);
  disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    const auto position = keys::read_be64(value);
    if (const auto record = disk.event_at(keys::group_of(account), position)) keep(decode_event(*record), position);
    return true;
  });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<kept_decision> out;
  out.reserve(all.size());
  for (auto& [position, one] : all) out.push_back(std::move(one));
  return out;
}

}  // namespace signalbox
