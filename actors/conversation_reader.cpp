#include "actors/conversation_reader.hpp"

#include <algorithm>

#include "actors/contact_reader.hpp"
#include "actors/inbox_rows.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {

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

/// Where a page ended, the same in every inbox: the last row's place is its inverted activity and its conversation.
std::string to_cursor(std::string_view place) {
  std::string text;
  append_id_digits(text, keys::read_be64(place));
  append_id_digits(text, keys::read_be64(place.substr(8)));
  return text;
}

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
  rows_wanted rows{wanted.inboxes, [&](inbox_id inbox) { return keys::activity_prefix(account, inbox); },
                   [&](std::string_view value) { return matches(wanted, decode_activity_entry(value)); }, wanted.limit};
  if (!wanted.after.empty()) {
    auto after = parse_cursor(wanted.after);
    if (!after) return invalid_field("/after", "is not a cursor of this list");
    rows.after = std::move(*after);
  }
  const auto found = read_rows(disk, rows);

  list_page page;
  if (found.more) page.next = to_cursor(found.rows.back().place);
  std::vector<std::string> wanted_records;
  wanted_records.reserve(found.rows.size());
  for (const auto& one : found.rows)
    wanted_records.push_back(
        keys::conversation(account, conversation_id{keys::read_be64(std::string_view{one.place}.substr(8))}));
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
