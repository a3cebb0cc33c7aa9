// Assignments that a person must answer in time: by acknowledging the event, or by accepting.
#include <caf/send.hpp>

#include "actors/agent_state.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

bool agent_state::wants_ack(const event& what) const {
  return what.kind == event_kind::assignment && !what.by && what.to == assignee{id};
}

void agent_state::want_ack(const event& what, std::uint64_t received_ns) {
  if (what.position <= acked) return;  // a session read it, and was quicker
  const auto deadline = env.now() + env.routing.assignment_ack_timeout;
  unacked.insert_or_assign(what.position, unacknowledged{what.conversation, what.inbox, deadline, received_ns});
}

void agent_state::acknowledge(std::uint64_t cursor) {
  if (cursor > newest_durable() || cursor <= acked) return;
  acked = cursor;
  acked_dirty = true;
  const auto now_ns = env.now_ns();
  while (!unacked.empty() && unacked.begin()->first <= cursor) {
    const auto received_ns = unacked.begin()->second.received_ns;
    if (received_ns > 0 && now_ns > received_ns)
      env.probe.hop_took(hop::acknowledged, static_cast<double>(now_ns - received_ns) * 1e-9);
    unacked.erase(unacked.begin());
  }
  plan_tick();
}

void agent_state::lapse_offers(time_point now) {
  std::erase_if(offers, [&](const auto& one) {
    if (now < one.second.deadline) return false;
    // Whether it was accepted meanwhile INBOX knows.
    if (const auto inbox = env.directory->inbox(account, one.second.inbox))
      self->send(*inbox, assignment_lapsed{one.first, id, 0, true});
    return true;
  });
}

void agent_state::lapse_due(time_point now) {
  if (env.routing.assignment_ack_timeout.count() == 0) return;
  std::vector<std::pair<std::uint64_t, unacknowledged>> lapsed;
  for (const auto& [position, one] : unacked)
    if (one.deadline <= now) lapsed.emplace_back(position, one);
  std::erase_if(lapsed, [&](const auto& one) {
    // Only rules that look at availability take an assignment back: the others mean these people whatever they do.
    // It may have been moved since it was assigned.
    const auto record = env.disk.get(family::state, keys::assigned(account, id, one.second.which));
    const auto entry = record ? decode_assigned_entry(*record) : assigned_entry{};
    const bool still = entry.ack_wanted && config->inboxes.find(entry.inbox);
    if (!still) unacked.erase(one.first);
    return !still;
  });
  if (lapsed.empty()) return;
  presence_now.no_ack = true;
  presence_changed();
  for (const auto& [position, one] : lapsed) {
    unacked.erase(position);
    if (const auto inbox = env.directory->inbox(account, one.inbox))
      self->send(*inbox, assignment_lapsed{one.which, id, position, false});
  }
}

}  // namespace signalbox
