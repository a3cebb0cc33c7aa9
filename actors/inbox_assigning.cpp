// Who gets a conversation: candidates from the pool, slots from the agents, the rest waits.
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {
constexpr std::size_t waiters_per_plan = 512;  ///< bounds a plan when many agents come at once
}

void inbox_state::want_assignment(open_page& page, assignment_reason reason, std::optional<user_id> preferred) {
  const auto pool = pools_.find(page.value().channel);
  if (pool == pools_.end()) return;  // S49: no rule, nobody is chosen
  intent one;
  one.page = &page;
  one.reason = reason;
  one.preferred = preferred;
  one.skip = page.declined;
  plan_.intents.push_back(std::move(one));
  page.intent = plan_.intents.size();
  choose(plan_.intents.size() - 1);
}

void inbox_state::choose(std::size_t index) {
  auto& one = plan_.intents[index];
  auto& pool = pools_.at(one.page->value().channel);
  const auto now = env.now();
  one.chosen.reset();
  ++one.why.attempt;
  if (one.preferred && pool.eligible(*one.preferred)) {
    pool.take(*one.preferred, now);
    one.chosen = std::exchange(one.preferred, std::nullopt);
    one.why.at = now;
    one.why.config_revision = config_->revision;
    one.why.channel = one.page->value().channel;
    one.why.candidates = static_cast<std::uint32_t>(pool.members().size());
    one.why.seen = {{*one.chosen, 0, std::nullopt}};
    one.why.result = decision_result::assigned;
    one.why.chosen = one.chosen;
  } else {
    one.preferred.reset();
    const auto attempt = one.why.attempt;
    one.why = {};
    one.chosen = pool.choose(now, env.chance(), one.skip, one.why);
    if (!one.chosen && !one.page->declined.empty()) {
      // Not again to the one who let it lapse while others exist: none do.
      std::erase_if(one.skip, [](const considered& who) { return who.excluded == exclusion::declined; });
      one.why = {};
      one.chosen = pool.choose(now, env.chance(), one.skip, one.why);
    }
    one.why.attempt = attempt;
  }
  if (one.chosen) plan_.to_ask[*one.chosen].push_back(index);
}

void inbox_state::send_offers() {
  while (!plan_.to_ask.empty()) {
    ++offer_ticket_;
    auto asking = std::exchange(plan_.to_ask, {});
    for (auto& [who, which] : asking) {
      const auto& first = *plan_.intents[which.front()].page;
      const auto* channel = config_->channels.find(first.stored.value.channel);
      if (auto* one = agent(who)) {
        const bool only_available = !channel || channel->assignment.only_available;
        self_->send(one->actor, offer{id_, offer_ticket_, static_cast<std::uint32_t>(which.size()), only_available});
        plan_.asked.emplace(std::pair{offer_ticket_, who}, std::move(which));
        continue;
      }
      for (const auto index : which) {  // deleted a moment ago
        pools_.at(plan_.intents[index].page->value().channel).release(who);
        plan_.intents[index].skip.push_back({who, 0, exclusion::not_found});
        choose(index);
      }
    }
  }
}

void inbox_state::offer_came_back(const offer_answered& what) {
  for (auto& [channel, pool] : pools_)
    if (pool.update(what.now)) queue_may_move_ = true;
  const auto found = plan_.asked.find({what.ticket, what.now.user});
  if (found == plan_.asked.end()) {
    // The plan that asked was dropped by a restart: give the slots back.
    if (what.taken > 0)
      if (auto* one = agent(what.now.user)) self_->send(one->actor, slots_released{id_, what.taken, true});
    return;
  }
  const auto which = std::move(found->second);
  plan_.asked.erase(found);
  for (std::size_t i = what.taken; i < which.size(); ++i) {
    auto& one = plan_.intents[which[i]];
    env.probe.assignments_lapsed(lapse::refused_offer, 1);
    one.skip.push_back({what.now.user, what.now.open, exclusion::refused_offer});
    choose(which[i]);
  }
  send_offers();
  if (!plan_.asked.empty()) return;
  write_plan();
  pump();
}

