#include "storage/settling.hpp"

#include <algorithm>
#include <map>

#include "rules/retention.hpp"
#include "storage/contact_audit.hpp"
#include "storage/purging.hpp"

namespace signalbox {
namespace {

constexpr std::uint64_t round_events_max = 100'000;  // what recovery holds in memory at once
constexpr std::size_t set_bytes_full = change_set_bytes_max * 9 / 10;
constexpr std::size_t records_read_at_once = 256;

/// What the log's tail says of one conversation, in the order of its history.
struct tail_entry {
  std::uint64_t seq, position;
  time_point at;
  bool is_message;
};
struct conversation_tail {
  account_id account;
  std::vector<tail_entry> entries;
};

/// Commits what was gathered whenever a set is full, counts with it.
class settling_writer {
public:
  settling_writer(store& to, std::uint8_t group) : to_(to), group_(group), set_(group) {}

  list_counter& counts(account_id account, inbox_id inbox) {
    return counts_.try_emplace({account, inbox}, to_, account, inbox).first->second;
  }

  change_set& set() {
    if (set_.bytes() >= set_bytes_full) flush();
    return set_;
  }
  void flush() {
    for (auto& [inbox, one] : counts_) one.write(set_);
    if (set_.empty()) return;
    const change_set* const one = &set_;
    std::uint64_t unused = 0;
    to_.commit({&one, 1}, {&unused, 1});
    set_ = change_set{group_};
  }

private:
  store& to_;
  std::uint8_t group_;
  change_set set_;
  std::map<std::pair<account_id, inbox_id>, list_counter> counts_;
};

/// The record as of the tail, and what its history lacks, written.
void settle_tail(settling_writer& to, stored_conversation& record, const conversation_tail& tail) {
  std::uint64_t first_seq = 0;
  std::vector<std::uint64_t> positions;
  auto& counts = to.counts(tail.account, record.value.inbox);
  const auto write_run = [&] {
    if (!positions.empty()) settle_conversation(to.set(), tail.account, record, first_seq, positions, counts);
    positions.clear();
  };
  const auto logged = record.logged_seq;
  for (const auto& entry : tail.entries) {
    if (entry.seq >= record.value.next_seq) {  // later than the record: it wasn't written for a plain message
      record.value.next_seq = entry.seq + 1;
      if (entry.is_message) record.value.last_message_at = std::max(record.value.last_message_at, entry.at);
    }
    if (entry.seq <= logged) continue;
    if (!positions.empty() && entry.seq != first_seq + positions.size()) write_run();
    if (positions.empty()) first_seq = entry.seq;
    positions.push_back(entry.position);
  }
  if (positions.empty()) {
    settle_conversation(to.set(), tail.account, record, 0, {}, counts);
  } else {
    write_run();
  }
}

struct round {
  std::map<std::string, conversation_tail> conversations;  // by the record's key
  std::map<account_id, std::vector<unsettled_id>> ids;
  std::uint64_t last = 0;
  std::uint64_t events = 0;
};

round read_round(const store& from, std::uint8_t group, std::uint64_t after, std::uint64_t head) {
  round result;
  from.scan(family::events, keys::event(group, after + 1), keys::event(group, head + 1),
            [&](std::string_view key, std::string_view value) {
              result.last = keys::read_be64(key.substr(1));
              const auto what = decode_event(value);
              if (what.conversation.value != 0 && what.kind != event_kind::purged) {
                auto& tail = result.conversations[keys::conversation(what.account, what.conversation)];
                tail.account = what.account;
                if (what.seq > 0) {
                  tail.entries.push_back({what.seq, result.last, what.at, what.kind == event_kind::message});
                }
              }
              if (!what.external_id.empty()) {
                result.ids[what.account].push_back(
                    {keys::id_bucket_of(what.at), what.channel, keys::hash_external_id(what.external_id), what.message});
              }
              return ++result.events < round_events_max;
            });
  if (result.events < round_events_max) result.last = head;
  return result;
}

void settle_round(store& to, std::uint8_t group, round& what) {
  settling_writer writer{to, group};
  auto at = what.conversations.begin();
  while (at != what.conversations.end()) {
    std::vector<std::string> record_keys;
    const auto first = at;
    for (; at != what.conversations.end() && record_keys.size() < records_read_at_once; ++at) record_keys.push_back(at->first);
    const auto records = to.get_many(family::state, record_keys);
    auto tail = first;
    for (const auto& bytes : records) {
      const auto& of = (tail++)->second;
      if (!bytes) continue;  // removed for good since
      auto record = decode_conversation(*bytes);
      settle_tail(writer, record, of);
    }
  }
  for (auto& [account, ids] : what.ids) {
    std::ranges::sort(ids);
    // In parts, so that no set grows over its bound.
    const std::span<const unsettled_id> all{ids};
    for (std::size_t i = 0; i < all.size(); i += 1000)
      settle_message_ids(writer.set(), account, all.subspan(i, std::min<std::size_t>(1000, all.size() - i)));
  }
  std::string position;
  keys::append_be64(position, what.last);
  writer.set().put(family::meta, keys::settled_position(group), position);
  writer.flush();
}

}  // namespace

void index_due(change_set& into, account_id account, stored_conversation& of) {
  const auto& value = of.value;
  const auto due = due_to_purge(value);
  if (of.indexed_due == due) return;
  if (of.indexed_due) into.erase(family::state, keys::due(account, value.inbox, *of.indexed_due, value.id));
  if (due) into.put(family::state, keys::due(account, value.inbox, *due, value.id), {});
  of.indexed_due = due;
}

void unlist_conversation(change_set& into, account_id account, stored_conversation& of, list_counter& counts) {
  if (!of.indexed_activity) return;
  const auto& value = of.value;
  const auto row = keys::activity(account, value.inbox, *of.indexed_activity, value.id);
  const auto in = of.indexed_class ? *of.indexed_class : counts.class_of_row(row);
  into.erase(family::state, row);
  if (has_rows(in)) into.erase(family::state, keys::list_row(account, value.inbox, in, *of.indexed_activity, value.id));
  counts.add(value.inbox, in, -1);
  if (of.indexed_due) into.erase(family::state, keys::due(account, value.inbox, *of.indexed_due, value.id));
  of.indexed_due.reset();
  of.indexed_activity.reset();
  of.indexed_class.reset();
}

void settle_conversation(change_set& into, account_id account, stored_conversation& of, std::uint64_t first_seq,
                         const std::vector<std::uint64_t>& positions, list_counter& counts) {
  const auto& value = of.value;
  thread_local std::string bytes;  // kept for its room
  bytes.clear();
  if (!positions.empty()) {
    keys::append_positions(bytes, positions);
    into.put(family::conversation_log, keys::conversation_log(account, value.id, first_seq), bytes);
    of.logged_seq = std::max(of.logged_seq, first_seq + positions.size() - 1);
  }
  const auto in = class_of(value);
  if (of.indexed_activity) {
    const auto row = keys::activity(account, value.inbox, *of.indexed_activity, value.id);
    const auto was = of.indexed_class ? *of.indexed_class : counts.class_of_row(row);
    const bool moves_up = *of.indexed_activity != value.last_message_at;
    if (moves_up) into.erase(family::state, row);
    if (has_rows(was) && (moves_up || was != in))
      into.erase(family::state, keys::list_row(account, value.inbox, was, *of.indexed_activity, value.id));
    if (was != in) {
      counts.add(value.inbox, was, -1);
      counts.add(value.inbox, in, 1);
    }
  } else {
    counts.add(value.inbox, in, 1);
  }
  of.indexed_activity = value.last_message_at;
  of.indexed_class = in;
  index_due(into, account, of);
  bytes.clear();
  encode(bytes, activity_entry_of(value));
  into.put(family::state, keys::activity(account, value.inbox, value.last_message_at, value.id), bytes);
  if (has_rows(in)) into.put(family::state, keys::list_row(account, value.inbox, in, value.last_message_at, value.id), bytes);
  bytes.clear();
  encode(bytes, of);
  into.put(family::state, keys::conversation(account, value.id), bytes);
}

void settle_message_ids(change_set& into, account_id account, std::span<const unsettled_id> ids) {
  std::string key;
  std::string message(sizeof(std::uint64_t), '\0');
  const unsettled_id* last = nullptr;
  for (const auto& id : ids) {
    if (last != nullptr && last->bucket == id.bucket && last->channel == id.channel)
      keys::write_hash(key, id.hash);
    else
      key = keys::message_id(account, id.bucket, id.channel, id.hash);
    last = &id;
    keys::write_be64(message.data(), id.message.value);
    into.put(family::message_ids, key, message);
  }
}

std::uint64_t recover(store& from, const std::function<void(std::uint64_t done, std::uint64_t of)>& progress) {
  keep_lists(from);
  keep_dues(from);
  keep_contact_audits(from);
  std::array<std::uint64_t, keys::groups> at{};
  std::uint64_t all = 0;
  for (std::uint8_t group = 0; group < keys::groups; ++group) {
    at[group] = settled_position(from, group);
    all += from.head(group) - std::min(at[group], from.head(group));
  }
  std::uint64_t done = 0;
  for (std::uint8_t group = 0; group < keys::groups; ++group) {
    const auto head = from.head(group);
    while (at[group] < head) {
      auto round = read_round(from, group, at[group], head);
      settle_round(from, group, round);
      done += round.last - at[group];
      at[group] = round.last;
      if (progress) progress(done, all);
    }
  }
  return done;
}

std::vector<std::pair<std::uint64_t, std::string>> unsettled_tail(const store& from, account_id account, inbox_id inbox) {
  std::vector<std::pair<std::uint64_t, std::string>> events;
  const auto group = keys::group_of(account);
  from.scan(family::events, keys::event(group, settled_position(from, group) + 1), keys::event(group, from.head(group) + 1),
            [&](std::string_view key, std::string_view value) {
              const auto what = decode_event(value);
              if (what.account == account && what.inbox == inbox) events.emplace_back(keys::read_be64(key.substr(1)), value);
              return true;
            });
  return events;
}

}  // namespace signalbox
