#include "actors/inbox.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <stdexcept>
#include <utility>

#include "actors/hosting.hpp"
#include "actors/inbox_state.hpp"
#include "actors/supervision.hpp"
#include "storage/keys.hpp"
#include "storage/settling.hpp"

namespace signalbox {

namespace {
constexpr std::size_t pages_at_once = 64;  ///< for a reader: about as long as a message may wait
constexpr std::size_t keys_a_page = 4;
}  // namespace

inbox_state::inbox_state(inbox_actor::pointer self, environment& given, account_id account, inbox_id inbox)
    : env(given),
      self_(self),
      account_(account),
      id_(inbox),
      config_(given.directory->configuration(account)),
      book_(given.disk, account, inbox),
      kept_(given.conversations_in_memory),
      board_(given.directory->standings(account)) {
  inbox_ = config_->inboxes.share(id_);
  if (!inbox_) inbox_ = std::make_shared<const signalbox::inbox>();
  load();
  configure_pools();
  file_waiters();
  self_->send(self_, wake_up{});  // what waits may have somebody
  wake_in(milliseconds{1});       // for what is due
}

inbox_actor::behavior_type inbox_state::behavior() {
  const auto later = [this](auto&& what) {
    env.probe.queue_depth(queue_kind::inbox_stash, 1);
    work_.emplace_back(std::forward<decltype(what)>(what));
    pump();
  };
  return {
      // CAF looks through them in their order.
      [this, later](route_part& m) { supervised(*this, [&] { later(std::move(m)); }); },
      [this](const set_committed& m) { supervised(*this, [&] { committed(m.ticket, m.first_position); }); },
      [this](const offer_answered& m) { supervised(*this, [&] { offer_came_back(m); }); },
      [this](const contacts_known& m) { supervised(*this, [&] { take_contacts(m); }); },
      [this, later](command_conversation& m) { supervised(*this, [&] { later(std::move(m)); }); },
      [this, later](const status_reported& m) { supervised(*this, [&] { later(m); }); },
      [this](const wake_up&) {
        supervised(*this, [&] {
          asleep_ = false;
          pump();
        });
      },
      [this, later](const assignment_lapsed& m) { supervised(*this, [&] { later(m); }); },
      [this](const contacts_refused& m) {
        supervised(*this, [&] {
          if (m.ticket == plan_.contacts_asked && m.ticket != 0) throw std::runtime_error("CONTACTS was restarted under a plan");
        });
      },
      [this](const contact_changed& m) { supervised(*this, [&] { take_contact(m); }); },
      [this](const forward_ended& m) { supervised(*this, [&] { end_forward(m); }); },
      [this](const conversation_arrived& m) { supervised(*this, [&] { arrived(m); }); },
      [this, later](release_threads& m) { supervised(*this, [&] { later(std::move(m)); }); },
      [this, later](ask_of_thread& m) { supervised(*this, [&] { later(std::move(m)); }); },
      [this](const threads_released& m) { supervised(*this, [&] { released(m); }); },
      [this, later](hand_back& m) { supervised(*this, [&] { later(std::move(m)); }); },
      [this](const ask_waiting& m) { supervised(*this, [&] { show_place(m); }); },
      [this, later](prepare_read& m) { supervised(*this, [&] {
                                         later(settle_to_read{std::move(m), {}});
                                       }); },
      [this](const config_changed& m) { supervised(*this, [&] { configure(m.config); }); },
      [this](settle& m) { supervised(*this, [&] { settle_soon(m); }); },
      [this](const tell_change& m) { told_of_change_ = m.to; },
      [this](const tick&) { supervised(*this, [&] { on_tick(); }); },
  };
}

/// What waits is all that an INBOX must know before anybody speaks to it.
void inbox_state::load() {
  const auto prefix = keys::waiting_prefix(account_, id_);
  std::vector<conversation_id> found;
  env.disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
    found.push_back(conversation_id{keys::read_be64(key.substr(key.size() - 8))});
    return true;
  });
  for (const auto one : found)
    if (auto* page = book_.find(one); page && page->value().waiting_since) {
      const auto& value = page->value();
      waiting_.add({*value.waiting_since, one, value.channel, value.priority});
      if (const auto* over = config_->channels.find(value.channel); over && over->inbox != id_) add_guest(value.channel);
    }
  env.probe.waiting_changed(static_cast<std::int64_t>(waiting_.size()));
  queue_may_move_ = waiting_.size() > 0;
}

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
    if (!config_->channels.is_unchanged_copy_of(before->channels)) channels_here_.reset();
    file_waiters();
    configure_pools();
    queue_may_move_ = true;
  } else {
    for (auto& [channel, pool] : pools_) pool.keep(*config_);
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
    moves = moves || guests_.contains(which) || (now && now->inbox == id_) || (then && then->inbox == id_);
  });
  next.users.for_each_difference(before.users, [&](user_id which, const user* now, const user* then) {
    // Teams are named by rules, and have their members by the users.
    moves = moves || listening_.contains(which) || (now && !now->teams.empty()) || (then && !then->teams.empty()) ||
            std::any_of(pools_.begin(), pools_.end(), [&](const auto& one) { return one.second.holds(which); }) ||
            std::any_of(waiting_contacts_.begin(), waiting_contacts_.end(),
                        [&](const auto& one) { return one.second.owner == which; });
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
    auto& pool = pools_[which];
    pool.configure(*config_, here(), *one);
    wanted.insert(pool.members().begin(), pool.members().end());
    for (const auto who : pool.members())  // whom it listened to already
      if (const auto known = standings_.find(who); known != standings_.end()) (void)pool.update(known->second);
  }
  const auto owners = waiting_.owners();
  std::erase_if(pools_, [&](const auto& one) { return !ruled.contains(one.first); });
  for (const auto who : wanted)
    if (!listening_.contains(who) && !listen_to(who)) missing_standings_.insert(who);
  wanted.insert(owners.begin(), owners.end());  // those are waited for, not decided by
  std::vector<user_id> unwanted;
  for (const auto who : listening_)
    if (!wanted.contains(who)) unwanted.push_back(who);
  for (const auto who : unwanted) {
    listening_.erase(who);
    standings_.erase(who);
    free_owners_.erase(who);
    missing_standings_.erase(who);
    board_->ignore(id_, who);
  }
  look_at_hours();
}

