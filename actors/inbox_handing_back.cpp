// Conversations whose assignee was deleted, or works this inbox no longer: as if the rule had taken them back. Which ones are on the disk
// alone is found from outside (actors/orphans.hpp); what is on its way there is found here.
#include <algorithm>

#include "actors/inbox_state.hpp"

namespace signalbox {

namespace {
constexpr std::size_t handed_back_at_once = 200;
}  // namespace

/// Snapshots come one by one, and no change both makes and deletes users.
void inbox_state::look_for_orphans(const account_config& before) {
  const bool deleted = config_->users.size() < before.users.size() || config_->teams.size() < before.teams.size();
  if (!deleted && who_lost_access(before, *config_, id_).empty()) return;
  std::vector<conversation_id> found;
  book_.for_each([&](const conversation& one) {
    if (is_orphan(*config_, one)) found.push_back(one.id);
  });
  // Whom agents are being asked for may be given to one of them in a moment.
  for (const auto& one : plan_->intents)
    if (one.chosen && leaves_theirs(*config_, *one.chosen, id_)) found.push_back(one.page->value().id);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  queue_handing_back(found);
}

void inbox_state::queue_handing_back(const std::vector<conversation_id>& all) {
  for (auto from = all.begin(); from != all.end();) {
    const auto to = from + std::min<std::ptrdiff_t>(handed_back_at_once, all.end() - from);
    env.probe.queue_depth(queue_kind::inbox_stash, 1);
    work_.emplace_back(hand_back{{from, to}, nullptr});
    from = to;
  }
}

void inbox_state::queue_handing_back_if_orphan(const conversation& of) {
  if (is_orphan(*config_, of)) queue_handing_back({of.id});
}

bool inbox_state::welcomes_all(const std::vector<conversation_id>& all) {
  bool all_known = true;
  for (const auto which : all)
    if (auto* page = book_.find(which); page && is_orphan(*config_, page->value()))
      all_known = welcome(page->value().channel) && all_known;
  return all_known;
}

/// What was moved meanwhile is looked at where it arrives; what a deleted inbox had goes with it.
void inbox_state::take_back_orphans(const hand_back& what) {
  std::shared_ptr<pending_commit> into;
  for (const auto which : what.which) {
    auto* page = was_deleted() ? nullptr : book_.find(which);
    if (!page || !is_orphan(*config_, page->value())) continue;
    auto& value = page->value();
    const auto* who = value.assigned_user() ? config_->users.find(*value.assigned_user()) : nullptr;
    const auto why = who ? assignment_reason::access_lost : assignment_reason::deleted;
    if (value.spam || !candidates_->pools.contains(value.channel)) {
      if (!into) into = new_commit();
      change_assignee(*page, {}, why, std::nullopt, *into);
      count_on_holder(*page);
      write_ticket(*page, std::nullopt, into->set);
      continue;
    }
    plan_.use().handed_back.push_back(which);
    page->declined.clear();
    page->let_go = 0;
    value.accept_by.reset();
    value.automatic = false;
    count_on(*page, std::nullopt);
    step one;
    one.page = page;
    one.lapsed = true;
    plan_.use().steps.push_back(std::move(one));
    want_assignment(*page, why, std::nullopt);
  }
  // A plan is sent to JOURNAL behind `into`, and everything that this INBOX has under way before both.
  if (what.then) {
    // Not a temporary: g++ 12 takes the refusal that it isn't for uninitialised.
    static const outcome<done> seen_to{done{}};
    const auto say = [then = what.then] { then->give(seen_to); };
    if (!plan_->steps.empty())
      plan_.use().then.emplace_back(say);
    else if (into)
      into->then.emplace_back(say);
    else
      say();
  }
  if (into) submit(std::move(into));
}

/// What a restart forgets. Nobody else would come back to it: whoever looks from outside is answered that it is being seen to.
std::vector<conversation_id> inbox_state::orphans_to_hand_back() const {
  auto all = plan_->handed_back;
  for (const auto& one : work_)
    if (const auto* orphans = std::get_if<hand_back>(&one)) all.insert(all.end(), orphans->which.begin(), orphans->which.end());
  return all;
}

}  // namespace signalbox
