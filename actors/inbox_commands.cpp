// What users and connectors do to a conversation.
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "actors/known_keys.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

}  // namespace

/// Of the commands at the front: a store is asked for many keys at once cheaper than for each.
void inbox_state::read_keys_ahead() {
  constexpr std::size_t commands_max = 32;
  const auto now = env.now();
  room().keys.clear();
  std::size_t commands = 0;
  for (const auto& one : work_) {
    const auto* asked = std::get_if<command_conversation>(&one);
    if (!asked || commands == commands_max) break;
    if (!asked->key || !asked->by.user) continue;
    for (auto& row : key_rows(account_, *asked->by.user, *asked->key, now)) room().keys.want(std::move(row));
    ++commands;
  }
  if (commands > 1) room().keys.read(env.disk, family::state);
}

void inbox_state::command(command_conversation& m) {
  auto* page = book_.find(m.which);
  if (!page) {
    m.thread_went_on.reset();  // was said to this inbox
    if (pass_on(m.which, m)) return;
  }
  const auto* who = m.by.user ? config_->users.find(*m.by.user) : nullptr;
  if (!page || !who) return m.then->give(refuse(refusal_code::not_found, "there is no such conversation"));
  const auto now = env.now();
  std::string memory;
  if (m.key) {
    // What was committed, or is on its way: the second one changes nothing and is answered like the first.
    auto known = look_up_key(
        account_, who->id, *m.key, now, env.disk, [this](const std::string& row) { return commands_under_way_->find(row); },
        &room().keys);
    memory = std::move(known.row);
    if (known.done_then) {
      if (was_deleted()) return m.then->give(refuse(refusal_code::not_found, "there is no such conversation"));
      if (!may_view(*config_, *who, id_))
        return m.then->give(refuse(refusal_code::access_denied, "you have no access to this conversation's inbox"));
      auto barrier = new_commit();
      std::optional<message_id> wrote;
      if (const auto first = number_in_key_record(*known.done_then, 'm')) wrote = message_id{*first};
      barrier->then.emplace_back([then = m.then, value = page->value(), wrote] { then->give(carried_out{value, wrote}); });
      return submit(std::move(barrier));
    }
  }
  if (auto no = refuse_command(*config_, *who, page->value(), m.what, now)) return m.then->give(std::move(*no));
  if (reopens(page->value(), m.what) && thread_went_on(page->value()))
    return m.then->give(refuse(refusal_code::conflict, "the thread of this conversation goes on in a newer one"));
  if (std::holds_alternative<restore_conversation>(m.what) && !m.thread_went_on && ask_opener(page->value(), m)) return;
  if (const auto* wanted = std::get_if<change_ticket>(&m.what))
    if (auto no = refuse_change(*page, *wanted)) return m.then->give(std::move(*no));
  if (std::holds_alternative<report_typing>(m.what)) {
    if (const auto other = page->value().assigned_user(); other && *other != who->id)
      if (auto* one = agent(*other)) self_->send(one->actor, typing_noticed{m.which, id_, who->id});
    return m.then->give(carried_out{page->value(), {}});
  }

  if (changes_nothing(page->value(), m.what)) {
    auto barrier = new_commit();  // behind what made it so
    remember(std::move(memory), key_record(now), *barrier);
    barrier->then.emplace_back([then = m.then, value = page->value()] { then->give(carried_out{value, {}}); });
    return submit(std::move(barrier));
  }

  if (const auto* wanted = std::get_if<move_conversation>(&m.what)) return move(*page, wanted->to, m);
  if (std::holds_alternative<decline_offer>(m.what)) {
    plan_.use().answers.emplace_back(page, m.then);
    if (!memory.empty()) plan_.use().remember.emplace_back(memory, key_record(now));
    env.probe.assignments_lapsed(lapse::declined, 1);
    return take_back(*page, assignment_reason::declined);
  }

  auto into = new_commit();
  auto& value = page->value();
  const std::optional by{who->id};
  // Whoever works on what they were offered has accepted it.
  if (value.accept_by && value.assigned_user() == by) accept(*page, *into);
  // And whoever answers has received it, acknowledged or not.
  const bool answers = std::holds_alternative<reply_to_contact>(m.what) || std::holds_alternative<add_comment>(m.what);
  if (answers && value.automatic && value.held_by() == by && !std::exchange(page->answered, true)) put_assigned(*page, into->set);
  std::optional<message_id> wrote;
  std::visit(overloaded{
                 [&](const reply_to_contact& reply) {
                   wrote = reply.message;
                   if (std::holds_alternative<std::monostate>(value.assignee) && !value.spam)
                     change_assignee(*page, who->id, assignment_reason::replied, by, *into);  // A35, but A49–A51
                   event what = event_for(*page, event_kind::message);
                   what.message = reply.message;
                   what.direction = message_direction::out;
                   what.status = message_status::accepted;
                   what.body = reply.body;
                   what.by = by;
                   what.at = reply.at.value_or(now);
                   const auto number = add_history(*page, what, *into);
                   value.last_message_at = std::max(value.last_message_at, what.at);
                   std::string status(1, static_cast<char>(message_status::accepted));
                   keys::append_be64(status, value.id.value);
                   keys::append_be64(status, value.channel.value);
                   into->set.put(family::state, keys::out_status(account_, reply.message), status);
                   into->set.put_position(family::outbox, keys::outbox(account_, value.channel, reply.message), number);
                   if (const auto channel = env.directory->channel(account_, value.channel))
                     into->replies.push_back({*channel, reply.message, number});
                   if (const auto to = value.assigned_user()) feed_to(*to, number, *into);
                 },
                 [&](const add_comment& comment) {
                   wrote = comment.message;
                   event what = event_for(*page, event_kind::comment);
                   what.message = comment.message;
                   what.body = comment.body;
                   what.by = by;
                   what.at = comment.at.value_or(now);
                   const auto number = add_history(*page, what, *into);
                   std::unordered_set<user_id> told;
                   if (const auto to = value.assigned_user()) told.insert(*to);
                   for (const auto one : comment.mentions)  // A42, invariant 7
                     if (const auto* known = config_->users.find(one); known && may_view(*config_, *known, id_)) told.insert(one);
                   for (const auto one : told) feed_to(one, number, *into);
                 },
                 [&](const assign& to) {
                   if (value.status == conversation_status::closed)
                     write_status(*page, conversation_status::open, by, *into);  // A23
                   change_assignee(*page, to.to, assignment_reason::by_hand, by, *into);
                 },
                 [&](const unassign&) { change_assignee(*page, {}, assignment_reason::unassigned, by, *into); },
                 [&](const set_status& to) {
                   if (to.status == conversation_status::closed) {
                     value.accept_by.reset();
                     stop_waiting(*page, into->set);
                     value.automatic = false;
                     if (const auto assigned = value.assigned_user())
                       into->set.erase(family::state, keys::assigned(account_, *assigned, value.id));
                     page->declined.clear();
                     page->let_go = 0;
                   } else if (value.assigned_user()) {
                     put_assigned(*page, into->set);
                   }
                   write_status(*page, to.status, by, *into);
                 },
                 [&](const remove_conversation&) {
                   stop_waiting(*page, into->set);
                   value.automatic = false;
                   if (const auto assigned = value.assigned_user())
                     into->set.erase(family::state, keys::assigned(account_, *assigned, value.id));
                   value.deleted_at = now;
                   write_record(*page, into->set);
                   tell_update(*page, by, *into);
                 },
                 [&](const restore_conversation&) {
                   value.deleted_at.reset();
                   const bool went_on = m.thread_went_on ? *m.thread_went_on : thread_went_on(value);
                   if (value.status == conversation_status::open && went_on) {
                     value.accept_by.reset();
                     return write_status(*page, conversation_status::closed, by, *into);
                   }
                   if (value.held_by()) put_assigned(*page, into->set);
                   write_record(*page, into->set);
                   tell_update(*page, by, *into);
                 },
                 [&](const set_priority& wanted) {
                   value.priority = wanted.to;
                   waiting_.use().set_priority(value.id, wanted.to);
                   write_record(*page, into->set);
                   tell_update(*page, by, *into);
                 },
                 [&](const mark_spam& wanted) { mark(*page, wanted.on, by, *into); },
                 [&](const accept_offer&) { tell_update(*page, by, *into); },
                 [&](const decline_offer&) {},
                 [&](const report_typing&) {},
                 [&](const open_ticket& wanted) {
                   const auto* over = config_->channels.find(value.channel);
                   const auto by_rule = over ? over->tickets.owner : ticket_owner_choice{};
                   give_ticket(*page, wanted.fields, wanted.fields.owner.value_or(by_rule));
                   write_record(*page, into->set);
                   tell_update(*page, by, *into);
                 },
                 [&](const change_ticket& wanted) { change(*page, wanted.fields); },
                 [&](const move_conversation&) {},
             },
             m.what);
  count_on_holder(*page);
  write_ticket(*page, by, into->set);
  remember(std::move(memory), wrote ? key_record(now, 'm', wrote->value) : key_record(now), *into);
  // Answered when it is durable, with the conversation as it was then.
  into->then.emplace_back([then = m.then, value, wrote] { then->give(carried_out{value, wrote}); });
  queue_handing_back_if_orphan(value);  // closed or deleted when its assignee went, and open again
  submit(std::move(into));
}

