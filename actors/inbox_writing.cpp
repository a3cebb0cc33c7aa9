// Change sets: what was decided becomes events, records and indexes, and goes to JOURNAL.
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"
#include "storage/keys.hpp"

namespace signalbox {

namespace {
constexpr std::size_t changes_a_message = 3, bytes_a_change = 170;  ///< of a usual one, with what opening a conversation changes
constexpr std::size_t change_set_bytes_full = change_set_bytes_max / 2;

bool taken_back(assignment_reason why) {
  return why == assignment_reason::no_ack || why == assignment_reason::declined || why == assignment_reason::not_accepted ||
         why == assignment_reason::deleted || why == assignment_reason::access_lost;
}
}  // namespace

std::shared_ptr<pending_commit> inbox_state::new_commit() {
  auto fresh = std::make_shared<pending_commit>(keys::group_of(account_));
  fresh->inbox = caf::actor_cast<inbox_actor>(self_);
  fresh->ticket = ++last_ticket_;
  flight_ = &flights_.use()[fresh->ticket];
  return fresh;
}

void inbox_state::submit(std::shared_ptr<pending_commit> what) {
  flight_ = nullptr;
  self_->send(env.journal, commit{std::move(what)});
}

event inbox_state::event_for(open_page& page, event_kind kind) const {
  event what;
  what.kind = kind;
  what.account = account_;
  what.inbox = id_;
  what.channel = page.stored.value.channel;
  what.conversation = page.stored.value.id;
  what.at = env.now();
  return what;
}

std::uint32_t inbox_state::add_history(open_page& page, event& what, pending_commit& into) {
  what.seq = page.value().next_seq++;
  if (what.message.value == 0) what.message = message_id{env.next_id()};
  room().event.clear();
  encode(room().event, what);
  const auto number = into.set.add_event(room().event);
  ++page.in_flight;
  page.last_ticket = into.ticket;
  flight_->entries.push_back({&page, number, what.kind == event_kind::message});
  return number;
}

void inbox_state::feed_to(user_id who, std::uint32_t number, pending_commit& into) {
  auto* one = agent(who);
  if (!one) return;
  into.set.feed(one->feed, number);
  into.feeds.push_back({one->actor, number});
}

/// For everybody who may view that inbox: one entry in the account's notices, and live to those whose sockets are up.
void inbox_state::notice(std::uint32_t number, inbox_id in, pending_commit& into) {
  into.set.feed(keys::notices(account_, inbox_id{0}), number);
  into.feeds.push_back({std::nullopt, number, in});
  into.config = config_;
}

std::string_view inbox_state::write_record(open_page& page, change_set& into) {
  page.last_ticket = last_ticket_;
  ++page.value().version;
  room().record.clear();
  encode(room().record, page.stored);
  into.put(family::state, keys::conversation(account_, page.value().id), room().record);
  book_.mark_dirty(page);  // its place in the activity list says status and assignee too
  return room().record;
}

std::string_view inbox_state::newest_message_of(open_page& page) {
  if (!page.newest_message.empty()) return page.newest_message;
  return room().newest = read_newest_message(page);
}

std::string inbox_state::read_newest_message(const open_page& page) const {
  const auto group = keys::group_of(account_);
  const auto is_message = [](const std::string& record) { return decode_event(record).kind == event_kind::message; };
  if (page.newest_message_position > 0)
    if (auto record = env.disk.event_at(group, page.newest_message_position); record && is_message(*record)) return *record;
  for (auto at = page.positions.rbegin(); at != page.positions.rend(); ++at)
    if (auto record = env.disk.event_at(group, *at); record && is_message(*record)) return *record;
  std::string found;
  const auto prefix = keys::conversation_log_prefix(account_, page.stored.value.id);
  env.disk.scan_back(family::conversation_log, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    const auto positions = keys::read_positions(value);
    for (auto at = positions.rbegin(); at != positions.rend() && found.empty(); ++at)
      if (auto record = env.disk.event_at(group, *at); record && is_message(*record)) found = std::move(*record);
    return found.empty();
  });
  return found;
}

