// Who gets a conversation: candidates from the pool, slots from the agents, the rest waits.
#include <algorithm>
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "rules/owner_assignment.hpp"
#include "storage/keys.hpp"

namespace signalbox {

void inbox_state::want_assignment(open_page& page, assignment_reason reason, std::optional<user_id> preferred,
                                  std::optional<contact_standing> contact) {
  if (page.value().spam) return;  // A51: kept apart, nobody's
  const auto pool = candidates_->pools.find(page.value().channel);
  if (pool == candidates_->pools.end()) return;  // S49: no rule, nobody is chosen
  intent one;
  one.page = &page;
  one.reason = reason;
  one.preferred = preferred;
  one.contact = contact;
  one.skip = page.declined;
  auto& plan = plan_.use();
  plan.intents.push_back(std::move(one));
  page.intent = plan.intents.size();
  const auto index = plan.intents.size() - 1;
  const bool same_agent = preferred && pool->second.eligible(*preferred);
  if (owner_channel(page.value().channel) && !contact && !same_agent) return plan.unknown.push_back(index);
  choose(index);
}

void inbox_state::choose(std::size_t index) {
  auto& one = plan_.use().intents[index];
  one.chosen.reset();
  auto& pools = candidates_.use().pools;
  const auto pool = pools.find(one.page->value().channel);
  one.why = {};
  one.why.attempt = one.page->let_go + ++one.attempts;
  if (pool == pools.end()) return;  // the rule was switched off while somebody was asked
  if (one.preferred && pool->second.eligible(*one.preferred)) {
    choose_same_agent(one, pool->second);
  } else {
    one.preferred.reset();
    if (!choose_owner(one)) choose_from(pool->second, one);
  }
  if (!one.chosen) return;
  const auto* channel = config_->channels.find(one.page->value().channel);
  plan_.use().to_ask[{*one.chosen, one.page->value().type, !channel || channel->assignment.only_available}].push_back(index);
}

void inbox_state::choose_same_agent(intent& one, candidate_pool& pool) {
  const auto now = env.now();
  pool.take(*one.preferred, now);
  one.chosen = std::exchange(one.preferred, std::nullopt);
  one.why.at = now;
  one.why.config_revision = config_->revision;
  one.why.channel = one.page->value().channel;
  one.why.candidates = static_cast<std::uint32_t>(pool.members().size());
  one.why.seen = {{*one.chosen, 0, std::nullopt}};
  one.why.result = decision_result::assigned;
  one.why.chosen = one.chosen;
}

/// S52–S56: true when the owner is asked or waited for, and nobody else comes into question.
bool inbox_state::choose_owner(intent& one) {
  if (!one.contact) return false;
  std::optional<exclusion> passed_on;
  for (const auto& who : one.skip)
    if (who.user == one.contact->owner && who.excluded && let_go(*who.excluded)) passed_on = who.excluded;
  const auto pool = candidates_->pools.find(one.page->value().channel);
  const bool closed = pool != candidates_->pools.end() && pool->second.closed();
  const auto verdict =
      consider_owner(*config_, here(), *one.contact, passed_on, one.owner_refused, one.page->value().type, closed);
  auto& why = one.why;
  why.owner_step = verdict.step;
  why.owner = verdict.owner;
  if (verdict.next == owner_verdict::next_step::ask_fallback) return false;
  why.at = env.now();
  why.config_revision = config_->revision;
  why.channel = one.page->value().channel;
  why.candidates = 1;
  const auto open = one.owner_refused ? one.owner_refused->open : 0;
  why.seen = {{*verdict.owner, open, verdict.excluded}};
  why.excluded.clear();
  if (verdict.next == owner_verdict::next_step::ask_owner) {
    one.chosen = why.chosen = verdict.owner;
    why.result = decision_result::assigned;
  } else {
    one.tell_owner = verdict.step == owner_step::offline;
    why.excluded.emplace(*verdict.excluded, 1);
    why.result = decision_result::waiting;
  }
  return true;
}

void inbox_state::choose_from(candidate_pool& pool, intent& one) {
  one.chosen = pool.choose(env.now(), env.chance(), one.skip, one.why);
  auto& declined = one.page->declined;
  if (one.chosen || declined.empty()) return;
  // Everybody who could have it let it lapse: another round begins, and not with the last of them while others exist.
  const auto choose_but = [&](std::optional<user_id> last) {
    std::erase_if(one.skip, [&](const considered& who) { return who.excluded && let_go(*who.excluded) && who.user != last; });
    if (!choose_owner(one)) one.chosen = pool.choose(env.now(), env.chance(), one.skip, one.why);
    return one.chosen.has_value();
  };
  if (declined.size() > 1 && choose_but(declined.back().user)) return (void)declined.erase(declined.begin(), declined.end() - 1);
  (void)choose_but(std::nullopt);
}

void inbox_state::send_offers() {
  while (!plan_->to_ask.empty()) {
    auto asking = std::exchange(plan_.use().to_ask, {});
    for (auto& [whom, which] : asking) {
      const auto [who, type, only_available] = whom;
      if (auto* one = agent(who)) {
        self_->send(one->actor, offer{id_, ++offer_ticket_, static_cast<std::uint32_t>(which.size()), type, only_available});
        plan_.use().asked.emplace(std::pair{offer_ticket_, who}, std::move(which));
        continue;
      }
      agent_standing gone;
      gone.user = who;
      gone.status = presence::available;
      for (const auto index : which) refused(index, gone, exclusion::not_found);  // deleted a moment ago
    }
  }
}

/// On to the next one.
void inbox_state::refused(std::size_t index, const agent_standing& by, exclusion why) {
  auto& one = plan_.use().intents[index];
  if (one.why.owner_step == owner_step::chosen) {
    one.owner_refused = by;
  } else {
    auto& pools = candidates_.use().pools;
    const auto pool = pools.find(one.page->value().channel);
    if (why == exclusion::not_found && pool != pools.end()) pool->second.release(by.user);
    one.skip.push_back({by.user, by.open, why});
  }
  choose(index);
}

void inbox_state::offer_came_back(const offer_answered& what) {
  keep_standing(what.now);
  auto& plan = plan_.use();
  const auto found = plan.asked.find({what.ticket, what.now.user});
  if (found == plan.asked.end()) {
    // The plan that asked was dropped by a restart: give the slots back.
    if (what.taken > 0)
      if (auto* one = agent(what.now.user)) self_->send(one->actor, slots_released{id_, what.taken, what.type, true});
    return;
  }
  const auto which = std::move(found->second);
  plan.asked.erase(found);
  for (std::size_t i = 0; i < which.size(); ++i) {
    auto& one = plan.intents[which[i]];
    if (i < what.taken) {
      one.tell_owner = one.why.owner_step == owner_step::chosen && is_offline(what.now);  // S55 with S57 off
      continue;
    }
    env.probe.assignments_lapsed(lapse::refused_offer, 1);
    refused(which[i], what.now, exclusion::refused_offer);
  }
  send_offers();
  write_when_answered();
}

void inbox_state::plan_lapse(const assignment_lapsed& what) {
  auto* page = book_.find(what.which);
  if (!page) return (void)pass_on(what.which, what);
  if (page->value().assigned_user() != what.who || page->value().status != conversation_status::open || !page->value().automatic)
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
  const auto who = *page->value().assigned_user();
  std::erase_if(page->declined, [&](const considered& before) { return before.user == who; });
  page->declined.push_back({who, 0, why == assignment_reason::declined ? exclusion::declined : exclusion::lapsed});
  ++page->let_go;
  page->value().accept_by.reset();
  count_on(*page, std::nullopt);
  page->value().automatic = false;
  step one;
  one.page = page;
  one.lapsed = true;
  plan_.use().steps.push_back(std::move(one));
  want_assignment(*page, why, std::nullopt);
}

/// Tells the AGENTs on whose capacity it counts from here on. Who was chosen by an offer knows it.
void inbox_state::count_on(open_page& page, std::optional<user_id> who) {
  const auto before = std::exchange(page.counted_on, who);
  if (before == who) return;
  const auto type = page.value().type;
  if (before)
    if (auto* one = agent(*before)) self_->send(one->actor, slots_released{id_, 1, type, false});
  if (who)
    if (auto* one = agent(*who)) self_->send(one->actor, slot_taken{type});
}

}  // namespace signalbox
