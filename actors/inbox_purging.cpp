// Conversations whose time is over go for good (A44, A49–A51).
#include <caf/send.hpp>

#include "actors/inbox.hpp"
#include "actors/inbox_rows.hpp"
#include "actors/inbox_state.hpp"
#include "rules/retention.hpp"
#include "storage/keys.hpp"
#include "storage/list_counts.hpp"
#include "storage/purging.hpp"

namespace signalbox {

namespace {
constexpr milliseconds due_looked_at_every = std::chrono::hours{1};
constexpr std::size_t purged_at_once = 200;
constexpr std::size_t remnants_at_once = 4000;  ///< of the conversations of one piece; a longer one is a piece of its own
}  // namespace

void wake_due_inboxes(environment& env) {
  try {
    const auto now = env.now();
    for (const auto& config : env.directory->configurations()) {
      const auto account = config->account.id;
      const auto all = inboxes_with_rows(env.disk, keys::activity_prefix(account));
      const auto then = env.directory->configuration(account);  // read after the rows: an inbox that has some was made before
      for (const auto which : all) {
        bool any = false;
        env.disk.scan(family::state, keys::due_prefix(account, which),
                      keys::due(account, which, now + milliseconds{1}, conversation_id{}),
                      [&](std::string_view, std::string_view) {
                        any = true;
                        return false;
                      });
        const bool deleted = then && then->inboxes.find(which) == nullptr;
        if (any || (deleted && wants_closing(read_list_counts(env.disk, account, which))))
          (void)env.directory->wake_inbox(account, which);  // looks by itself once it is there
      }
    }
  } catch (const storage_error& broken) {
    env.fatal(broken.what());
  }
}

/// How often is a matter of the monotonic clock, what is due one of the wall's.
void inbox_state::look_for_due() {
  const auto now_ns = env.now_ns();
  if (now_ns >= due_look_ns_) {
    due_look_ns_ = now_ns + static_cast<std::uint64_t>(std::chrono::nanoseconds{due_looked_at_every}.count());
    if (auto* threads = threads_.used()) threads->asked.clear();
    if (was_deleted()) queue_closing({});
    env.probe.queue_depth(queue_kind::inbox_stash, 1);
    work_.emplace_back(purge_due{});
  }
  wake_in(due_looked_at_every);
}

/// One piece. Nothing else is done until it is durable, so that nobody writes to what is going; then it is the next work's turn.
void inbox_state::purge(const purge_due& what) {
  const auto now = env.now();
  const auto prefix = keys::due_prefix(account_, id_);
  std::vector<std::string> rows;
  env.disk.scan(family::state, what.from.empty() ? prefix : what.from,
                keys::due(account_, id_, now + milliseconds{1}, conversation_id{}), [&](std::string_view key, std::string_view) {
                  rows.emplace_back(key);
                  return rows.size() < purged_at_once;
                });
  if (rows.empty()) return;
  const auto settled = settled_position(env.disk, keys::group_of(account_));
  std::vector<std::shared_ptr<pending_commit>> ready;
  ready.push_back(new_commit());
  const std::function<change_set&()> set = [&]() -> change_set& {
    if (ready.back()->set.bytes() > change_set_bytes_max / 2) ready.push_back(new_commit());
    return ready.back()->set;
  };
  purge_under_way going;
  std::size_t remnants = 0;
  std::size_t looked_at = 0;
  std::vector<const conversation*> to_ask;
  for (const auto& row : rows) {
    if (remnants >= remnants_at_once) break;
    ++looked_at;
    auto* page = book_.find(conversation_id{keys::read_be64(std::string_view{row}.substr(row.size() - 8))});
    // What isn't settled may change its due time yet: another time.
    if (!page || page->dirty || page->in_flight > 0 || !page->positions.empty()) continue;
    const auto& value = page->value();
    const auto due = due_to_purge(value);
    if (!due || *due > now || !is_settled(env.disk, account_, value.id, settled)) continue;
    const auto opener = opener_of(value);
    if (opener && !threads_->released.contains(value.id)) {
      if (threads_.use().asked.insert(value.id).second) to_ask.push_back(&value);
      continue;
    }
    remnants += book_.purge(*page, {!opener && book_.leads_to(value), !was_deleted()}, now, set);
    going.which.emplace_back(value.id, value.deleted_at ? purge_reason::deleted : purge_reason::filtered);
  }
  if (looked_at < rows.size() || rows.size() == purged_at_once) going.next = rows[looked_at - 1] + '\0';
  ask_for_threads(to_ask);
  if (going.which.empty()) {
    flights_.use().erase(ready.back()->ticket);
    flight_ = nullptr;
    return purge_next(going.next);
  }
  going.ticket = ready.back()->ticket;
  purging_ = std::make_unique<const purge_under_way>(std::move(going));
  for (auto& one : ready) submit(std::move(one));
}

/// Behind the messages that came meanwhile.
void inbox_state::purge_next(const std::string& from) {
  if (from.empty()) return;
  env.probe.queue_depth(queue_kind::inbox_stash, 1);
  work_.emplace_back(purge_due{from});
}

void inbox_state::end_purge() {
  const auto gone = std::exchange(purging_, nullptr);
  for (const auto& [which, why] : gone->which) {
    book_.give_up(which);
    threads_.use().released.erase(which);
    env.probe.conversations_purged(why, 1);
  }
  purge_next(gone->next);
}

/// The INBOX that may open the conversation's thread anew at any moment, when that isn't this one.
std::optional<inbox_id> inbox_state::opener_of(const conversation& of) const {
  const auto* channel = config_->channels.find(of.channel);
  if (!channel || channel->inbox == id_) return std::nullopt;
  return channel->inbox;
}

void inbox_state::ask_for_threads(const std::vector<const conversation*>& of) {
  std::map<inbox_id, release_threads> by_opener;
  for (const auto* one : of) by_opener[*opener_of(*one)].all.push_back({one->id, one->channel, one->thread});
  for (auto& [opener, question] : by_opener) {
    question.asked_by = id_;
    if (const auto actor = env.directory->inbox(account_, opener)) self_->send(*actor, std::move(question));
  }
}

/// Erased by who writes it, behind whatever that one has on the way: so it can't be a later conversation's that is erased.
void inbox_state::release(const release_threads& m) {
  auto into = new_commit();
  threads_released done;
  for (const auto& one : m.all) {
    if (book_.leads_to(one.channel, one.thread, one.which))
      into->set.erase(family::state, keys::thread(account_, one.channel, one.thread));
    done.which.push_back(one.which);
  }
  if (const auto asked_by = env.directory->living_inbox(account_, m.asked_by))
    into->then.emplace_back([to = *asked_by, done = std::move(done)] { caf::anon_send(to, done); });
  submit(std::move(into));
}

void inbox_state::released(const threads_released& m) {
  auto& threads = threads_.use();
  for (const auto which : m.which)
    if (threads.asked.erase(which) > 0) threads.released.insert(which);
  env.probe.queue_depth(queue_kind::inbox_stash, 1);
  work_.emplace_back(purge_due{});
  pump();
}

}  // namespace signalbox
