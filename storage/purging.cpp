#include "storage/purging.hpp"

#include <algorithm>
#include <vector>

#include "rules/retention.hpp"
#include "storage/keys.hpp"
#include "storage/settling.hpp"

namespace signalbox {
namespace {

constexpr std::size_t events_purged_at_once = 512;
constexpr std::size_t activity_row_bytes = 25;  // kind, inbox, time, conversation
constexpr std::size_t rows_taken_at_once = 1000;

/// The keys of both kinds of rows that name an event of it beside its history.
void each_beside(const store& disk, account_id account, conversation_id which,
                 const std::function<void(std::string_view key, std::uint64_t position)>& visit) {
  for (const auto& prefix : {keys::waiting_decision_prefix(account, which), keys::told_beside_prefix(account, which)})
    disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
      visit(key, keys::read_be64(value));
      return true;
    });
}

/// Enough to know whose it was and where it stood; nothing that anybody said or is called.
std::string remnant_of(const event& what) {
  event left;
  left.kind = event_kind::purged;
  left.account = what.account;
  left.inbox = what.inbox;
  left.channel = what.channel;
  left.conversation = what.conversation;
  left.seq = what.seq;
  left.at = what.at;
  left.message = what.message;
  left.direction = what.direction;
  std::string bytes;
  encode(bytes, left);
  return bytes;
}

class remnant_writer {
public:
  remnant_writer(const store& disk, account_id account, const std::function<change_set&()>& set)
      : disk_(disk), account_(account), set_(set) {}

  void add(std::uint64_t position) {
    positions_.push_back(position);
    if (positions_.size() >= events_purged_at_once) flush();
  }
  void flush() {
    const auto group = keys::group_of(account_);
    std::ranges::sort(positions_);
    for (const auto& [position, record] : disk_.events_at(group, positions_)) {
      const auto what = decode_event(record);
      if (what.direction == message_direction::out) sent_.emplace_back(what.channel, what.message);
      if (what.kind == event_kind::purged) continue;  // a crash came between
      set_().put(family::events, keys::event(group, position), remnant_of(what));
      ++written_;
    }
    positions_.clear();
  }
  [[nodiscard]] const std::vector<std::pair<channel_id, message_id>>& sent() const { return sent_; }
  [[nodiscard]] std::size_t written() const { return written_; }

private:
  const store& disk_;
  account_id account_;
  const std::function<change_set&()>& set_;
  std::vector<std::uint64_t> positions_;
  std::vector<std::pair<channel_id, message_id>> sent_;  // whose rows go with it
  std::size_t written_ = 0;
};

/// Of the ticket the id alone, and not whose it was: that would have to become a remnant too.
void tell_deleted(change_set& into, account_id account, ticket_id which, time_point at) {
  event what;
  what.kind = event_kind::ticket;
  what.account = account;
  what.at = at;
  what.changed = resource_change{resource_kind::ticket, change_kind::deleted, which.value, {}};
  std::string record;
  encode(record, what);
  into.add_event(record);
}

}  // namespace

std::uint64_t settled_position(const store& disk, std::uint8_t group) {
  const auto value = disk.get(family::meta, keys::settled_position(group));
  if (!value) return 0;
  if (value->size() != 8) throw corrupt_record("settled position of " + std::to_string(value->size()) + " bytes");
  return keys::read_be64(*value);
}

bool is_settled(const store& disk, account_id account, conversation_id which, std::uint64_t settled) {
  std::uint64_t last = 0;
  const auto log = keys::conversation_log_prefix(account, which);
  disk.scan_back(family::conversation_log, log, keys::after_prefix(log), [&](std::string_view, std::string_view value) {
    const auto positions = keys::read_positions(value);
    if (!positions.empty()) last = positions.back();
    return false;
  });
  each_beside(disk, account, which, [&](std::string_view, std::uint64_t position) { last = std::max(last, position); });
  return last <= settled;
}

std::size_t purge_conversation(const store& disk, account_id account, stored_conversation of, purge_extent extent, time_point at,
                               list_counter& counts, const std::function<change_set&()>& set) {
  const auto value = of.value;
  remnant_writer remnants{disk, account, set};
  std::vector<std::pair<family, std::string>> rows;
  const auto log = keys::conversation_log_prefix(account, value.id);
  disk.scan(family::conversation_log, log, keys::after_prefix(log), [&](std::string_view key, std::string_view positions) {
    for (const auto position : keys::read_positions(positions)) remnants.add(position);
    rows.emplace_back(family::conversation_log, key);
    return true;
  });
  each_beside(disk, account, value.id, [&](std::string_view key, std::uint64_t position) {
    remnants.add(position);
    rows.emplace_back(family::state, key);
  });
  remnants.flush();
  for (const auto& [channel, message] : remnants.sent()) {
    set().erase(family::state, keys::out_status(account, message));
    set().erase(family::outbox, keys::outbox(account, channel, message));
  }
  for (const auto& [in, key] : rows) set().erase(in, key);
  auto& last = set();
  last.erase(family::outbox, keys::notice(account, value.id));
  if (extent.thread) last.erase(family::state, keys::thread(account, value.channel, value.thread));
  if (const auto user = value.assigned_user()) last.erase(family::state, keys::assigned(account, *user, value.id));
  if (value.waiting_since) last.erase(family::state, keys::waiting(account, value.inbox, *value.waiting_since, value.id));
  if (value.ticket && extent.ticket)
    if (const auto record = disk.get(family::state, keys::ticket(account, *value.ticket))) {
      last.erase(family::state, keys::ticket_entry(account, decode_ticket(*record).inbox, *value.ticket));
      last.erase(family::state, keys::ticket(account, *value.ticket));
      tell_deleted(last, account, *value.ticket, at);
    }
  unlist_conversation(last, account, of, counts);
  last.erase(family::state, keys::conversation(account, value.id));
  counts.write(last);
  return remnants.written();
}

void keep_dues(store& of) {
  if (of.get(family::meta, keys::dues_kept())) return;
  const auto commit = [&](change_set& set) {
    if (set.empty()) return;
    const change_set* const one = &set;
    std::uint64_t unused = 0;
    of.commit({&one, 1}, {&unused, 1});
  };
  std::string from;
  // In pieces, since what is scanned is being written to.
  for (bool more = true; more;) {
    std::vector<std::pair<account_id, conversation_id>> found;
    more = false;
    of.scan(family::state, from, {}, [&](std::string_view key, std::string_view value) {
      const auto owner = keys::split_owned(key);
      if (!owner || owner->rest.size() != activity_row_bytes || owner->rest[0] != 'A') return true;
      const auto entry = decode_activity_entry(value);
      if (entry.spam || entry.deleted)
        found.emplace_back(owner->account, conversation_id{keys::read_be64(owner->rest.substr(activity_row_bytes - 8))});
      if (found.size() < rows_taken_at_once) return true;
      from.assign(key);
      from += '\0';
      more = true;
      return false;
    });
    for (auto at = found.begin(); at != found.end();) {
      change_set set{keys::group_of(at->first)};
      for (const auto account = at->first; at != found.end() && at->first == account; ++at) {
        const auto record = of.get(family::state, keys::conversation(account, at->second));
        if (!record) continue;
        auto one = decode_conversation(*record);
        index_due(set, account, one);
        std::string bytes;
        encode(bytes, one);
        set.put(family::state, keys::conversation(account, at->second), bytes);
      }
      commit(set);
    }
  }
  change_set done{0};
  done.put(family::meta, keys::dues_kept(), "1");
  commit(done);
}

}  // namespace signalbox