/// Its own and guests, looked for among all of the account's when those changed.
const std::vector<channel_id>& inbox_state::channels_here() {
  if (!channels_here_) {
    channels_here_.emplace();
    config_->channels.for_each([&](const channel& one) {
      if (one.inbox == id_ || guests_.contains(one.id)) channels_here_->push_back(one.id);
    });
  }
  return *channels_here_;
}

void inbox_state::add_guest(channel_id which) {
  guests_.insert(which);
  channels_here_.reset();
}

inbox_state::agent_reference* inbox_state::agent(user_id who) {
  if (const auto found = agents_.find(who); found != agents_.end()) return &found->second;
  auto actor = env.directory->agent(account_, who);
  if (!actor) return nullptr;
  return &agents_.emplace(who, agent_reference{*actor, keys::feed(account_, who)}).first->second;
}

bool inbox_state::listen_to(user_id who) {
  listening_.insert(who);
  if (const auto said = board_->listen(id_, who)) {
    keep_standing(*said);
    return true;
  }
  if (auto* one = agent(who)) {
    self_->send(one->actor, ask_standing{});
    return false;
  }
  listening_.erase(who);  // deleted a moment ago
  board_->ignore(id_, who);
  return true;
}

/// Not while agents are asked: what was counted on them in this plan is on top of what they said before it.
void inbox_state::read_standings() {
  if (!plan_.answered()) return;
  board_->read(seen_, listening_, read_);
  for (const auto& said : read_) {
    const bool might_move = std::exchange(queue_may_move_, false);
    keep_standing(said.now);
    if (queue_may_move_ && said.by_time) {
      queue_may_move_ = false;
      gather();
    }
    queue_may_move_ = queue_may_move_ || might_move;
    missing_standings_.erase(said.now.user);
  }
}