/// That the command of this row was carried out. Without a row it had no key.
void inbox_state::remember(std::string&& row, std::string&& record, pending_commit& into) {
  if (row.empty()) return;
  into.set.put(family::state, row, record);
  commands_under_way_.use().put(std::move(row), std::move(record), into.ticket);
}

/// Only its channel's INBOX knows of what that is about to open; another one sees what is durable.
bool inbox_state::thread_went_on(const conversation& of) const {
  return opener_of(of) ? !book_.row_leads_to(of.channel, of.thread, of.id) : !book_.leads_to(of);
}

void inbox_state::mark(open_page& page, bool as_spam, std::optional<user_id> by, pending_commit& into) {
  auto& value = page.value();
  if (as_spam) {
    stop_waiting(page, into.set);
    if (!std::holds_alternative<std::monostate>(value.assignee))
      change_assignee(page, {}, assignment_reason::unassigned, by, into);
    value.spam = true;
  } else {
    value.spam = false;
    if (!value.ticket) give_ticket_by_rule(page);
    if (value.status == conversation_status::open && candidates_->pools.contains(value.channel)) {
      start_waiting(page, env.now(), std::nullopt, into.set);  // the queue's next turn finds somebody, or it stays there
      if (owner_channel(value.channel)) owners_.use().unknown.push_back(value.id);
      queue_may_move_ = true;
    }
  }
  write_record(page, into.set);
  tell_update(page, by, into);
}

