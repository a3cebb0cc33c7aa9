// Conversations that are moved to other inboxes (A41), and messages that follow them.
//
// A move is one change set of the INBOX that had the conversation: the record, every index and the ticket change inboxes together,
// so there is never more than one owner. Until it is durable this INBOX does nothing else; from then on the store says whose the
// conversation is, and what comes here for it is passed on.
//
// Its channel stays where it was. That one's INBOX gets the messages and sends on what isn't its own, when all that it wrote before
// is durable; until what it sent on is durable too, it holds the channel's later messages back. So they keep their order, however
// often a conversation is moved, and no offset is kept before a message that it covers.
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "storage/keys.hpp"

namespace signalbox {

/// An entry of the history, whose position goes to the other INBOX.
std::uint32_t inbox_state::add_moved(open_page& page, event& what, pending_commit& into) const {
  what.seq = page.value().next_seq++;
  what.message = message_id{env.next_id()};
  std::string snapshot;
  encode(snapshot, page.stored);
  what.conversation_bytes = snapshot;
  room().event.clear();
  encode(room().event, what);
  const auto number = into.set.add_event(room().event);
  into.arrives->numbers.push_back(number);
  return number;
}

/// Taken from who may not act there. They are shown it as it was here: where it goes is not theirs to see.
void inbox_state::leave_assignee(open_page& page, inbox_id to, std::optional<user_id> by, pending_commit& into) {
  auto& value = page.value();
  count_on(page, std::nullopt);
  const auto who = value.assigned_user();
  if (who) into.set.erase(family::state, keys::assigned(account_, *who, value.id));
  event what = event_for(page, event_kind::assignment);
  what.inbox = to;
  what.by = by;
  what.from = std::exchange(value.assignee, signalbox::assignee{});
  what.reason = assignment_reason::moved;
  value.assigned_at.reset();
  value.accept_by.reset();
  value.automatic = false;
  ticket_follows(page);
  const auto number = add_moved(page, what, into);
  if (who) feed_to(*who, number, into);
}

void inbox_state::move(open_page& page, inbox_id to, const command_conversation& m) {
  const auto next = env.directory->inbox(account_, to);
  const auto* target = config_->inboxes.find(to);
  if (!next || !target) return m.then->give(invalid_field("/inbox", "there is no such inbox"));
  auto into = new_commit();
  auto& value = page.value();
  const auto by = m.by.user;
  into->arrives = pending_commit::arrival{*next, value.id, value.next_seq, {}};

  auto since = value.waiting_since;
  stop_waiting(page, into->set);
  book_.unlist(page, into->set);
  if (!keeps_assignee(*config_, *target, value.assignee)) {
    leave_assignee(page, to, by, *into);
    const auto* over = config_->channels.find(value.channel);
    if (over && over->assignment.enabled && over->assignment.queue) since = value.created_at;  // on with its age kept
  }

  value.inbox = to;
  ++value.version;
  const bool open = value.status == conversation_status::open;
  if (open && since && std::holds_alternative<std::monostate>(value.assignee)) {
    value.waiting_since = since;
    into->set.put(family::state, keys::waiting(account_, to, *since, value.id), {});
  }
  const auto who = value.assigned_user();
  if (who) {
    const auto key = keys::assigned(account_, *who, value.id);
    if (const auto record = env.disk.get(family::state, key)) {
      auto entry = decode_assigned_entry(*record);
      entry.inbox = to;
      room().record.clear();
      encode(room().record, entry);
      into->set.put(family::state, key, room().record);
    }
  }
  event what = event_for(page, event_kind::move);
  what.inbox = to;
  what.from_inbox = id_;
  what.by = by;
  const auto number = add_moved(page, what, *into);
  if (who)
    feed_to(*who, number, *into);
  else
    notice(number, to, *into);
  if (auto* ticket = ticket_of(page)) {
    into->set.erase(family::state, keys::ticket_entry(account_, ticket->inbox, ticket->id));
    ticket->inbox = to;
    ticket->updated_at = env.now();
    if (!page.ticket_owed) ++ticket->version;
    page.ticket_owed = true;
    write_ticket(page, by, into->set);
  }
  // Everything that trailed is written: the other INBOX begins with what this set adds.
  book_.settle_one(page, into->set, into->ticket);
  moving_ = move_under_way{value.id, into->ticket};
  into->then.emplace_back([then = m.then, value] { then->give(carried_out{value, {}}); });
  submit(std::move(into));
}

void inbox_state::arrived(const conversation_arrived& m) {
  say_changed();
  if (reloading_) return;  // what is loaded knows it
  auto* page = book_.find(m.which);
  if (!page) return;
  for (std::size_t i = 0; i < m.positions.size(); ++i)
    if (m.first_seq + i == page->stored.logged_seq + page->positions.size() + 1) page->positions.push_back(m.positions[i]);
  book_.mark_dirty(*page);
  const auto& value = page->value();
  // So that who may view this inbox may view the contact too; what is answered belongs to no plan.
  if (const auto contacts = env.directory->contacts(account_))
    self_->send(*contacts, ask_contacts{id_, ++contacts_ticket_, {}, {value.contact}});
  if (value.waiting_since) {
    if (waiting_.use().add({*value.waiting_since, value.id, value.channel, value.priority})) env.probe.waiting_changed(1);
    (void)welcome(value.channel);
    if (owner_channel(value.channel)) owners_.use().unknown.push_back(value.id);
    queue_may_move_ = true;
  }
  queue_handing_back_if_orphan(value);  // the one that had it may not have known yet
  pump();
}

/// A conversation that was moved here is assigned by its channel's rule, to who may act here. False: the rule's people are being
/// asked how they stand.
bool inbox_state::welcome(channel_id of) {
  if (candidates_->pools.contains(of) || guests_->contains(of)) return true;
  const auto* channel = config_->channels.find(of);
  if (!channel || channel->inbox == id_ || !channel->assignment.enabled) return true;
  guests_.use().insert(of);
  configure_pools();
  file_waiters();
  return !blocked();
}

void inbox_state::send_on(sent_on&& what) {
  const auto next = env.directory->inbox(account_, what.to);
  if (!next) return refuse_part(what.part);  // deleted a moment ago
  self_->send(*next, std::move(what.part));
}

void inbox_state::refuse_part(const route_part& part) {
  if (const auto channel = env.directory->channel(account_, part.channel))
    self_->send(*channel, part_refused{part.ticket, part.part});
  if (!part.held_by) return;
  if (const auto home = env.directory->inbox(account_, *part.held_by)) self_->send(*home, forward_ended{part.channel});
}

/// False: this INBOX knows by itself, or nobody will open the thread anew.
bool inbox_state::ask_opener(const conversation& of, command_conversation& wish) {
  const auto opener = opener_of(of);
  const auto next = opener ? env.directory->inbox(account_, *opener) : std::nullopt;
  if (!next) return false;
  self_->send(*next, ask_of_thread{id_, of.channel, of.thread, std::move(wish)});
  return true;
}

/// Answered behind what was decided before. From here on the thread's messages are sent on to who asked, who hears the answer first.
void inbox_state::answer_of_thread(ask_of_thread& m) {
  // The part that is on its way may come back and open the thread anew.
  auto& held = held_.use();
  if (const auto parts = held.find(m.channel); parts != held.end()) return (void)parts->second.emplace_back(std::move(m));
  const auto asked_by = env.directory->inbox(account_, m.asked_by);
  if (!asked_by) return;  // deleted a moment ago
  m.wish.thread_went_on = !book_.leads_to(m.channel, m.thread, m.wish.which);
  if (!*m.wish.thread_went_on) book_.expect(m.wish.which);
  auto barrier = new_commit();
  barrier->then.emplace_back([to = *asked_by, wish = std::move(m.wish)] { caf::anon_send(to, wish); });
  submit(std::move(barrier));
}

void inbox_state::end_forward(const forward_ended& m) {
  auto& all = held_.use();
  const auto found = all.find(m.channel);
  if (found == all.end()) return;
  auto held = std::move(found->second);
  all.erase(found);
  env.probe.queue_depth(queue_kind::inbox_stash, static_cast<std::int64_t>(held.size()));
  work_.splice(work_.begin(), held);
  pump();
}

}  // namespace signalbox