/// Nothing that anybody here waits for was said meanwhile; the board wakes this INBOX when it is.
bool inbox_state::nothing_new() {
  if (asleep_ || !plan_.answered() || (waiting_.size() == 0 && missing_standings_.empty())) return true;
  asleep_ = board_->sleep(id_, caf::actor_cast<inbox_actor>(self_), seen_);
  return asleep_;
}

void inbox_state::pump() {
  room().keys.clear();  // what comes in another turn may be durable since
  if (hours_are_due()) look_at_hours();
  do {
    read_standings();
    plan_what_may_be();
  } while (!nothing_new());
  shrink();
  watch_invariant();
}

void inbox_state::plan_what_may_be() {
  while (!blocked()) {
    shrink();  // between two plans: under load there is always one when a commit comes
    if (work_.empty()) {
      if (!queue_may_move_ || !plan_waiting()) break;
    } else if (front_must_wait()) {
      break;  // for what comes by itself: standings, a commit, an arrival
    } else if (std::holds_alternative<route_part>(work_.front())) {
      // Everything that gathered while this INBOX was busy is planned as one.
      while (!work_.empty() && std::holds_alternative<route_part>(work_.front()) && plan_.steps.size() < 4096) {
        if (front_must_wait()) break;
        auto part = std::move(std::get<route_part>(work_.front()));
        work_.pop_front();
        env.probe.queue_depth(queue_kind::inbox_stash, -1);
        plan_part(part);
      }
    } else {
      do_front();
    }
    if (plan_.empty()) continue;
    ask_contacts_first();
    send_offers();
    if (plan_.answered()) write_plan();
  }
}

/// Only where a conversation was moved, or is to be.
bool inbox_state::front_must_wait() {
  const auto& front = work_.front();
  if (std::holds_alternative<purge_due>(front) || std::holds_alternative<close_piece>(front)) return !flights_.empty();
  if (const auto* part = std::get_if<route_part>(&front)) return part->held_by && !welcome(part->channel);
  if (const auto* orphans = std::get_if<hand_back>(&front)) return !welcomes_all(orphans->which);
  const auto* lapsed = std::get_if<assignment_lapsed>(&front);
  const auto* asked = std::get_if<command_conversation>(&front);
  if (!lapsed && !asked) return false;
  auto* page = book_.find(lapsed ? lapsed->which : asked->which);
  if (!page) return false;
  if (!welcome(page->value().channel)) return true;
  return asked && std::holds_alternative<move_conversation>(asked->what) && (!flights_.empty() || !page->whole());
}

void inbox_state::do_front() {
  if (room().keys.spent()) read_keys_ahead();
  auto next = std::move(work_.front());
  work_.pop_front();
  env.probe.queue_depth(queue_kind::inbox_stash, -1);
  if (auto* m = std::get_if<command_conversation>(&next)) command(*m);
  if (auto* m = std::get_if<status_reported>(&next)) status(*m);
  if (auto* m = std::get_if<assignment_lapsed>(&next)) plan_lapse(*m);
  if (auto* m = std::get_if<settle_to_read>(&next)) settle_now(*m);
  if (auto* m = std::get_if<settle>(&next)) settle_now(*m);
  if (auto* m = std::get_if<purge_due>(&next)) purge(*m);
  if (auto* m = std::get_if<close_piece>(&next)) close(*m);
  if (auto* m = std::get_if<release_threads>(&next)) release(*m);
  if (auto* m = std::get_if<ask_of_thread>(&next)) answer_of_thread(*m);
  if (auto* m = std::get_if<hand_back>(&next)) take_back_orphans(*m);
}

void inbox_state::watch_invariant() {
  // While offers are out or agents gather somebody is being asked: that is not idling.
  bool violated = false;
  if (!blocked() && !gather_ends_ns_ && waiting_.size() > 0) violated = next_waiter().has_value();
  if (violated != violated_ && env.watch) env.watch->is(id_, violated, env.now_ns());
  violated_ = violated;
}

