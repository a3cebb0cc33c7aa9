// The log itself, and the families that name positions in it.
#include <algorithm>
#include <vector>

#include "storage/verification.hpp"

namespace signalbox {
namespace {

constexpr std::uint64_t ids_at_once = 8'000'000;  // 24 bytes each
constexpr milliseconds id_kept_at_least = std::chrono::hours{24};
constexpr std::size_t events_read_at_once = 1024;

struct known_id {
  keys::external_hash hash;  // of account, channel and the connector's id
  time_point at;
};

keys::external_hash hash_of(const event& what) {
  std::string whole;
  keys::append_be64(whole, what.account.value);
  keys::append_be64(whole, what.channel.value);
  whole += what.external_id;
  return keys::hash_external_id(whole);
}

void say_doubles(verification& v, std::vector<known_id>& ids) {
  std::ranges::sort(ids, {}, [](const known_id& id) { return std::tuple{id.hash.high, id.hash.low, id.at}; });
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (ids[i].hash == ids[i - 1].hash && ids[i].at - ids[i - 1].at < id_kept_at_least) {
      v.problem("events: one message of a connector came in twice, the second time at " +
                std::to_string(ids[i].at.time_since_epoch().count()) + " ms");
    }
  }
  ids.clear();
}

/// Calls `check(index, event)` for each position's event; a missing one is a problem.
void each_event(verification& v, family in, std::string_view key, account_id account, const std::vector<std::uint64_t>& positions,
                const std::function<void(std::size_t, const event&)>& check) {
  const auto group = keys::group_of(account);
  const std::span<const std::uint64_t> all{positions};
  for (std::size_t from = 0; from < all.size(); from += events_read_at_once) {
    const auto part = all.subspan(from, std::min(events_read_at_once, all.size() - from));
    const auto events = v.of().events_at(group, part);
    if (events.size() != part.size()) v.problem(in, key, std::to_string(part.size() - events.size()) + " events are missing");
    auto at = from;
    for (const auto& [position, bytes] : events) {
      while (all[at] != position) ++at;
      const auto what = decode_event(bytes);
      if (what.account != account) v.problem(in, key, "names another account's event " + std::to_string(position));
      check(at, what);
    }
  }
}

}  // namespace

void verify_events(verification& v) {
  std::uint64_t all = 0;
  for (std::uint8_t group = 0; group < keys::groups; ++group) all += v.of().head(group);
  const auto passes = all / ids_at_once + 1;  // the ids of a large log don't fit in memory at once
  std::vector<known_id> ids;
  std::array<std::uint64_t, keys::groups> last{};
  for (std::uint64_t pass = 0; pass < passes; ++pass) {
    v.each(family::events, [&](std::string_view key, std::string_view value) {
      const auto first_pass = pass == 0;
      if (key.size() != 9 || static_cast<unsigned char>(key[0]) >= keys::groups) {
        if (first_pass) v.problem(family::events, key, "not a (group, position)");
        return;
      }
      const auto group = static_cast<std::uint8_t>(key[0]);
      const auto position = keys::read_be64(key.substr(1));
      if (first_pass) {
        // The first one kept may have any position: retention drops the oldest.
        if (last[group] != 0 && position != last[group] + 1) {
          v.problem(family::events, key, "follows position " + std::to_string(last[group]));
        }
        last[group] = position;
      }
      event what;
      try {
        what = decode_event(value);
      } catch (const corrupt_record&) {
        if (first_pass) throw;
        return;
      }
      if (first_pass) {
        if (keys::group_of(what.account) != group) v.problem(family::events, key, "not in its account's slot group");
        if (what.seq > 0 && position <= v.settled[group] && what.kind != event_kind::purged) ++v.history_due;
      }
      if (what.external_id.empty()) return;
      if (const auto hash = hash_of(what); hash.low % passes == pass) ids.push_back({hash, what.at});
    });
    say_doubles(v, ids);
  }
  for (std::uint8_t group = 0; group < keys::groups; ++group) {
    if (v.settled[group] > v.of().head(group)) v.problem("meta: group " + std::to_string(group) + " is settled beyond its head");
  }
}

