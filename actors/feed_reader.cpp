#include "actors/feed_reader.hpp"

#include <algorithm>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

std::string position_key(const std::string& feed, std::uint64_t position) {
  auto key = feed;
  keys::append_be64(key, position);
  return key;
}

/// Positions of one feed in (from, to], ascending, at most `limit`.
std::vector<std::uint64_t> positions_in(const store& disk, const std::string& feed, std::uint64_t from, std::uint64_t to,
                                        std::size_t limit) {
  std::vector<std::uint64_t> found;
  // The entry that begins at or before `from` may reach beyond it.
  auto first = position_key(feed, 0);
  const auto last = to == ~std::uint64_t{0} ? keys::after_prefix(feed) : position_key(feed, to + 1);
  disk.scan_back(family::feeds, first, position_key(feed, from + 1), [&](std::string_view key, std::string_view) {
    first = key;
    return false;
  });
  disk.scan(family::feeds, first, last, [&](std::string_view, std::string_view value) {
    for (const auto one : keys::read_positions(value))
      if (one > from && one <= to) found.push_back(one);
    return found.size() < limit;
  });
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace

agent_event shown_to(user_id who, std::uint64_t position, std::string_view record, std::shared_ptr<const void> keep) {
  agent_event out;
  out.what = decode_event(record);
  out.what.position = position;
  out.cursor = position;
  if (!out.what.conversation_bytes.empty())
    out.conversation = std::make_shared<const conversation>(decode_conversation(out.what.conversation_bytes).value);
  if (!out.what.newest_message_bytes.empty())
    out.newest_message = std::make_shared<const event>(decode_event(out.what.newest_message_bytes));
  out.withdrawn = out.what.kind == event_kind::assignment && out.what.to != assignee{who};
  out.keep = std::move(keep);
  return out;
}

namespace {

/// S12: what was told of a conversation before it was moved is theirs alone who may view it where it is now.
bool was_moved_out_of_sight(const store& disk, const account_config& config, const user& who, const event& what) {
  if (what.conversation.value == 0) return false;
  const auto record = disk.get(family::state, keys::conversation(config.account.id, what.conversation));
  if (!record) return false;
  const auto now = decode_conversation(*record).value.inbox;
  return now != what.inbox && !may_view(config, who, now);
}

}  // namespace

feed_page_read read_feed(const store& disk, const account_config& config, const user& who, std::uint64_t from, std::uint64_t to,
                         std::size_t limit) {
  const auto account = config.account.id;
  const auto own = positions_in(disk, keys::feed(account, who.id), from, to, limit);
  const auto notices = positions_in(disk, keys::notices(account, inbox_id{0}), from, to, limit);
  std::vector<std::uint64_t> all;
  all.reserve(own.size() + notices.size());
  std::set_union(own.begin(), own.end(), notices.begin(), notices.end(), std::back_inserter(all));
  feed_page_read page;
  // Either list may have been cut at `limit`: beyond its last one nothing is known.
  page.up_to = to;
  if (own.size() == limit) page.up_to = std::min(page.up_to, own.back());
  if (notices.size() == limit) page.up_to = std::min(page.up_to, notices.back());
  while (!all.empty() && all.back() > page.up_to) all.pop_back();
  for (auto& [position, record] : disk.events_at(keys::group_of(account), all)) {
    auto bytes = std::make_shared<const std::string>(std::move(record));
    auto one = shown_to(who.id, position, *bytes, bytes);
    if (one.what.kind == event_kind::purged) continue;  // `prev` links what is shown
    const bool noticed = !std::binary_search(own.begin(), own.end(), position);
    if (!noticed && !may_be_told(config, who, one)) continue;
    if (noticed && (!may_view(config, who, one.what.inbox) || was_moved_out_of_sight(disk, config, who, one.what))) continue;
    page.events.push_back(std::move(one));
  }
  return page;
}

std::uint64_t feed_head(const store& disk, account_id account, user_id who) {
  std::uint64_t head = 0;
  for (const auto& feed : {keys::feed(account, who), keys::notices(account, inbox_id{0})})
    disk.scan_back(family::feeds, feed, keys::after_prefix(feed), [&](std::string_view, std::string_view value) {
      const auto positions = keys::read_positions(value);
      if (!positions.empty()) head = std::max(head, positions.back());
      return false;
    });
  return head;
}

bool more_than(const store& disk, account_id account, user_id who, std::uint64_t from, std::uint64_t to, std::size_t limit) {
  return positions_in(disk, keys::feed(account, who), from, to, limit + 1).size() > limit;
}

bool may_be_told(const account_config& config, const user& who, const agent_event& of) {
  if (of.what.conversation.value == 0 || of.withdrawn) return true;
  return !config.inboxes.find(of.what.inbox) || may_view(config, who, of.what.inbox);
}

std::vector<conversation> open_with(const store& disk, const account_config& config, const user& who) {
  const auto account = config.account.id;
  const auto prefix = keys::assigned_prefix(account, who.id);
  std::vector<std::string> wanted;
  disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
    wanted.push_back(keys::conversation(account, conversation_id{keys::read_be64(key.substr(prefix.size()))}));
    return true;
  });
  std::vector<conversation> open;
  for (const auto& record : disk.get_many(family::state, wanted)) {
    if (!record) continue;
    auto one = decode_conversation(*record).value;
    if (one.status == conversation_status::open && one.assigned_user() == who.id && !one.deleted_at &&
        may_view(config, who, one.inbox))
      open.push_back(std::move(one));
  }
  std::stable_sort(open.begin(), open.end(), [](const auto& a, const auto& b) { return a.assigned_at < b.assigned_at; });
  return open;
}

}  // namespace signalbox
