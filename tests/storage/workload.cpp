#include "tests/storage/workload.hpp"

namespace signalbox::testing {
namespace {

constexpr inbox_id inbox{11};
constexpr channel_id channel{21};
constexpr token_id connector{31};
constexpr std::uint64_t conversations_max = 100;  // an account

}  // namespace

void workload::put_record(change_set& to, account_id account, const stored_conversation& of) {
  std::string bytes;
  encode(bytes, of);
  to.put(family::state, keys::conversation(account, of.value.id), bytes);
}

void workload::add_message(change_set& to, account_id account, stored_conversation& of) {
  const auto number = ++messages_;
  const auto outgoing = below(5) == 0;
  const auto external_id = "m-" + std::to_string(number);
  const auto body = R"("text":")" + std::string(below(300), 'x') + '"';
  event what;
  what.kind = event_kind::message;
  what.account = account;
  what.inbox = inbox;
  what.channel = channel;
  what.conversation = of.value.id;
  what.seq = of.value.next_seq++;
  what.at = time_point{milliseconds{++clock_}};
  what.message = message_id{next_id_++};
  what.direction = outgoing ? message_direction::out : message_direction::in;
  what.body = body;
  if (!outgoing) what.external_id = external_id;
  of.value.last_message_at = what.at;
  std::string record;
  encode(record, what);
  const auto event_number = to.add_event(record);
  if (const auto user = of.value.assigned_user()) to.feed(keys::feed(account, *user), event_number);
  if (outgoing) to.put_position(family::outbox, keys::outbox(account, channel, what.message), event_number);
}

void workload::open_conversation(change_set& to, account_id account) {
  const conversation_id id{next_id_++};
  auto& of = conversations_[{account, id}];
  of.value.id = id;
  of.value.inbox = inbox;
  of.value.channel = channel;
  of.value.thread = "thread " + std::to_string(id.value);
  of.value.created_at = time_point{milliseconds{++clock_}};
  add_message(to, account, of);
  std::string position;
  keys::append_be64(position, id.value);
  to.put(family::state, keys::thread(account, channel, of.value.thread), position);
  put_record(to, account, of);
}

void workload::change_state(change_set& to, account_id account, stored_conversation& of) {
  auto& value = of.value;
  const auto before = value;
  event what;
  what.account = account;
  what.inbox = inbox;
  what.channel = channel;
  what.conversation = value.id;
  what.at = time_point{milliseconds{++clock_}};
  if (value.status == conversation_status::open && below(3) == 0) {
    what.kind = event_kind::status;
    what.seq = value.next_seq++;
    value.status = what.conversation_status_now = conversation_status::closed;
    value.closed_at = what.at;
    value.waiting_since.reset();
  } else if (value.status == conversation_status::open && !value.waiting_since && below(3) == 0) {
    what.kind = event_kind::waiting;  // not in the history
    value.assignee = {};
    value.automatic = false;
    value.waiting_since = what.at;
  } else {
    what.kind = event_kind::assignment;
    what.seq = value.next_seq++;
    value.status = conversation_status::open;
    value.closed_at.reset();
    value.waiting_since.reset();
    value.assignee = user_id{100 + below(4)};
    value.automatic = true;
    value.assigned_at = what.at;
    what.to = value.assignee;
  }
  ++value.version;
  std::string record;
  encode(record, what);
  const auto number = to.add_event(record);
  if (const auto user = before.assigned_user()) {
    to.erase(family::state, keys::assigned(account, *user, value.id));
    to.feed(keys::feed(account, *user), number);
  }
  if (before.waiting_since) to.erase(family::state, keys::waiting(account, inbox, *before.waiting_since, value.id));
  if (const auto user = value.assigned_user(); user && value.status == conversation_status::open) {
    std::string entry;
    encode(entry, assigned_entry{.inbox = inbox, .automatic = value.automatic});
    to.put(family::state, keys::assigned(account, *user, value.id), entry);
    to.feed(keys::feed(account, *user), number);
  }
  if (value.waiting_since) to.put(family::state, keys::waiting(account, inbox, *value.waiting_since, value.id), "");
  put_record(to, account, of);
}

change_set workload::next() {
  const account_id account{1 + below(accounts_)};
  change_set to{keys::group_of(account)};
  for (auto left = 1 + below(8); left > 0; --left) {
    const auto first = conversations_.lower_bound({account, conversation_id{}});
    const auto last = conversations_.lower_bound({account_id{account.value + 1}, conversation_id{}});
    const auto known = static_cast<std::uint64_t>(std::distance(first, last));
    const auto what = known == 0 ? 0 : known < conversations_max ? below(10) : 1 + below(9);
    if (what == 0) {
      open_conversation(to, account);
      continue;
    }
    auto& of = std::next(first, static_cast<std::ptrdiff_t>(below(known)))->second;
    if (what < 8) {
      add_message(to, account, of);
    } else {
      change_state(to, account, of);
    }
  }
  to.put(family::state, keys::offset(account, channel, connector), std::to_string(messages_));
  std::string id;
  keys::append_be64(id, next_id_);
  to.put(family::meta, keys::last_id(), id);
  return to;
}

std::uint64_t workload::commit(store& to, std::size_t sets) {
  std::vector<change_set> all;
  for (std::size_t i = 0; i < sets; ++i) all.push_back(next());
  std::vector<const change_set*> pointers;
  std::uint64_t events = 0;
  for (const auto& set : all) {
    pointers.push_back(&set);
    events += set.events();
  }
  std::vector<std::uint64_t> positions(sets);
  to.commit(pointers, positions);
  return events;
}

void workload::learn_settled(const store& from) {
  for (auto& [key, of] : conversations_) {
    const auto record = decode_conversation(from.get(family::state, keys::conversation(key.first, key.second)).value());
    of.indexed_activity = record.indexed_activity;
    of.logged_seq = record.logged_seq;
  }
}

contents everything_in(const store& of) {
  contents all(family_names.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    of.scan(static_cast<family>(i), {}, {}, [&](std::string_view key, std::string_view value) {
      all[i].emplace(key, value);
      return true;
    });
  }
  return all;
}

}  // namespace signalbox::testing
