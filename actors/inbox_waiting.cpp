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
  const auto& pools = candidates_->pools;
  for (const auto& [channel, pool] : pools)
    if (pool.anyone_eligible()) offer_place(waiting_->first(channel));
  for (const auto owner : owners_->free)
    for (const auto channel : owners_->channels) {
      const auto first = waiting_->first_for(owner, channel);
      const auto* over = first ? owner_channel(channel) : nullptr;
      const auto pool = pools.find(channel);
      if (pool != pools.end() && pool->second.closed()) continue;  // A25
      if (over && may_take(candidates_->standings.at(owner), over->assignment, over->type)) offer_place(first);
    }
  return next;
}

bool inbox_state::plan_waiting() {
  queue_may_move_ = false;
  std::size_t planned = 0;
  // Those whose contact isn't known are asked about together, whoever is free: then it is known for whom they wait.
  for (; !owners_->unknown.empty() && planned < waiters_per_plan; owners_.use().unknown.pop_back())
    if (const auto next = owners_->unknown.back(); waiting_->contains(next) && !owners_->waiting.contains(next))
      planned += plan_waiter(next) ? 1 : 0;
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
    if (!plan_->intents.back().chosen) break;
  }
  if (planned == waiters_per_plan) queue_may_move_ = true;
  if (planned > 0) env.probe.queue_passed();
  return planned > 0;
}

/// Takes it out of its line and into the plan; false when it doesn't wait any more.
bool inbox_state::plan_waiter(conversation_id which) {
  if (waiting_.use().remove(which)) env.probe.waiting_changed(-1);
  const auto known = owners_->waiting.find(which);
  const auto contact = known == owners_->waiting.end() ? std::nullopt : std::optional{known->second};
  auto* page = book_.find(which);
  if (!page || page->value().status != conversation_status::open || !page->value().waiting_since || page->value().spam ||
      !candidates_->pools.contains(page->value().channel)) {
    if (auto* owners = owners_.used()) owners->waiting.erase(which);
    return false;
  }
  step one;
  one.page = page;
  plan_.use().steps.push_back(std::move(one));
  want_assignment(*page, assignment_reason::queue, std::nullopt, owner_channel(page->value().channel) ? contact : std::nullopt);
  auto& wanted = plan_.use().intents.back();
  wanted.was_waiting = true;
  if (wanted.why.owner_step == owner_step::chosen)
    if (const auto owner = candidates_.use().standings.find(*wanted.chosen); owner != candidates_->standings.end()) {
      owner->second.add_open(page->value().type);  // until they say themselves
      sort_owner(owner->second);
    }
  return true;
}

waiting_place inbox_state::place_of(const conversation& of) const {
  waiting_place place{of.waiting_since.value_or(env.now()), of.priority, waiting_->ahead_of(of.id).value_or(0), {}};
  if (const auto known = estimates_->find(of.channel); known != estimates_->end()) place.estimate = known->second.of(place.ahead);
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
  if (waiting_.use().add({*value.waiting_since, value.id, value.channel, value.priority})) env.probe.waiting_changed(1);
  if (contact) {
    owners_.use().waiting.insert_or_assign(value.id, *contact);
    file_waiter(value.id, *contact);
  }
  into.put(family::state, keys::waiting(account_, id_, *value.waiting_since, value.id), {});
}

void inbox_state::stop_waiting(open_page& page, change_set& into) {
  auto& value = page.value();
  if (auto* owners = owners_.used()) owners->waiting.erase(value.id);
  if (!value.waiting_since) return;
  into.erase(family::state, keys::waiting(account_, id_, *value.waiting_since, value.id));
  value.waiting_since.reset();
  if (waiting_.use().remove(value.id)) env.probe.waiting_changed(-1);
}

// ---- owners

/// Somebody waits for them: whether they are free must be known from here on. Nothing is held up until they have spoken.
void inbox_state::watch_owner(user_id owner) {
  if (!candidates_->listening.contains(owner)) (void)listen_to(owner);
  if (const auto known = candidates_->standings.find(owner); known != candidates_->standings.end()) sort_owner(known->second);
}

void inbox_state::keep_standing(const agent_standing& now) {
  auto& candidates = candidates_.use();
  const auto [place, added] = candidates.standings.try_emplace(now.user, now);
  if (!added && now.epoch <= place->second.epoch) return;
  place->second = now;
  for (auto& [channel, pool] : candidates.pools)
    if (pool.update(now)) queue_may_move_ = true;
  if (waiting_->waits_for(now.user)) sort_owner(now);
}

void inbox_state::sort_owner(const agent_standing& now) {
  auto& owners = owners_.use();
  if ((now.capacity && now.open >= *now.capacity) || (is_offline(now) && !owners.away_too)) {
    owners.free.erase(now.user);
    return;
  }
  owners.free.insert(now.user);
  queue_may_move_ = true;  // there may be room for another type than before
}

/// Puts everyone who waits under a rule for the contact's owner into the line where they belong by the configuration now.
void inbox_state::file_waiters() {
  if (auto* owners = owners_.used()) *owners = {{}, false, std::move(owners->waiting), {}, {}};
  for (const auto channel : channels_here()) {
    const auto* one = owner_channel(channel);
    if (!one) continue;
    auto& owners = owners_.use();
    owners.channels.push_back(channel);
    if (!one->assignment.only_available) owners.away_too = true;
    for (const auto which : waiting_->of_channel(channel))
      if (!owners.waiting.contains(which)) owners.unknown.push_back(which);
  }
  for (const auto& [which, contact] : owners_->waiting) file_waiter(which, contact);
  if (owners_->unknown.empty()) return;
  queue_may_move_ = true;
  self_->send(self_, tick{});  // maybe nobody else says anything
}

void inbox_state::file_waiter(conversation_id which, const contact_standing& contact) {
  const auto waiter = waiting_->find(which);
  if (!waiter) return;
  const auto owner = owner_channel(waiter->channel) ? waits_for(*config_, here(), contact) : std::nullopt;
  waiting_.use().move(which, owner);
  if (owner) watch_owner(*owner);
}

/// A contact has another owner, or a cookie, or is another's id now: those of theirs who wait may wait for somebody else.
void inbox_state::take_contact(const contact_changed& what) {
  if (auto* owners = owners_.used())
    for (auto& [which, contact] : owners->waiting) {
      if (contact.id != what.which) continue;
      contact = what.now;
      file_waiter(which, contact);
      queue_may_move_ = true;
    }
  // What is being decided about will wait by what is so now.
  if (auto* plan = plan_.used())
    for (auto& one : plan->intents)
      if (one.contact && one.contact->id == what.which) one.contact = what.now;
  pump();
}

}  // namespace signalbox