void inbox_state::write_plan() {
  // Everything is written before anything is submitted: what throws half-way leaves nothing of it behind.
  auto& plan = plan_.use();
  std::vector<std::shared_ptr<pending_commit>> ready;
  for (auto& one : plan.intents) one.page->intent = 0;
  std::unordered_map<const open_page*, intent*> intents;
  intents.reserve(plan.intents.size());
  for (auto& one : plan.intents) intents[one.page] = &one;

  const auto commit_for = [&](std::size_t steps) {
    auto made = new_commit();
    steps = std::min(steps, change_set_bytes_full / (changes_a_message * bytes_a_change));
    made->set.reserve(changes_a_message * steps, bytes_a_change);
    made->feeds.reserve(steps);
    flight_->entries.reserve(steps);
    return made;
  };
  auto into = commit_for(plan.steps.size());
  std::size_t part = 0;
  const auto end_parts = [&](std::size_t steps_done) {
    for (; part < plan.parts.size() && plan.parts[part].steps_end <= steps_done; ++part) {
      auto& done = plan.parts[part];
      if (done.rest) {
        flight_->rests.push_back(std::move(*done.rest));
        continue;
      }
      const auto& frame = *done.frame;
      if (frame.has_offset && frame.connector)
        into->set.put(family::state, keys::offset(account_, done.of, *frame.connector), frame.offset);
      into->parts.emplace_back(done.channel, done.ticket);
      if (!done.held_by) continue;
      if (const auto holder = env.directory->inbox(account_, *done.held_by)) into->forwards.emplace_back(*holder, done.of);
    }
  };
  std::uint64_t opened = 0;
  end_parts(0);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    auto& one = plan.steps[i];
    // One part's offset must not be durable before its messages: sets are split between steps, and offsets go with the last.
    if (into->set.bytes() > change_set_bytes_full) {
      ready.push_back(std::move(into));
      into = commit_for(plan.steps.size() - i);
    }
    const auto found = intents.find(one.page);
    intent* wanted = found == intents.end() || found->second->written ? nullptr : found->second;
    if (one.opened) ++opened;
    if (one.frame) write_message(one, wanted != nullptr, *into);
    if (one.reopened && !wanted) {
      // Nobody is chosen: it stays with whom it was, if they can still act.
      const auto who = one.page->value().assigned_user();
      const auto* known = who ? config_->users.find(*who) : nullptr;
      const bool may_not_act = known && access_of(*known, here().access) != access::act;
      if (may_not_act || is_orphan(*config_, one.page->value())) {
        change_assignee(*one.page, {}, assignment_reason::reopened, std::nullopt, *into);
        write_record(*one.page, into->set);
      } else if (who) {
        put_assigned(*one.page, into->set);
      }
      count_on_holder(*one.page);
    }
    if (wanted) write_intent(*wanted, *into);
    write_ticket(*one.page, std::nullopt, into->set);
    end_parts(i + 1);
  }
  end_parts(plan.steps.size());
  if (opened > 0) env.probe.conversations_opened(opened);
  for (auto& [memory, when] : plan.remember) {
    into->set.put(family::state, memory, when);
    commands_under_way_.use().put(std::move(memory), std::move(when), into->ticket);
  }
  for (auto& then : plan.then) into->then.emplace_back(std::move(then));
  for (auto& [page, then] : plan.answers)
    into->then.emplace_back([then = std::move(then), value = page->value()] { then->give(carried_out{value, {}}); });
  ready.push_back(std::move(into));
  plan_.clear();
  for (auto& one : ready) submit(std::move(one));
}

void inbox_state::write_message(step& one, bool assignment_follows, pending_commit& into) {
  auto& page = *one.page;
  auto& value = page.value();
  const auto& frame = *one.frame;
  const auto& message = frame.messages[one.index];
  if (one.opened) {
    give_ticket_by_rule(page);
    std::string id;
    keys::append_be64(id, value.id.value);
    into.set.put(family::state, keys::thread(account_, value.channel, value.thread), id);
  }
  if (one.reopened) write_status(page, conversation_status::open, std::nullopt, into);
  event what = event_for(page, event_kind::message);
  what.at = frame.received_at;
  what.sent_at = message.sent_at;
  what.message = one.message;
  what.direction = message_direction::in;
  what.status = message_status::received;
  what.body = message.body;
  what.external_id = message.external_id;
  const auto number = add_history(page, what, into);
  value.last_message_at = std::max(value.last_message_at, frame.received_at);
  ++into.messages;
  if (into.oldest_received_ns == 0 || frame.received_ns < into.oldest_received_ns) into.oldest_received_ns = frame.received_ns;
  const auto who = value.assigned_user();
  // Kept where an assignment may need it before it can be read back.
  if (!who || assignment_follows)
    page.newest_message = room().event;
  else
    page.newest_message.clear();
  // `assignment.created` shows the message that comes with it; all later ones are told one by one.
  if (who && !assignment_follows) feed_to(*who, number, into);
  if (one.opened && !assignment_follows) write_record(page, into.set);
}