void inbox_state::accept(open_page& page, pending_commit& into) {
  auto& value = page.value();
  value.accept_by.reset();
  put_assigned(page, into.set);
  write_record(page, into.set);
}

/// Among its assignee's open ones. @pre it has one
void inbox_state::put_assigned(open_page& page, change_set& into, bool ack_wanted) {
  const auto& value = page.value();
  room().record.clear();
  encode(room().record, assigned_entry{id_, value.automatic, 0, ack_wanted, value.type});
  into.put(family::state, keys::assigned(account_, *value.assigned_user(), value.id), room().record);
}

void inbox_state::tell_update(open_page& page, std::optional<user_id> by, pending_commit& into) {
  event what = event_for(page, event_kind::update);
  what.by = by;
  std::string snapshot;
  encode(snapshot, page.stored);
  what.conversation_bytes = snapshot;
  room().event.clear();
  encode(room().event, what);
  const auto number = into.set.add_event(room().event);
  into.set.put_position(family::state, keys::told_beside(account_, page.value().id, env.next_id()), number);
  if (const auto who = page.value().assigned_user()) feed_to(*who, number, into);
}

void inbox_state::change_assignee(open_page& page, const signalbox::assignee& to, assignment_reason reason,
                                  std::optional<user_id> by, pending_commit& into) {
  auto& value = page.value();
  stop_waiting(page, into.set);
  const auto before = value.assigned_user();
  event what = event_for(page, event_kind::assignment);
  what.from = value.assignee;
  what.to = to;
  what.by = by;
  what.reason = reason;
  if (before) into.set.erase(family::state, keys::assigned(account_, *before, value.id));
  value.assignee = to;
  value.automatic = false;
  ticket_follows(page);
  value.accept_by.reset();
  value.assigned_at.reset();
  if (!std::holds_alternative<std::monostate>(to)) value.assigned_at = env.now();
  const auto now_assigned = value.assigned_user();
  if (now_assigned) {
    put_assigned(page, into.set);
  }
  page.declined.clear();
  page.let_go = 0;
  if (now_assigned) what.newest_message_bytes = newest_message_of(page);
  what.conversation_bytes = write_record(page, into.set);
  const auto number = add_history(page, what, into);
  flight_->assignments.emplace_back(&page, number);
  if (now_assigned) feed_to(*now_assigned, number, into);
  if (before && before != now_assigned) feed_to(*before, number, into);
  if (now_assigned) env.probe.conversations_assigned(to_text(reason), 1);
}

void inbox_state::status(const status_reported& m) {
  auto* page = book_.find(m.which);
  if (!page) return (void)pass_on(m.which, m);
  const auto key = keys::out_status(account_, m.what.message);
  auto record = env.disk.get(family::state, key);
  if (const auto* newer = statuses_under_way_->find(m.what.message)) {
    if (!record) return;
    (*record)[0] = static_cast<char>(*newer);
  }
  if (!record || record->empty()) return;
  const auto before = static_cast<message_status>(static_cast<unsigned char>((*record)[0]));
  auto into = new_commit();
  into->set.erase(family::outbox, keys::outbox(account_, page->value().channel, m.what.message));
  if (advances(before, m.what.status)) {
    (*record)[0] = static_cast<char>(m.what.status);
    record->resize(17);
    *record += m.what.error;
    into->set.put(family::state, key, *record);
    statuses_under_way_.use().put(m.what.message, m.what.status, into->ticket);
    env.probe.deliveries_out(to_text(m.what.status), 1);
    event what = event_for(*page, event_kind::message_status);
    what.message = m.what.message;
    what.direction = message_direction::out;
    what.status = m.what.status;
    what.error = m.what.error;
    room().event.clear();
    encode(room().event, what);
    const auto number = into->set.add_event(room().event);
    if (!what.error.empty())  // it may name the contact's address
      into->set.put_position(family::state, keys::told_beside(account_, page->value().id, env.next_id()), number);
    if (const auto who = page->value().assigned_user()) feed_to(*who, number, *into);
  }
  submit(std::move(into));
}

}  // namespace signalbox