void verify_feeds(verification& v) {
  v.each_owned(family::feeds, [&](const keys::owned_key& owner, std::string_view key, std::string_view value) {
    if (owner.rest.size() != 17 || (owner.rest[0] != 'u' && owner.rest[0] != 'n')) {
      return v.problem(family::feeds, key, "not a feed's key");
    }
    const auto positions = keys::read_positions(value);
    if (positions.empty() || positions.front() != keys::read_be64(owner.rest.substr(9))) {
      v.problem(family::feeds, key, "doesn't begin with its key's position");
    }
    each_event(v, family::feeds, key, owner.account, positions, [](std::size_t, const event&) {});
  });
}

void verify_conversation_log(verification& v) {
  std::string prefix;
  account_id account;
  conversation_id id;
  std::uint64_t next_seq = 1;
  const auto finish = [&] {
    if (prefix.empty()) return;
    const auto record = v.conversation(account, id);
    if (!record) {
      v.problem(family::conversation_log, prefix, "of a conversation that doesn't exist");
    } else if (record->logged_seq + 1 != next_seq) {
      v.problem(family::conversation_log, prefix,
                "ends with " + std::to_string(next_seq - 1) + ", its conversation says " + std::to_string(record->logged_seq));
    }
  };
  v.each_owned(family::conversation_log, [&](const keys::owned_key& owner, std::string_view key, std::string_view value) {
    if (owner.rest.size() != 16) return v.problem(family::conversation_log, key, "not a (conversation, seq)");
    if (const auto now = key.substr(0, key.size() - 8); now != prefix) {
      finish();
      prefix = now;
      account = owner.account;
      id = conversation_id{keys::read_be64(owner.rest)};
      next_seq = 1;
    }
    const auto first_seq = keys::read_be64(owner.rest.substr(8));
    if (first_seq != next_seq) {
      v.problem(family::conversation_log, key,
                "begins with " + std::to_string(first_seq) + " instead of " + std::to_string(next_seq));
    }
    const auto positions = keys::read_positions(value);
    next_seq = first_seq + positions.size();
    const auto settled = v.settled[keys::group_of(account)];
    v.history_found +=
        static_cast<std::uint64_t>(std::ranges::count_if(positions, [&](std::uint64_t position) { return position <= settled; }));
    each_event(v, family::conversation_log, key, account, positions, [&](std::size_t index, const event& what) {
      if (what.conversation != id || what.seq != first_seq + index) {
        v.problem(family::conversation_log, key, "the event at " + std::to_string(positions[index]) + " is another entry");
      }
    });
  });
  finish();
  if (v.history_found < v.history_due) {
    v.problem("conversation_log: " + std::to_string(v.history_due - v.history_found) + " settled history entries are missing");
  }
}

void verify_message_ids(verification& v) {
  v.each_owned(family::message_ids, [&](const keys::owned_key& owner, std::string_view key, std::string_view value) {
    if (owner.rest.size() != 28) v.problem(family::message_ids, key, "not a (day, channel, hash)");
    if (value.size() != 8 || keys::read_be64(value) == 0) v.problem(family::message_ids, key, "names no message");
  });
}

void verify_outbox(verification& v) {
  v.each_owned(family::outbox, [&](const keys::owned_key& owner, std::string_view key, std::string_view value) {
    if (owner.rest.size() == 16 && keys::read_be64(owner.rest) == 0) {
      const auto about = decode_notice(value).conversation;
      if (about.value != keys::read_be64(owner.rest.substr(8)) || !v.conversation(owner.account, about))
        v.problem(family::outbox, key, "a notice of no conversation");
      return;
    }
    if (owner.rest.size() != 16 || value.size() != 8)
      return v.problem(family::outbox, key, "not a (channel, message) → position");
    const std::vector<std::uint64_t> position{keys::read_be64(value)};
    each_event(v, family::outbox, key, owner.account, position, [&](std::size_t, const event& what) {
      if (what.kind != event_kind::message || what.direction != message_direction::out ||
          what.channel.value != keys::read_be64(owner.rest) || what.message.value != keys::read_be64(owner.rest.substr(8))) {
        v.problem(family::outbox, key, "the event at " + std::to_string(position.front()) + " is not that reply");
      }
    });
  });
}

}  // namespace signalbox
