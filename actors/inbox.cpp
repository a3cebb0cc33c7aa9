#include "actors/inbox.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <stdexcept>
#include <utility>

#include "actors/hosting.hpp"
#include "actors/inbox_state.hpp"
#include "storage/keys.hpp"
#include "storage/settling.hpp"

namespace signalbox {

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

template <class Work>
void inbox_state::later(Work&& what) {
  env.probe.queue_depth(queue_kind::inbox_stash, 1);
  work_.emplace_back(std::forward<Work>(what));
  pump();
}

inbox_actor::behavior_type inbox_state::behavior() {
  static const inbox_actor::behavior_type shared{
      // CAF looks through them in their order.
      handler([](inbox_state& me, route_part& m) { me.later(std::move(m)); }),
      handler([](inbox_state& me, const set_committed& m) { me.committed(m.ticket, m.first_position); }),
      handler([](inbox_state& me, const offer_answered& m) { me.offer_came_back(m); }),
      handler([](inbox_state& me, const contacts_known& m) { me.take_contacts(m); }),
      handler([](inbox_state& me, command_conversation& m) { me.later(std::move(m)); }),
      handler([](inbox_state& me, status_reported& m) { me.later(std::move(m)); }),
      handler([](inbox_state& me, const wake_up&) {
        me.asleep_ = false;
        me.pump();
      }),
      handler([](inbox_state& me, const assignment_lapsed& m) { me.later(m); }),
      handler([](inbox_state& me, const contacts_refused& m) {
        if (m.ticket == me.plan_->contacts_asked && m.ticket != 0)
          throw std::runtime_error("CONTACTS was restarted under a plan");
      }),
      handler([](inbox_state& me, const contact_changed& m) { me.take_contact(m); }),
      handler([](inbox_state& me, const forward_ended& m) { me.end_forward(m); }),
      handler([](inbox_state& me, const conversation_arrived& m) { me.arrived(m); }),
      handler([](inbox_state& me, release_threads& m) { me.later(std::move(m)); }),
      handler([](inbox_state& me, ask_of_thread& m) { me.later(std::move(m)); }),
      handler([](inbox_state& me, const threads_released& m) { me.released(m); }),
      handler([](inbox_state& me, hand_back& m) { me.later(std::move(m)); }),
      handler([](inbox_state& me, const ask_waiting& m) { me.show_place(m); }),
      handler([](inbox_state& me, prepare_read& m) {
        me.later(settle_to_read{std::move(m), {}});
      }),
      handler([](inbox_state& me, const config_changed& m) { me.configure(m.config); }),
      handler([](inbox_state& me, settle& m) { me.settle_soon(m); }),
      handler([](inbox_state& me, const tell_change& m) { me.told_of_change_ = m.to; }),
      handler([](inbox_state& me, const tick&) { me.on_tick(); }),
  };
  return shared;
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
      waiting_.use().add({*value.waiting_since, one, value.channel, value.priority});
      if (const auto* over = config_->channels.find(value.channel); over && over->inbox != id_)
        guests_.use().insert(value.channel);
    }
  env.probe.waiting_changed(static_cast<std::int64_t>(waiting_->size()));
  queue_may_move_ = waiting_->size() > 0;
}

inbox_state::agent_reference* inbox_state::agent(user_id who) {
  auto& known = agents_.use();
  if (const auto found = known.find(who); found != known.end()) return &found->second;
  auto actor = env.directory->agent(account_, who);
  if (!actor) return nullptr;
  return &known.emplace(who, agent_reference{*actor, keys::feed(account_, who)}).first->second;
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
      while (!work_.empty() && std::holds_alternative<route_part>(work_.front()) && plan_->steps.size() < 4096) {
        if (front_must_wait()) break;
        auto part = std::move(std::get<route_part>(work_.front()));
        work_.pop_front();
        env.probe.queue_depth(queue_kind::inbox_stash, -1);
        plan_part(part);
      }
    } else {
      do_front();
    }
    if (plan_->empty()) continue;
    ask_contacts_first();
    send_offers();
    if (plan_->answered()) write_plan();
  }
}

/// Only where a conversation was moved, or is to be.
bool inbox_state::front_must_wait() {
  const auto& front = work_.front();
  if (std::holds_alternative<purge_due>(front) || std::holds_alternative<close_piece>(front)) return !flights_->empty();
  if (const auto* part = std::get_if<route_part>(&front)) return part->held_by && !welcome(part->channel);
  if (const auto* orphans = std::get_if<hand_back>(&front)) return !welcomes_all(orphans->which);
  const auto* lapsed = std::get_if<assignment_lapsed>(&front);
  const auto* asked = std::get_if<command_conversation>(&front);
  if (!lapsed && !asked) return false;
  auto* page = book_.find(lapsed ? lapsed->which : asked->which);
  if (!page) return false;
  if (!welcome(page->value().channel)) return true;
  return asked && std::holds_alternative<move_conversation>(asked->what) && (!flights_->empty() || !page->whole());
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
  if (!blocked() && !gather_ends_ns_ && waiting_->size() > 0) violated = next_waiter().has_value();
  if (violated != violated_ && env.watch) env.watch->is(id_, violated, env.now_ns());
  violated_ = violated;
}

void inbox_state::committed(std::uint64_t ticket, std::uint64_t first_position) {
  if (auto* rows = commands_under_way_.used()) rows->committed(ticket);
  if (auto* rows = statuses_under_way_.used()) rows->committed(ticket);
  if (reloading_ && ticket == reload_ticket_) return finish_reload();
  auto& flights = flights_.use();
  const auto found = flights.find(ticket);
  if (found == flights.end()) return;
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
  flights.erase(found);
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

void inbox_state::restart() {
  // Nobody will answer what was queued or planned here.
  for (auto& one : work_)
    if (auto* part = std::get_if<route_part>(&one)) refuse_part(*part);
  // What other inboxes were sent goes on, and its channels' later parts wait for it; those that came since are not kept.
  for (auto& [channel, parts] : held_.use()) {
    for (const auto& one : parts)
      if (const auto* part = std::get_if<route_part>(&one)) refuse_part(*part);
    parts.clear();
  }
  for (const auto& one : plan_->parts) {
    if (one.rest && !one.held_by) held_.use().erase(one.of);
    refuse_part(route_part{one.frame, one.all, {}, one.ticket, one.of, one.held_by});
  }
  const auto orphans = orphans_to_hand_back();
  env.probe.queue_depth(queue_kind::inbox_stash, -static_cast<std::int64_t>(work_.size()));
  work_.clear();
  plan_.clear();
  queue_handing_back(orphans);
  flight_ = nullptr;
  auto flights = std::exchange(flights_.use(), {});
  moving_.reset();
  purging_.reset();
  threads_.clear();
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
  env.probe.waiting_changed(-static_cast<std::int64_t>(waiting_->size()));
  waiting_.clear();
  owners_.clear();
  candidates_.clear();
  book_.clear();
  guests_.clear();
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
  seen_ = 0;
  for (const auto& [who, one] : *agents_) self_->send(one.actor, reservations_dropped{id_});
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
