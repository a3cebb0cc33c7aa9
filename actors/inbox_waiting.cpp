// Who waits, and for whom: for anybody of the channel's rule, or for the contact's owner.
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "rules/owner_assignment.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {
constexpr std::size_t waiters_per_plan = 128;  ///< bounds a plan when many agents come at once
}

/// The channel, if its rule asks for the contact's owner.
const channel* inbox_state::owner_channel(channel_id which) const {
  const auto* one = config_->channels.find(which);
  return one && one->assignment.enabled && one->assignment.assign_to == assign_to::contact_owner ? one : nullptr;
}

/// The one that has waited longest of all whom somebody could have now.
std::optional<waiting_lines::waiter> inbox_state::next_waiter() const {
  std::optional<waiting_lines::waiter> next;
  const auto offer_place = [&next](const std::optional<waiting_lines::waiter>& first) {
    if (first && (!next || *first < *next)) next = first;
  };
  for (const auto& [channel, pool] : pools_)
    if (pool.anyone_eligible()) offer_place(waiting_.first(channel));
  for (const auto owner : free_owners_)
    for (const auto channel : owner_channels_) {
      const auto first = waiting_.first_for(owner, channel);
      const auto* over = first ? owner_channel(channel) : nullptr;
      const auto pool = pools_.find(channel);
      if (pool != pools_.end() && pool->second.closed()) continue;  // A25
      if (over && may_take(standings_.at(owner), over->assignment, over->type)) offer_place(first);
    }
  return next;
}

bool inbox_state::plan_waiting() {
  queue_may_move_ = false;
  std::size_t planned = 0;
  // Those whose contact isn't known are asked about together, whoever is free: then it is known for whom they wait.
  for (; !unknown_waiters_.empty() && planned < waiters_per_plan; unknown_waiters_.pop_back())
    if (waiting_.contains(unknown_waiters_.back()) && !waiting_contacts_.contains(unknown_waiters_.back()))
      planned += plan_waiter(unknown_waiters_.back()) ? 1 : 0;
  if (planned > 0) {
    queue_may_move_ = true;
    return true;
  }
  while (planned < waiters_per_plan) {
    const auto next = next_waiter();
    if (!next) break;
    if (!plan_waiter(next->conversation)) continue;
    ++planned;
    // Only those whom nobody in the pool may have (all declined it) come back: don't turn in circles.
    if (!plan_.intents.back().chosen) break;
  }
  if (planned == waiters_per_plan) queue_may_move_ = true;
  if (planned > 0) env.probe.queue_passed();
  return planned > 0;
}

/// Takes it out of its line and into the plan; false when it doesn't wait any more.
bool inbox_state::plan_waiter(conversation_id which) {
  if (waiting_.remove(which)) env.probe.waiting_changed(-1);
  const auto known = waiting_contacts_.find(which);
  const auto contact = known == waiting_contacts_.end() ? std::nullopt : std::optional{known->second};
  auto* page = book_.find(which);
  if (!page || page->value().status != conversation_status::open || !page->value().waiting_since || page->value().spam ||
      !pools_.contains(page->value().channel)) {
    waiting_contacts_.erase(which);
    return false;
  }
  step one;
  one.page = page;
  plan_.steps.push_back(std::move(one));
  want_assignment(*page, assignment_reason::queue, std::nullopt, owner_channel(page->value().channel) ? contact : std::nullopt);
  auto& wanted = plan_.intents.back();
  wanted.was_waiting = true;
  if (wanted.why.owner_step == owner_step::chosen)
    if (const auto owner = standings_.find(*wanted.chosen); owner != standings_.end()) {
      owner->second.add_open(page->value().type);  // until they say themselves
      sort_owner(owner->second);
    }
  return true;
}

waiting_place inbox_state::place_of(const conversation& of) const {
  waiting_place place{of.waiting_since.value_or(env.now()), of.priority, waiting_.ahead_of(of.id).value_or(0), {}};
  if (const auto known = estimates_.find(of.channel); known != estimates_.end()) place.estimate = known->second.of(place.ahead);
  return place;
}

