// What becomes of the conversations of an inbox that was deleted (A62).
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "rules/retention.hpp"
#include "storage/keys.hpp"
#include "storage/list_counts.hpp"

namespace signalbox {

namespace {
constexpr std::size_t closed_at_once = 200;
constexpr std::size_t rows_looked_at_once = 5'000;
}  // namespace

void inbox_state::queue_closing(std::string from) {
  env.probe.queue_depth(queue_kind::inbox_stash, 1);
  work_.emplace_back(close_piece{std::move(from)});
}

/// One piece, begun when nothing is on the way to the disk. Nobody may view them any more, so nobody is told; each is deleted as by
/// hand, with its rows in the same change set, since there is no event from which they could be made again.
void inbox_state::close(const close_piece& what) {
  if (!was_deleted()) return;
  if (book_.dirty_count() > 0) {
    auto into = new_commit();
    flight_->settles = true;
    (void)book_.settle(into->set, into->ticket, closed_at_once);
    submit(std::move(into));
    return queue_closing({});
  }
  if (!wants_closing(read_list_counts(env.disk, account_, id_))) return;
  const auto prefix = keys::activity_prefix(account_, id_);
  std::vector<conversation_id> found;
  std::string next;
  std::size_t looked_at = 0;
  env.disk.scan(family::state, what.from.empty() ? prefix : what.from, keys::after_prefix(prefix),
                [&](std::string_view key, std::string_view value) {
                  if (found.size() >= closed_at_once || ++looked_at > rows_looked_at_once) {
                    next = key;
                    return false;
                  }
                  const auto entry = decode_activity_entry(value);
                  if (!entry.deleted && !entry.spam)
                    found.push_back(conversation_id{keys::read_be64(key.substr(key.size() - 8))});
                  return true;
                });
  auto into = new_commit();
  const auto now = env.now();
  for (const auto which : found) {
    auto* page = book_.find(which);
    if (!page || page->value().deleted_at || !page->whole()) continue;
    auto& value = page->value();
    stop_waiting(*page, into->set);
    if (const auto assigned = value.assigned_user())
      into->set.erase(family::state, keys::assigned(account_, *assigned, value.id));
    value.automatic = false;
    value.accept_by.reset();
    value.deleted_at = now;
    count_on_holder(*page);
    write_record(*page, into->set);
    book_.settle_one(*page, into->set, into->ticket);
  }
  submit(std::move(into));
  if (!next.empty()) queue_closing(std::move(next));
}

}  // namespace signalbox
