// Conversations whose time is over go for good (A44, A49–A51).
#include <caf/send.hpp>

#include "actors/inbox.hpp"
#include "actors/inbox_state.hpp"
#include "rules/retention.hpp"
#include "storage/keys.hpp"
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
      config->inboxes.for_each([&](const inbox& one) {
        bool any = false;
        env.disk.scan(family::state, keys::due_prefix(account, one.id),
                      keys::due(account, one.id, now + milliseconds{1}, conversation_id{}),
                      [&](std::string_view, std::string_view) {
                        any = true;
                        return false;
                      });
        if (any) (void)env.directory->inbox(account, one.id);  // looks by itself once it is there
      });
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
  for (const auto& row : rows) {
    if (remnants >= remnants_at_once) break;
    ++looked_at;
    auto* page = book_.find(conversation_id{keys::read_be64(std::string_view{row}.substr(row.size() - 8))});
    // What isn't settled may change its due time yet: another time.
    if (!page || page->dirty || page->in_flight > 0 || !page->positions.empty()) continue;
    const auto& value = page->value();
    const auto due = due_to_purge(value);
    if (!due || *due > now || !is_settled(env.disk, account_, value.id, settled)) continue;
    remnants += book_.purge(*page, set);
    going.which.emplace_back(value.id, value.deleted_at ? purge_reason::deleted : purge_reason::filtered);
  }
  if (looked_at < rows.size() || rows.size() == purged_at_once) going.next = rows[looked_at - 1] + '\0';
  if (going.which.empty()) {
    flights_.erase(ready.back()->ticket);
    flight_ = nullptr;
    return purge_next(going.next);
  }
  going.ticket = ready.back()->ticket;
  purging_ = std::move(going);
  for (auto& one : ready) submit(std::move(one));
}

/// Behind the messages that came meanwhile.
void inbox_state::purge_next(const std::string& from) {
  if (from.empty()) return;
  env.probe.queue_depth(queue_kind::inbox_stash, 1);
  work_.emplace_back(purge_due{from});
}

void inbox_state::end_purge() {
  const auto gone = *std::exchange(purging_, std::nullopt);
  for (const auto& [which, why] : gone.which) {
    book_.give_up(which);
    env.probe.conversations_purged(why, 1);
  }
  purge_next(gone.next);
}

}  // namespace signalbox