void inbox_state::committed(std::uint64_t ticket, std::uint64_t first_position) {
  commands_under_way_.committed(ticket);
  statuses_under_way_.committed(ticket);
  if (reloading_ && ticket == reload_ticket_) return finish_reload();
  const auto found = flights_.find(ticket);
  if (found == flights_.end()) return;
  for (const auto& [page, number] : found->second.assignments) page->assigned_position = first_position + number;
  for (const auto& [page, number, is_message] : found->second.entries) {
    if (is_message) page->newest_message_position = first_position + number;
    page->positions.push_back(first_position + number);
    book_.mark_dirty(*page);
    --page->in_flight;
    if (page->in_flight == 0) page->newest_message = {};
  }
  auto go_on = std::move(found->second.go_on);
  auto rests = std::move(found->second.rests);
  if (told_of_change_ && !found->second.settles) say_changed();
  flights_.erase(found);
  committed_ = ticket;
  for (auto& one : rests) send_on(std::move(one));
  if (moving_ && moving_->ticket == ticket) {
    book_.give_up(moving_->which);
    moving_.reset();
  }
  if (purging_ && purging_->ticket == ticket) end_purge();
  if (go_on) {
    work_.emplace_back(std::move(*go_on));
    env.probe.queue_depth(queue_kind::inbox_stash, 1);
    return pump();
  }
  if (ticket == shrink_after_) shrink_wanted_ = true;
  if (!work_.empty() || queue_may_move_) return pump();  // a move may have waited for this, or all have waited for it
  shrink();
}

void inbox_state::say_changed() {
  if (const auto to = std::exchange(told_of_change_, std::nullopt)) self_->send(*to, inbox_changed{id_});
}

void inbox_state::shrink() {
  if (!shrink_wanted_ || !plan_.empty()) return;  // a plan holds pages that nothing else does
  shrink_wanted_ = false;
  kept_.holds(book_.size());
  book_.shrink(kept_.may_hold() + waiting_.size(), committed_,
               [&](open_page& page) { return waiting_.contains(page.value().id); });
  kept_.holds(book_.size());
}

void inbox_state::settle_now(settle_to_read& what) {
  // What was settled before may still be on its way to the disk: then this answers behind it.
  const bool after_others = !flights_.empty();
  auto set = new_commit();
  flight_->settles = true;
  std::size_t settled = 0;
  if (what.wish.which) {
    if (auto* page = book_.find(*what.wish.which); page && page->dirty) {
      book_.settle_one(*page, set->set, set->ticket);
      ++settled;
    }
  } else {
    // What is dirty now, a piece at a time, each after the one before is durable: messages go between them.
    if (!what.left) {
      book_.order_dirty();
      what.left = book_.dirty_count();
    }
    const auto piece = std::min(*what.left, pages_at_once);
    settled = book_.settle(set->set, set->ticket, piece);
    *what.left -= piece;
  }
  env.probe.settled(settled, 0);
  if (settled == 0 && !after_others) {
    flights_.erase(set->ticket);
    flight_ = nullptr;
    return what.wish.ready();
  }
  if (what.left && *what.left > 0)
    flight_->go_on = std::move(what);
  else
    set->then.emplace_back(std::move(what.wish.ready));
  submit(std::move(set));
}

/// Before what is queued: a round must end under any load, and until it has nothing that it settles can be dropped from memory. What it
/// settles is durable already, so it needn't wait for anything.
void inbox_state::settle_soon(settle& m) {
  env.probe.queue_depth(queue_kind::inbox_stash, 1);
  work_.emplace_front(std::move(m));
  pump();
}

