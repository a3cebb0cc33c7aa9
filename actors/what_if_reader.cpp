#include "actors/what_if_reader.hpp"

#include <algorithm>
#include <set>

#include "actors/contact_reader.hpp"
#include "storage/keys.hpp"
#include "storage/presence_history.hpp"
#include "storage/records.hpp"

namespace signalbox {
namespace {

/// Ids rise with time, and a conversation gets its one when it comes, or a little later.
constexpr std::chrono::minutes id_lag{10};

conversation_id first_id_at(time_point at) { return conversation_id{id_clock{}.next(at)}; }

struct arrived {
  std::vector<conversation> all;  ///< ordered by time
  time_point to;
  bool truncated = false;
};

arrived read_arrivals(const store& disk, account_id account, const channel& over, time_point from, time_point to,
                      const what_came_limits& within) {
  arrived out{{}, to};
  std::size_t looked_at = 0;
  disk.scan(family::state, keys::conversation(account, first_id_at(from)), keys::conversation(account, first_id_at(to + id_lag)),
            [&](std::string_view, std::string_view value) {
              auto one = decode_conversation(value).value;
              const bool counts = one.channel == over.id && one.inbox == over.inbox && !one.spam && from <= one.created_at;
              const bool full = (counts && out.all.size() == within.arrivals) || ++looked_at > within.conversations_looked_at;
              if (full && one.created_at < to) {
                out.truncated = true;
                out.to = one.created_at;
                return false;
              }
              if (counts && one.created_at < to) out.all.push_back(std::move(one));
              return true;
            });
  std::erase_if(out.all, [&](const conversation& one) { return one.created_at >= out.to; });
  std::sort(out.all.begin(), out.all.end(), [](const auto& a, const auto& b) {
    return std::pair{a.created_at, a.id} < std::pair{b.created_at, b.id};
  });
  return out;
}

what_if_arrival arrival_of(const conversation& of) {
  what_if_arrival out{of.id, of.created_at};
  if (of.status != conversation_status::closed || !of.closed_at) return out;
  if (of.assigned_user() && of.assigned_at)
    out.held_for = std::max(*of.closed_at - *of.assigned_at, milliseconds{0});
  else
    out.closed_at = of.closed_at;
  return out;
}

placement placement_of(const conversation& of, time_point to) {
  placement out{of.id, of.created_at};
  if (of.assigned_user() && of.assigned_at && *of.assigned_at < to) {
    out.user = of.assigned_user();
    out.waited = std::max(*of.assigned_at - of.created_at, milliseconds{0});
  }
  if (of.closed_at && *of.closed_at < to) out.until = of.closed_at;
  return out;
}

/// Contacts' owners as they are now.
std::vector<contact_standing> read_standings(const store& disk, account_id account, std::vector<conversation>& of) {
  name_survivors(disk, account, of);
  std::vector<std::string> wanted;
  wanted.reserve(of.size());
  for (const auto& one : of) wanted.push_back(keys::contact(account, one.contact));
  const auto records = disk.get_many(family::state, wanted);
  std::vector<contact_standing> out;
  out.reserve(records.size());
  for (const auto& record : records) out.push_back(record ? standing_of(decode_contact(*record)) : contact_standing{});
  return out;
}

/// False when there are too many.
bool read_presences(const store& disk, account_id account, const std::set<user_id>& users, std::size_t most,
                    what_if_period& into) {
  for (const auto user : users) {
    if (const auto before = presence_before(disk, account, user, into.from))
      into.presences.push_back({before->at, user, before->status});
    for_each_presence(disk, account, user, into.from, into.to, [&](const kept_presence& one) {
      into.presences.push_back({one.at, user, one.status});
      return into.presences.size() <= most;
    });
    if (into.presences.size() > most) return false;
  }
  std::stable_sort(into.presences.begin(), into.presences.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return true;
}

}  // namespace

outcome<what_came> read_what_came(const store& disk, const account_config& config, channel_id which, time_point from,
                                  time_point to, const what_came_limits& within) {
  const auto account = config.account.id;
  const auto* over = config.channels.find(which);
  if (!over) return refuse(refusal_code::not_found, "there is no such channel");
  auto came = read_arrivals(disk, account, *over, from, to, within);

  what_came out;
  out.period.from = from;
  out.period.to = came.to;
  out.truncated = came.truncated;
  const bool owners = over->assignment.assign_to == assign_to::contact_owner;
  const auto named = members_of(config, owners ? over->assignment.fallback : over->assignment.candidates);
  std::set<user_id> users{named.begin(), named.end()};
  for (const auto& one : came.all) {
    out.period.arrivals.push_back(arrival_of(one));
    out.actual.push_back(placement_of(one, came.to));
  }
  if (owners) {
    const auto standings = read_standings(disk, account, came.all);
    for (std::size_t i = 0; i < standings.size(); ++i) {
      out.period.arrivals[i].contact = standings[i];
      if (standings[i].owner) users.insert(*standings[i].owner);
    }
  }
  if (!read_presences(disk, account, users, within.presences, out.period))
    return refuse(refusal_code::too_large, "there were too many changes of availability in this period; ask for a shorter one");
  return out;
}

}  // namespace signalbox
