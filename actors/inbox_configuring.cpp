// What the configuration says, and how those stand whom the rules name: whom it may choose now.
#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "actors/inbox_state.hpp"

namespace signalbox {

void inbox_state::configure(const config_snapshot& next) {
  if (next->revision < config_->revision) return;
  const bool addresses_moved =
      !next->channels.is_unchanged_copy_of(config_->channels) || !next->inboxes.is_unchanged_copy_of(config_->inboxes);
  const bool moves = moves_anything_here(*next);
  const bool deleted = !was_deleted() && next->inboxes.find(id_) == nullptr;
  const auto before = std::exchange(config_, next);
  if (auto now = config_->inboxes.share(id_)) inbox_ = std::move(now);
  if (deleted) queue_closing({});
  look_for_orphans(*before);
  if (addresses_moved) own_addresses_.reset();
  if (moves) {
    file_waiters();
    configure_pools();
    queue_may_move_ = true;
  } else if (auto* candidates = candidates_.used()) {
    for (auto& [channel, pool] : candidates->pools) pool.keep(*config_);
  }
  pump();
}

/// Whether a snapshot has another one of those whom this inbox's rules name or might name now, of its channels, or of itself. Every
/// living INBOX of the account asks at every change, so this looks at what changed and not at what there is.
bool inbox_state::moves_anything_here(const account_config& next) {
  const auto& before = *config_;
  if (next.inboxes.find(id_) != before.inboxes.find(id_) || !next.teams.is_unchanged_copy_of(before.teams)) return true;
  bool moves = false;
  next.channels.for_each_difference(before.channels, [&](channel_id which, const channel* now, const channel* then) {
    moves = moves || guests_->contains(which) || (now && now->inbox == id_) || (then && then->inbox == id_);
  });
  next.users.for_each_difference(before.users, [&](user_id which, const user* now, const user* then) {
    // Teams are named by rules, and have their members by the users.
    moves =
        moves || candidates_->listening.contains(which) || (now && !now->teams.empty()) || (then && !then->teams.empty()) ||
        std::any_of(candidates_->pools.begin(), candidates_->pools.end(),
                    [&](const auto& one) { return one.second.holds(which); }) ||
        std::any_of(owners_->waiting.begin(), owners_->waiting.end(), [&](const auto& one) { return one.second.owner == which; });
  });
  return moves;
}

void inbox_state::configure_pools() {
  std::unordered_set<channel_id> ruled;
  std::unordered_set<user_id> wanted;
  for (const auto which : channels_here()) {
    const auto* one = config_->channels.find(which);
    if (!one || !one->assignment.enabled) continue;
    ruled.insert(which);
    auto& people = candidates_.use();
    auto& pool = people.pools[which];
    pool.configure(*config_, here(), *one);
    wanted.insert(pool.members().begin(), pool.members().end());
    for (const auto who : pool.members())  // whom it listened to already
      if (const auto known = people.standings.find(who); known != people.standings.end()) (void)pool.update(known->second);
  }
  if (auto* people = candidates_.used()) {
    std::erase_if(people->pools, [&](const auto& one) { return !ruled.contains(one.first); });
    for (const auto who : wanted)
      if (!people->listening.contains(who) && !listen_to(who)) people->missing.insert(who);
    const auto owners = waiting_->owners();
    wanted.insert(owners.begin(), owners.end());  // those are waited for, not decided by
    std::vector<user_id> unwanted;
    for (const auto who : people->listening)
      if (!wanted.contains(who)) unwanted.push_back(who);
    for (const auto who : unwanted) stop_listening(who);
  }
  look_at_hours();
}

/// Its own and guests that are there still.
std::vector<channel_id> inbox_state::channels_here() const {
  const auto own = config_->channels.of(id_);
  std::vector<channel_id> all(own.begin(), own.end());
  for (const auto which : *guests_) {
    const auto* one = config_->channels.find(which);
    if (one && one->inbox != id_) all.push_back(which);
  }
  return all;
}

bool inbox_state::listen_to(user_id who) {
  auto& listening = candidates_.use().listening;
  listening.insert(who);
  if (const auto said = board_->listen(id_, who)) {
    keep_standing(*said);
    return true;
  }
  if (auto* one = agent(who)) {
    self_->send(one->actor, ask_standing{});
    return false;
  }
  listening.erase(who);  // deleted a moment ago
  board_->ignore(id_, who);
  return true;
}

void inbox_state::stop_listening(user_id who) {
  auto& people = candidates_.use();
  people.listening.erase(who);
  people.standings.erase(who);
  people.missing.erase(who);
  if (auto* owners = owners_.used()) owners->free.erase(who);
  board_->ignore(id_, who);
}

/// Not while agents are asked: what was counted on them in this plan is on top of what they said before it.
void inbox_state::read_standings() {
  if (!plan_->answered()) return;
  board_->read(seen_, candidates_->listening, room().said);
  for (const auto& said : room().said) {
    const bool might_move = std::exchange(queue_may_move_, false);
    keep_standing(said.now);
    if (queue_may_move_ && said.by_time) {
      queue_may_move_ = false;
      gather();
    }
    queue_may_move_ = queue_may_move_ || might_move;
    candidates_.use().missing.erase(said.now.user);
  }
}

/// Nothing that anybody here waits for was said meanwhile; the board wakes this INBOX when it is.
bool inbox_state::nothing_new() {
  if (asleep_ || !plan_->answered() || (waiting_->size() == 0 && candidates_->missing.empty())) return true;
  asleep_ = board_->sleep(id_, caf::actor_cast<inbox_actor>(self_), seen_);
  return asleep_;
}

}  // namespace signalbox