void inbox_state::write_intent(intent& one, pending_commit& into) {
  one.written = true;
  auto& page = *one.page;
  auto& value = page.value();
  const auto* channel = config_->channels.find(value.channel);
  if (one.tell_owner && !one.was_waiting) write_notice(page, *one.why.owner, into.set);
  if (one.chosen) {
    if (one.was_waiting) estimates_.use()[value.channel].taken(env.now());
    stop_waiting(page, into.set);
    const auto before = value.assignee;
    value.assignee = *one.chosen;
    value.automatic = true;
    value.assigned_at = env.now();
    ticket_follows(page);
    value.accept_by.reset();
    if (channel && channel->assignment.accept_within) value.accept_by = env.now() + *channel->assignment.accept_within;
    const bool ack_wanted = (!channel || channel->assignment.only_available) && env.routing.assignment_ack_timeout.count() > 0;
    if (const auto* old = std::get_if<user_id>(&before); old && *old != *one.chosen)
      into.set.erase(family::state, keys::assigned(account_, *old, value.id));
    put_assigned(page, into.set, ack_wanted);
    if (page.counted_on != *one.chosen) count_on(page, std::nullopt);
    page.counted_on = *one.chosen;  // by the offer
    page.answered = false;

    event what = event_for(page, event_kind::assignment);
    what.from = before;
    what.to = *one.chosen;
    what.reason = one.reason;
    what.newest_message_bytes = newest_message_of(page);
    what.conversation_bytes = write_record(page, into.set);
    room().decision.clear();
    encode(room().decision, one.why);
    what.decision_bytes = room().decision;
    const auto number = add_history(page, what, into);
    flight_->assignments.emplace_back(&page, number);
    feed_to(*one.chosen, number, into);
    if (const auto* old = std::get_if<user_id>(&before); old && *old != *one.chosen) feed_to(*old, number, into);
    env.probe.conversations_assigned(to_text(one.reason), 1);
    return;
  }
  // S58: nobody; it waits if the channel says so. A lapsed or reopened one is taken from whom it was.
  if (value.assigned_user() || !std::holds_alternative<std::monostate>(value.assignee)) {
    const auto who = value.assigned_user();
    const auto before = std::exchange(value.assignee, signalbox::assignee{});
    value.assigned_at.reset();
    ticket_follows(page);
    value.accept_by.reset();
    value.automatic = false;
    if (who) into.set.erase(family::state, keys::assigned(account_, *who, value.id));
    event what = event_for(page, event_kind::assignment);
    what.from = before;
    what.reason = one.reason;
    std::string snapshot;
    encode(snapshot, page.stored);
    what.conversation_bytes = snapshot;
    const auto number = add_history(page, what, into);
    if (who) feed_to(*who, number, into);
  }
  count_on_holder(page);
  const bool queue = !channel || (channel->assignment.enabled && channel->assignment.queue);
  if (queue)
    start_waiting(page, taken_back(one.reason) ? value.created_at : env.now(), one.contact, into.set);
  else
    stop_waiting(page, into.set);
  if (one.was_waiting && queue) return;  // it waited before, and goes on
  const auto record = write_record(page, into.set);
  if (one.was_waiting) return;
  event what = event_for(page, event_kind::waiting);
  what.conversation_bytes = record;
  one.why.result = queue ? decision_result::waiting : decision_result::unassigned;
  room().decision.clear();
  encode(room().decision, one.why);
  what.decision_bytes = room().decision;
  if (queue) what.place = place_of(value);
  room().event.clear();
  encode(room().event, what);
  const auto number = into.set.add_event(room().event);
  into.set.put_position(family::state, keys::waiting_decision(account_, value.id, env.next_id()), number);
  notice(number, id_, into);
}

/// S55: e-mailed to the contact's owner later, durable with the assignment or the waiting that it tells of.
void inbox_state::write_notice(open_page& page, user_id to, change_set& into) {
  const auto& value = page.value();
  const auto newest = newest_message_of(page);
  signalbox::notice what{to, value.id, value.channel, {}, notice_reason::owner_offline, env.now()};
  if (!newest.empty()) what.message = decode_event(newest).message;
  room().record.clear();
  encode(room().record, what);
  into.put(family::outbox, keys::notice(account_, value.id), room().record);
}

void inbox_state::write_status(open_page& page, conversation_status to, std::optional<user_id> by, pending_commit& into) {
  auto& value = page.value();
  value.status = to;
  if (to == conversation_status::closed)
    value.closed_at = env.now();
  else
    value.closed_at.reset();
  event what = event_for(page, event_kind::status);
  what.by = by;
  what.conversation_status_now = to;
  what.conversation_bytes = write_record(page, into.set);
  const auto number = add_history(page, what, into);
  if (const auto who = value.assigned_user()) feed_to(*who, number, into);
}

}  // namespace signalbox