void inbox_state::settle_now(settle& what) {
  if (what.round != settle_round_) {
    settle_round_ = what.round;
    book_.order_dirty();
    settle_left_ = book_.dirty_count();
  }
  // Pieces for readers that are on their way must be durable too before the round may end.
  if (settle_left_ == 0 && flights_.empty()) {
    shrink_wanted_ = true;
    return what.settled(false);
  }
  auto set = new_commit();
  flight_->settles = true;
  const auto piece = std::min(settle_left_, std::max<std::size_t>(1, what.keys / keys_a_page));
  env.probe.settled(book_.settle(set->set, set->ticket, piece), 0);
  settle_left_ -= piece;
  if (settle_left_ == 0) shrink_after_ = set->ticket;
  set->then.emplace_back([settled = std::move(what.settled), more = settle_left_ > 0] { settled(more); });
  submit(std::move(set));
}

void inbox_state::restart() {
  // Nobody will answer what was queued or planned here.
  for (auto& one : work_)
    if (auto* part = std::get_if<route_part>(&one)) refuse_part(*part);
  // What other inboxes were sent goes on, and its channels' later parts wait for it; those that came since are not kept.
  for (auto& [channel, parts] : held_) {
    for (const auto& one : parts)
      if (const auto* part = std::get_if<route_part>(&one)) refuse_part(*part);
    parts.clear();
  }
  for (auto& one : plan_.parts) {
    if (one.rest && !one.held_by) held_.erase(one.of);
    refuse_part(route_part{one.frame, one.all, {}, one.ticket, one.of, one.held_by});
  }
  const auto orphans = orphans_to_hand_back();
  env.probe.queue_depth(queue_kind::inbox_stash, -static_cast<std::int64_t>(work_.size()));
  work_.clear();
  plan_ = {};
  queue_handing_back(orphans);
  flight_ = nullptr;
  auto flights = std::exchange(flights_, {});
  moving_.reset();
  purging_.reset();
  threads_asked_.clear();
  threads_released_.clear();
  due_look_ns_ = 0;
  settle_round_ = 0;
  // What is on its way to the disk becomes part of what is loaded: wait for it.
  reloading_ = true;
  auto barrier = std::make_shared<pending_commit>(keys::group_of(account_));
  // What was to be sent on behind it is refused behind it.
  for (auto& [ticket, one] : flights)
    for (auto& rest : one.rests)
      barrier->then.emplace_back([channel = env.directory->channel(account_, rest.part.channel),
                                  home = env.directory->inbox(account_, *rest.part.held_by), part = rest.part] {
        if (channel) caf::anon_send(*channel, part_refused{part.ticket, part.part});
        if (home) caf::anon_send(*home, forward_ended{part.channel});
      });
  barrier->inbox = caf::actor_cast<inbox_actor>(self_);
  barrier->ticket = reload_ticket_ = ++last_ticket_;
  self_->send(env.journal, commit{std::move(barrier)});
}

void inbox_state::finish_reload() {
  env.probe.waiting_changed(-static_cast<std::int64_t>(waiting_.size()));
  waiting_ = {};
  waiting_contacts_.clear();
  unknown_waiters_.clear();
  standings_.clear();
  free_owners_.clear();
  book_.clear();
  guests_.clear();
  channels_here_.reset();
  for (const auto& [position, record] : unsettled_tail(env.disk, account_, id_)) {
    const auto what = decode_event(record);
    auto* page = book_.find(what.conversation);
    if (!page || what.seq <= page->stored.logged_seq + page->positions.size()) continue;
    page->positions.push_back(position);
    page->value().next_seq = std::max(page->value().next_seq, what.seq + 1);
    if (what.kind == event_kind::message) page->value().last_message_at = std::max(page->value().last_message_at, what.at);
    book_.mark_dirty(*page);
  }
  load();
  pools_.clear();
  listening_.clear();
  missing_standings_.clear();
  seen_ = 0;
  for (auto& [who, one] : agents_) self_->send(one.actor, reservations_dropped{id_});
  reloading_ = false;
  configure_pools();
  file_waiters();
  say_changed();  // what was on its way when it fell over was told to nobody
  pump();
}

inbox_actor spawn_inbox(caf::actor_system& system, environment& env, account_id account, inbox_id of) {
  return system.spawn<hosted_actor<inbox_actor, inbox_state>>(env, account, of);
}

}  // namespace signalbox
