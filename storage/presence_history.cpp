#include "storage/presence_history.hpp"

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {
namespace {

/// state: (slot, account, 'P', user, time) → status and reason, a byte each
std::string presences_prefix(account_id account) { return keys::config_prefix(account) + 'P'; }

std::string presences_prefix(account_id account, user_id user) {
  auto out = presences_prefix(account);
  keys::append_be64(out, user.value);
  return out;
}

std::string presence_key(account_id account, user_id user, time_point at) {
  auto out = presences_prefix(account, user);
  keys::append_be64(out, static_cast<std::uint64_t>(at.time_since_epoch().count()));
  return out;
}

time_point time_in(std::string_view key) {
  return time_point{milliseconds{static_cast<std::int64_t>(keys::read_be64(key.substr(key.size() - 8)))}};
}

kept_presence read(std::string_view key, std::string_view value) {
  const auto known = [](char byte, auto last) { return static_cast<unsigned char>(byte) <= static_cast<unsigned char>(last); };
  if (value.size() != 2 || !known(value[0], presence::away) || !known(value[1], presence_reason::no_ack))
    throw corrupt_record{"not a presence"};
  return {time_in(key), static_cast<presence>(value[0]), static_cast<presence_reason>(value[1])};
}

}  // namespace

void put_presence(change_set& into, account_id account, user_id user, const kept_presence& now) {
  const char value[] = {static_cast<char>(now.status), static_cast<char>(now.reason)};
  into.put(family::state, presence_key(account, user, now.at), {value, sizeof value});
}

void drop_old_presences(const store& from, change_set& into, account_id account, user_id user, time_point now) {
  std::optional<std::string> last;
  std::size_t dropped = 0;
  from.scan(family::state, presences_prefix(account, user), presence_key(account, user, now - presence_kept),
            [&](std::string_view key, std::string_view) {
              if (last) into.erase(family::state, *last);
              last.emplace(key);
              return ++dropped <= presences_dropped_max;
            });
}

std::vector<user_id> users_with_presences(const store& from, account_id account) {
  std::vector<user_id> all;
  const auto prefix = presences_prefix(account);
  for (auto begin = prefix;;) {
    std::optional<user_id> found;
    from.scan(family::state, begin, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
      found = user_id{keys::read_be64(key.substr(prefix.size()))};
      return false;
    });
    if (!found) return all;
    all.push_back(*found);
    begin = keys::after_prefix(presences_prefix(account, *found));
  }
}

std::pair<std::string, std::string> old_presences(account_id account, user_id user, time_point now) {
  return {presences_prefix(account, user), presence_key(account, user, now - presence_kept)};
}

std::optional<kept_presence> presence_before(const store& from, account_id account, user_id user, time_point at) {
  std::optional<kept_presence> found;
  from.scan_back(family::state, presences_prefix(account, user), presence_key(account, user, at),
                 [&](std::string_view key, std::string_view value) {
                   found = read(key, value);
                   return false;
                 });
  return found;
}

void for_each_presence(const store& from, account_id account, user_id user, time_point begin, time_point end,
                       const std::function<bool(const kept_presence&)>& visit) {
  from.scan(family::state, presence_key(account, user, begin), presence_key(account, user, end),
            [&](std::string_view key, std::string_view value) { return visit(read(key, value)); });
}

}  // namespace signalbox