bool inbox_state::plan_waiting() {
  queue_may_move_ = false;
  std::size_t planned = 0;
  for (bool moved = true; moved && planned < waiters_per_plan;) {
    moved = false;
    // The first of all channels whose pool has somebody.
    std::optional<waiting_queue::waiter> next;
    for (const auto& [channel, pool] : pools_) {
      const auto first = waiting_.first(channel);
      if (first && pool.anyone_eligible() && (!next || *first < *next)) next = first;
    }
    if (!next) break;
    auto* page = book_.find(next->conversation);
    waiting_.remove(next->conversation);
    env.probe.waiting_changed(-1);
    moved = true;
    if (!page || page->value().status != conversation_status::open || !page->value().waiting_since) continue;
    step one;
    one.page = page;
    plan_.steps.push_back(std::move(one));
    want_assignment(*page, assignment_reason::queue, std::nullopt);
    plan_.intents.back().was_waiting = true;
    if (plan_.intents.back().chosen) estimates_[next->channel].taken(env.now());
    ++planned;
    // Only those whom nobody in the pool may have (all declined it) come back: don't turn in circles.
    if (!plan_.intents.back().chosen) break;
  }
  if (planned == waiters_per_plan) queue_may_move_ = true;
  return planned > 0;
}

void inbox_state::plan_lapse(const assignment_lapsed& what) {
  auto* page = book_.find(what.which);
  if (!page || page->value().assigned_user() != what.who || page->value().status != conversation_status::open ||
      !page->value().automatic)
    return;
  if (what.offer && (!page->value().accept_by || env.now() < *page->value().accept_by)) return;  // accepted meanwhile
  if (!what.offer && page->assigned_position != 0 && what.position < page->assigned_position)
    return;  // of an assignment before this one
  env.probe.assignments_lapsed(what.offer ? lapse::not_accepted : lapse::no_ack, 1);
  take_back(*page, what.offer ? assignment_reason::not_accepted : assignment_reason::no_ack);
}

/// Away from whom the rule gave it to, and on to the next one with its age kept; not again to the same one while others exist.
void inbox_state::take_back(open_page& of, assignment_reason why) {
  auto* page = &of;
  page->declined.push_back({*page->value().assigned_user(), 0, exclusion::declined});
  page->value().accept_by.reset();
  release_slot(*page);
  step one;
  one.page = page;
  one.lapsed = true;
  plan_.steps.push_back(std::move(one));
  want_assignment(*page, why, std::nullopt);
}

waiting_place inbox_state::place_of(const conversation& of) const {
  waiting_place place{of.waiting_since.value_or(env.now()), of.priority, waiting_.ahead_of(of.id).value_or(0), {}};
  if (const auto known = estimates_.find(of.channel); known != estimates_.end()) place.estimate = known->second.of(place.ahead);
  return place;
}

void inbox_state::show_place(const ask_waiting& m) {
  const auto* who = m.by.user ? config_->users.find(*m.by.user) : nullptr;
  auto* page = book_.find(m.which);
  if (!page || !who || access_of(*who, here().access) == access::none || page->value().deleted_at)
    return m.then->give(refuse(refusal_code::not_found, "there is no such conversation"));
  if (!page->value().waiting_since)
    return m.then->give(refuse(refusal_code::conflict, "this conversation doesn't wait for an agent"));
  m.then->give(place_of(page->value()));
}

void inbox_state::start_waiting(open_page& page, time_point since, change_set& into) {
  auto& value = page.value();
  if (!value.waiting_since) value.waiting_since = since;
  if (waiting_.add({*value.waiting_since, value.id, value.channel, value.priority})) env.probe.waiting_changed(1);
  into.put(family::state, keys::waiting(account_, id_, *value.waiting_since, value.id), {});
}

void inbox_state::stop_waiting(open_page& page, change_set& into) {
  auto& value = page.value();
  if (!value.waiting_since) return;
  into.erase(family::state, keys::waiting(account_, id_, *value.waiting_since, value.id));
  value.waiting_since.reset();
  if (waiting_.remove(value.id)) env.probe.waiting_changed(-1);
}

void inbox_state::release_slot(open_page& page) {
  auto& value = page.value();
  if (!value.automatic) return;
  value.automatic = false;
  if (const auto who = value.assigned_user())
    if (auto* one = agent(*who)) self_->send(one->actor, slots_released{id_, 1, false});
}

}  // namespace signalbox
