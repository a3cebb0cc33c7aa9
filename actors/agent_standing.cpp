// What INBOXes are told of an agent: availability, and slots of the capacity given and taken back.
#include <caf/send.hpp>

#include "actors/agent_state.hpp"
#include "actors/pending_commit.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

const duty& agent_state::on_duty(time_point now) {
  if (!at_work || now < at_work->from || now >= at_work->to) {
    const auto* who = config->users.find(id);
    at_work = who ? duty_of(*who, presence_now, env.zones, now) : duty{};
  }
  return *at_work;
}

availability agent_state::now_available() {
  const auto now = believed(env.now());
  return availability_of(presence_now, on_duty(now), env.routing.presence_grace, now);
}

agent_standing agent_state::standing() {
  agent_standing now;
  now.user = id;
  now.epoch = epoch;
  const auto said = now_available();
  now.status = said.status;
  now.reason = said.reason;
  now.set_open(open);
  if (const auto* who = config->users.find(id)) now.limit_by(*who);
  now.idle_since = idle_since;
  return now;
}

void agent_state::say_standing(bool by_time) {
  ++epoch;
  for (const auto& inbox : board->say(standing(), by_time)) self->send(inbox, wake_up{});
}

void agent_state::answer_offer(const offer& m) {
  const auto* who = config->users.find(id);
  const bool may = who && who->active && (!m.only_available || now_available().status == presence::available);
  std::uint32_t taken = 0;
  if (may) taken = std::min(m.wanted, standing().room(m.type));
  if (taken > 0) {
    open.add(m.type, taken);
    reserved[m.inbox].add(m.type, taken);
    idle_since = env.now();
  }
  say_standing();
  if (const auto inbox = env.directory->inbox(account, m.inbox))
    self->send(*inbox, offer_answered{m.ticket, taken, m.type, standing()});
}

void agent_state::free_reserved(inbox_id inbox, std::uint32_t slots, channel_type type) {
  const auto found = reserved.find(inbox);
  if (found == reserved.end()) return;
  found->second.take_away(type, slots);
  if (found->second.all == 0) reserved.erase(found);
}

void agent_state::release(const slots_released& m) {
  if (m.reserved) free_reserved(m.inbox, m.slots, m.type);
  open.take_away(m.type, m.slots);
  say_standing();
}

void agent_state::take_slot(const slot_taken& m) {
  open.add(m.type);
  idle_since = env.now();
  say_standing();
}

void agent_state::drop_reservations(inbox_id inbox) {
  const auto found = reserved.find(inbox);
  if (found == reserved.end()) return;
  open -= found->second;
  reserved.erase(found);
  say_standing();
}

void agent_state::presence_changed(bool by_time) {
  const auto said = now_available();
  if (said == last_said) return;
  last_said = said;
  say_standing(by_time);
  write_presence({});
}

bool agent_state::is_noted() const {
  if (!noted) return last_said.status == presence::away;
  return noted->status == last_said.status && noted->reason == last_said.reason;
}

void agent_state::note_presence(change_set& into) {
  if (is_noted()) return;
  noted = kept_presence{env.now(), last_said.status, last_said.reason};
  put_presence(into, account, id, *noted);
  const auto day = keys::day_of(noted->at);
  if (std::exchange(pruned_day, day) != day) drop_old_presences(env.disk, into, account, id, noted->at);
}

void agent_state::write_presence(std::function<void()> then) {
  auto work = std::make_shared<pending_commit>(keys::group_of(account));
  std::string record;
  encode(record, presence_now);
  work->set.put(family::state, keys::availability(account, id), record);
  note_presence(work->set);
  event what;
  what.kind = event_kind::availability;
  what.account = account;
  what.at = env.now();
  what.user = id;
  what.availability_now = last_said;
  record.clear();
  encode(record, what);
  const auto number = work->set.add_event(record);
  work->set.feed(keys::feed(account, id), number);
  work->feeds.push_back({caf::actor_cast<agent_actor>(self), number});
  if (then) work->then.emplace_back(std::move(then));
  self->send(env.journal, commit{std::move(work)});
}

void agent_state::set_by_hand(set_availability& m) {
  const auto* by = m.by.user ? config->users.find(*m.by.user) : nullptr;
  if (!by || !config->users.find(id)) return m.then->give(refuse(refusal_code::not_found, "there is no such user"));
  if (by->id != id && !by->permissions.availability_management && !by->permissions.super_admin)  // A29
    return m.then->give(refuse(refusal_code::access_denied, "setting others' availability needs availability_management"));
  const auto now = believed(env.now());
  if (m.until && *m.until <= now) return m.then->give(invalid_field("/until", "lies in the past"));
  presence_now.was_available =
      presence_now.was_available || presence_now.set == presence::available || m.status == presence::available;
  presence_now.set = m.status;
  presence_now.set_at = now;
  presence_now.until = m.until;
  presence_now.no_ack = false;
  at_work.reset();
  const auto said = now_available();
  last_said = said;
  say_standing();
  write_presence([then = m.then, said] { then->give(said); });
  plan_tick();
}

}  // namespace signalbox
