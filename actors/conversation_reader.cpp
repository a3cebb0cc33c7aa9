#include "actors/conversation_reader.hpp"

#include <algorithm>
#include <map>

#include "actors/contact_reader.hpp"
#include "actors/inbox_rows.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {

constexpr std::size_t rows_sorted_max = 2'000;

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

/// The same in every inbox: inverted activity and conversation, big-endian, so that places sort as their text does.
std::string place_of(time_point activity, conversation_id which) {
  std::string place;
  keys::append_be64(place, ~static_cast<std::uint64_t>(activity.time_since_epoch().count()));
  keys::append_be64(place, which.value);
  return place;
}
conversation_id conversation_at(std::string_view place) { return conversation_id{keys::read_be64(place.substr(8))}; }

std::string to_cursor(std::string_view place) {
  std::string text;
  append_id_digits(text, keys::read_be64(place));
  append_id_digits(text, conversation_at(place).value);
  return text;
}

/// The place that the cursor means.
std::optional<std::string> parse_cursor(std::string_view text) {
  if (text.size() != 2 * id_digits) return std::nullopt;
  const auto activity = parse_id_digits(text.substr(0, id_digits));
  const auto conversation = parse_id_digits(text.substr(id_digits));
  if (!activity || !conversation) return std::nullopt;
  std::string place;
  keys::append_be64(place, *activity);
  keys::append_be64(place, *conversation);
  return place;
}

/// Whose rows are all that the list can show; nothing: it takes the activity list.
std::vector<list_class> classes_of(const list_wanted& wanted) {
  const bool open = wanted.status != conversation_status::closed;
  const bool closed = wanted.status != conversation_status::open;
  if (wanted.deleted) return {list_class::deleted};
  if (wanted.spam) return {list_class::spam};
  if (wanted.waiting) return {list_class::waiting};
  std::vector<list_class> all;
  if (!wanted.unassigned && open) return all;
  if (open) all = {list_class::unassigned, list_class::waiting};
  if (closed) all.push_back(list_class::closed_unassigned);
  if (closed && !wanted.unassigned) all.push_back(list_class::closed_assigned);
  return all;
}

/// Open conversations of one user: few beside all that an inbox has. Nothing: they are too many to be sorted.
std::optional<std::vector<rows_part>> open_rows_of(const store& disk, account_id account, const list_wanted& wanted) {
  std::vector<std::string> records;
  const auto prefix = keys::assigned_prefix(account, *wanted.assignee);
  disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
    const auto in = decode_assigned_entry(value).inbox;
    if (std::find(wanted.inboxes.begin(), wanted.inboxes.end(), in) != wanted.inboxes.end())
      records.push_back(keys::conversation(account, conversation_id{keys::read_be64(key.substr(prefix.size()))}));
    return records.size() <= rows_sorted_max;
  });
  if (records.size() > rows_sorted_max) return std::nullopt;
  std::map<inbox_id, std::vector<std::string>> places;
  for (const auto& record : disk.get_many(family::state, records)) {
    if (!record) continue;
    const auto stored = decode_conversation(*record);
    if (stored.indexed_activity && matches(wanted, activity_entry_of(stored.value)))
      places[stored.value.inbox].push_back(place_of(*stored.indexed_activity, stored.value.id));
  }
  std::vector<rows_part> parts;
  for (auto& [inbox, all] : places) {
    std::sort(all.begin(), all.end());
    parts.push_back({inbox, {}, std::move(all)});
  }
  return parts;
}

std::vector<rows_part> parts_of(const store& disk, account_id account, const list_wanted& wanted) {
  const bool users_open = wanted.assignee && wanted.status == conversation_status::open && !wanted.deleted && !wanted.spam;
  if (users_open)
    if (auto parts = open_rows_of(disk, account, wanted)) return std::move(*parts);
  std::vector<rows_part> parts;
  const auto classes = classes_of(wanted);
  for (const auto inbox : wanted.inboxes) {
    if (classes.empty()) parts.push_back({inbox, keys::activity_prefix(account, inbox)});
    for (const auto in : classes) parts.push_back({inbox, keys::list_row_prefix(account, inbox, in)});
  }
  return parts;
}

void for_each_history_record(const store& disk, account_id account, conversation_id which, std::uint64_t after_seq,
                             const std::function<bool(const event&, std::shared_ptr<const std::string>)>& visit) {
  const auto prefix = keys::conversation_log_prefix(account, which);
  std::string from = keys::conversation_log(account, which, 0);
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
  rows_wanted rows{parts_of(disk, account, wanted),
                   [&](std::string_view value) { return matches(wanted, decode_activity_entry(value)); }, wanted.limit};
  if (!wanted.after.empty()) {
    const auto after = parse_cursor(wanted.after);
    if (!after) return invalid_field("/after", "is not a cursor of this list");
    rows.after = *after;
  }
  const auto found = read_rows(disk, rows);

  list_page page;
  if (found.next) page.next = to_cursor(*found.next);
  std::vector<std::string> wanted_records;
  wanted_records.reserve(found.rows.size());
  for (const auto& one : found.rows) wanted_records.push_back(keys::conversation(account, conversation_at(one.place)));
  const auto records = disk.get_many(family::state, wanted_records);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!records[i]) continue;
    auto one = decode_conversation(*records[i]).value;
    if (one.inbox == found.rows[i].inbox) page.items.push_back(std::move(one));  // S70: else it was moved while this was read
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