void inbox_state::show_place(const ask_waiting& m) {
  const auto* who = m.by.user ? config_->users.find(*m.by.user) : nullptr;
  auto* page = book_.find(m.which);
  if (!page && pass_on(m.which, m)) return;
  if (!page || !who || access_of(*who, here().access) == access::none || page->value().deleted_at)
    return m.then->give(refuse(refusal_code::not_found, "there is no such conversation"));
  if (!page->value().waiting_since)
    return m.then->give(refuse(refusal_code::conflict, "this conversation doesn't wait for an agent"));
  m.then->give(place_of(page->value()));
}

void inbox_state::start_waiting(open_page& page, time_point since, const std::optional<contact_standing>& contact,
                                change_set& into) {
  auto& value = page.value();
  if (!value.waiting_since) value.waiting_since = since;
  if (waiting_.add({*value.waiting_since, value.id, value.channel, value.priority})) env.probe.waiting_changed(1);
  if (contact) {
    waiting_contacts_.insert_or_assign(value.id, *contact);
    file_waiter(value.id, *contact);
  }
  into.put(family::state, keys::waiting(account_, id_, *value.waiting_since, value.id), {});
}

void inbox_state::stop_waiting(open_page& page, change_set& into) {
  auto& value = page.value();
  waiting_contacts_.erase(value.id);
  if (!value.waiting_since) return;
  into.erase(family::state, keys::waiting(account_, id_, *value.waiting_since, value.id));
  value.waiting_since.reset();
  if (waiting_.remove(value.id)) env.probe.waiting_changed(-1);
}

// ---- owners

/// Somebody waits for them: whether they are free must be known from here on. Nothing is held up until they have spoken.
void inbox_state::watch_owner(user_id owner) {
  if (!listening_.contains(owner)) (void)listen_to(owner);
  if (const auto known = standings_.find(owner); known != standings_.end()) sort_owner(known->second);
}

void inbox_state::keep_standing(const agent_standing& now) {
  const auto [place, added] = standings_.try_emplace(now.user, now);
  if (!added && now.epoch <= place->second.epoch) return;
  place->second = now;
  for (auto& [channel, pool] : pools_)
    if (pool.update(now)) queue_may_move_ = true;
  if (waiting_.waits_for(now.user)) sort_owner(now);
}

void inbox_state::sort_owner(const agent_standing& now) {
  if ((now.capacity && now.open >= *now.capacity) || (is_offline(now) && !away_owners_too_)) {
    free_owners_.erase(now.user);
    return;
  }
  free_owners_.insert(now.user);
  queue_may_move_ = true;  // there may be room for another type than before
}

/// Puts everyone who waits under a rule for the contact's owner into the line where they belong by the configuration now.
void inbox_state::file_waiters() {
  away_owners_too_ = false;
  owner_channels_.clear();
  unknown_waiters_.clear();
  for (const auto channel : channels_here()) {
    const auto* one = owner_channel(channel);
    if (!one) continue;
    owner_channels_.push_back(channel);
    if (!one->assignment.only_available) away_owners_too_ = true;
    for (const auto which : waiting_.of_channel(channel))
      if (!waiting_contacts_.contains(which)) unknown_waiters_.push_back(which);
  }
  free_owners_.clear();
  for (const auto& [which, contact] : waiting_contacts_) file_waiter(which, contact);
  if (unknown_waiters_.empty()) return;
  queue_may_move_ = true;
  self_->send(self_, tick{});  // maybe nobody else says anything
}

void inbox_state::file_waiter(conversation_id which, const contact_standing& contact) {
  const auto waiter = waiting_.find(which);
  if (!waiter) return;
  const auto owner = owner_channel(waiter->channel) ? waits_for(*config_, here(), contact) : std::nullopt;
  waiting_.move(which, owner);
  if (owner) watch_owner(*owner);
}

/// A contact has another owner, or a cookie, or is another's id now: those of theirs who wait may wait for somebody else.
void inbox_state::take_contact(const contact_changed& what) {
  for (auto& [which, contact] : waiting_contacts_) {
    if (contact.id != what.which) continue;
    contact = what.now;
    file_waiter(which, contact);
    queue_may_move_ = true;
  }
  // What is being decided about will wait by what is so now.
  for (auto& one : plan_.intents)
    if (one.contact && one.contact->id == what.which) one.contact = what.now;
  pump();
}

}  // namespace signalbox
