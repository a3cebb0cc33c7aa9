#include "actors/contacts.hpp"

#include <caf/send.hpp>
#include <deque>

#include "actors/account.hpp"
#include "actors/directory.hpp"
#include "actors/hosting.hpp"
#include "actors/known_keys.hpp"
#include "actors/pending_commit.hpp"
#include "actors/rows_ahead.hpp"
#include "actors/rows_under_way.hpp"
#include "rules/told_changes.hpp"
#include "storage/contact_audit.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

sender sender_of(const inbound_message& of) {
  return {of.channel, of.from_id, of.from_name, of.from_email, of.from_phone, of.from_cookie};
}

struct contacts_state {
  static constexpr const char* name = "contacts";
  static constexpr actor_role role = actor_role::contacts;

  contacts_actor::pointer self;
  environment& env;
  account_id id;

  /// Nothing: the row is erased.
  rows_under_way<std::string, std::optional<std::string>> pending;

  struct under_way {
    std::uint64_t ticket = 0;
    std::vector<contact_changed> told;
    contact result;
    answer_pointer<contact> then;
  };
  std::deque<under_way> changes;
  std::deque<std::pair<std::uint64_t, audit_entry>> recent_audits;  ///< written with that ticket: maybe not in the store yet
  std::uint64_t last_ticket = 0;

  std::optional<ask_contacts> asking;  ///< being answered
  bool reloading = false;              ///< what is on its way to the disk isn't known: wait for it
  std::uint64_t reload_ticket = 0;
  std::deque<std::variant<ask_contacts, change_contact>> stash;  ///< while reloading; bounded by credit at the edge

  contacts_state(contacts_actor::pointer handle, environment& given, account_id of) : self(handle), env(given), id(of) {}

  static contacts_actor::behavior_type behavior() {
    static const contacts_actor::behavior_type shared{
        handler([](contacts_state& me, ask_contacts& m) { me.take(std::move(m)); }),
        handler([](contacts_state& me, change_contact& m) { me.take(std::move(m)); }),
        handler([](contacts_state& me, const set_committed& m) { me.committed(m.ticket); }),
    };
    return shared;
  }

  /// Every change set that was sent is whole, so the store has the truth when JOURNAL has written them all.
  void restart() {
    if (asking) refuse_question(*std::exchange(asking, std::nullopt));
    for (const auto& one : stash)
      if (const auto* question = std::get_if<ask_contacts>(&one)) refuse_question(*question);
    stash.clear();
    pending.clear();
    recent_audits.clear();
    reloading = true;
    auto barrier = std::make_shared<pending_commit>(keys::group_of(id));
    reload_ticket = barrier->ticket = ++last_ticket;
    barrier->contacts = caf::actor_cast<contacts_actor>(self);
    self->send(env.journal, commit{std::move(barrier)});
  }

  void refuse_question(const ask_contacts& what) const {
    if (const auto inbox = env.directory->inbox(id, what.inbox)) self->send(*inbox, contacts_refused{what.ticket});
  }

  template <class Work>
  void take(Work what) {
    if (reloading) {
      stash.emplace_back(std::move(what));
      return;
    }
    carry_out(std::move(what));
  }

  // ---- reading, with what is under way

  /// @param ahead rows that were read in this turn, if any: later ones may have changed
  std::optional<std::string> read(const std::string& key, rows_ahead* ahead = nullptr) const {
    if (const auto* newer = pending.find(key)) return *newer;
    if (const auto* row = ahead ? ahead->take(key) : nullptr) return *row;
    return env.disk.get(family::state, key);
  }

  contact_context context_for(const account_config& config, rows_ahead* ahead = nullptr) {
    contact_context context{config, env.now(), [this] { return env.next_id(); }, {}, {}};
    context.holder = [this, ahead](const contact_identity& what) -> std::optional<contact_id> {
      const auto record = read(keys::identity(id, what), ahead);
      return record ? std::optional{contact_id{keys::read_be64(*record)}} : std::nullopt;
    };
    context.find = [this](contact_id which) -> std::optional<contact> {
      const auto record = read(keys::contact(id, which));
      return record ? std::optional{decode_contact(*record)} : std::nullopt;
    };
    return context;
  }

  // ---- writing

  std::shared_ptr<pending_commit> new_commit() {
    auto fresh = std::make_shared<pending_commit>(keys::group_of(id));
    fresh->contacts = caf::actor_cast<contacts_actor>(self);
    fresh->ticket = ++last_ticket;
    return fresh;
  }

  void put(pending_commit& into, const std::string& key, std::string value) {
    into.set.put(family::state, key, value);
    pending.put(key, std::move(value), into.ticket);
  }
  void erase(pending_commit& into, const std::string& key) {
    into.set.erase(family::state, key);
    pending.put(key, std::nullopt, into.ticket);
  }

  /// `by`: who did it; nobody for what a message taught.
  void write(const contact_edit& edit, std::optional<user_id> by, time_point at, pending_commit& into) {
    for (const auto& one : edit.freed) erase(into, keys::identity(id, one));
    for (const auto& [what, whose] : edit.held) {
      std::string value;
      keys::append_be64(value, whose.value);
      put(into, keys::identity(id, what), std::move(value));
    }
    for (const auto& one : edit.erased) {
      erase(into, keys::contact(id, one.id));
      if (one.owner) erase(into, keys::owned_contact(id, *one.owner, one.id));
    }
    for (const auto& [owner_before, now, told] : edit.put) {
      if (owner_before && owner_before != now.owner) erase(into, keys::owned_contact(id, *owner_before, now.id));
      if (now.owner && owner_before != now.owner) put(into, keys::owned_contact(id, *now.owner, now.id), {});
      std::string record;
      encode(record, now);
      put(into, keys::contact(id, now.id), std::move(record));
    }
    write_told(into.set, id, told_changes(edit), by, at);
  }

  /// Ahead of their deletion, which a crash between may leave to be done: what the audit log says of them, on the disk and on its
  /// way there.
  void forget_persons(const std::vector<contact>& erased) {
    if (erased.empty()) return;
    std::vector<std::shared_ptr<pending_commit>> ready{new_commit()};
    const std::function<change_set&()> set = [&]() -> change_set& {
      if (ready.back()->set.bytes() > change_set_bytes_max / 2) ready.push_back(new_commit());
      return ready.back()->set;
    };
    for (const auto& one : erased) {
      forget_in_audit(env.disk, id, one.id, set);
      for (auto& [ticket, entry] : recent_audits) {
        if (entry.what != audited_id{one.id}) continue;
        forget_person(entry);
        auto& into = set();
        put_audit(into, id, entry);
        into.erase(family::state, keys::contact_audit(id, one.id, entry.order));
      }
    }
    for (auto& one : ready)
      if (!one->set.empty()) self->send(env.journal, commit{std::move(one)});
  }

  // ---- what is asked

  void carry_out(ask_contacts what) {
    asking = std::move(what);
    const auto& m = *asking;
    const auto config = env.directory->configuration(id);
    if (!config) return;  // going down
    rows_ahead ahead;
    const auto context = context_for(*config, &ahead);
    contacts_known known{m.ticket, {}};
    known.all.reserve(m.openings.size() + m.known.size());
    std::vector<std::shared_ptr<pending_commit>> ready{new_commit()};
    for (const auto& [frame, index] : m.openings)
      for (const auto& one : identities_of(sender_of(frame->messages[index]))) ahead.want(keys::identity(id, one));
    ahead.read(env.disk, family::state);
    for (const auto& [frame, index] : m.openings) {
      const auto met = meet(sender_of(frame->messages[index]), m.inbox, context);
      // Others of theirs who wait, wait for the owner now (S52).
      if (met.tracked_now)
        for (const auto& inbox : env.directory->living_inboxes(id)) self->send(inbox, contact_changed{met.with.id, met.with});
      if (!met.edit.empty()) write(met.edit, std::nullopt, context.now, *ready.back());
      known.all.push_back(met.with);
      if (ready.back()->set.bytes() > change_set_bytes_max / 2) ready.push_back(new_commit());
    }
    for (const auto which : m.known) {
      const auto found = meant_by(which, context);
      known.all.push_back(found ? standing_of(*found) : contact_standing{which, std::nullopt, false});
      if (found) write(show_in(*found, m.inbox), std::nullopt, context.now, *ready.back());
    }
    for (auto& one : ready) {
      if (one->set.empty()) continue;
      one->unhurried = !m.openings.empty();
      self->send(env.journal, commit{std::move(one)});
    }
    if (const auto inbox = env.directory->inbox(id, m.inbox)) self->send(*inbox, std::move(known));
    asking.reset();
  }

  void carry_out(change_contact m) {
    const auto config = env.directory->configuration(id);
    if (!config) return;
    const auto context = context_for(*config);
    std::string memory;
    if (m.key && m.by.user) {
      auto known = look_up_key(id, *m.by.user, "contact " + *m.key, env.now(), env.disk, [this](const std::string& row) {
        const auto* newer = pending.find(row);
        return newer && *newer ? &**newer : nullptr;
      });
      if (known.done_then)
        if (const auto before = number_in_key_record(*known.done_then, 'K'))
          return answer_again(contact_id{*before}, context, std::move(m.then));
      memory = std::move(known.row);
    }
    auto decided = apply(m.what, m.by, context);
    if (auto* no = std::get_if<refusal>(&decided)) return m.then->give(std::move(*no));
    const auto& edit = std::get<contact_edit>(decided);
    forget_persons(edit.erased);
    auto work = new_commit();
    auto entries = audit_of(edit, m.by, context);
    write_audit(work->set, id, entries);
    for (auto& one : entries) recent_audits.emplace_back(work->ticket, std::move(one));
    write(edit, m.by.user, context.now, *work);
    if (!memory.empty()) put(*work, memory, key_record(context.now, 'K', edit.first.value));
    under_way change{work->ticket, {}, {}, std::move(m.then)};
    for (const auto& one : edit.erased) {
      change.told.push_back({one.id, {one.id, std::nullopt, false}});
      if (one.id == edit.first) change.result = one;
    }
    for (const auto& one : edit.put)
      if (one.now.id == edit.first) change.result = one.now;
    if (edit.empty()) change.result = context.find(edit.first).value_or(contact{});  // as it was
    for (const auto& one : edit.put)
      change.told.push_back({one.now.id, standing_of(one.now.merged_into ? change.result : one.now)});
    changes.push_back(std::move(change));
    self->send(env.journal, commit{std::move(work)});
  }

  /// Behind what is under way: the first one may be.
  void answer_again(contact_id which, const contact_context& context, answer_pointer<contact> then) {
    auto found = meant_by(which, context);
    if (!found) return then->give(refuse(refusal_code::not_found, "what this made is deleted since"));
    auto barrier = new_commit();
    changes.push_back({barrier->ticket, {}, std::move(*found), std::move(then)});
    self->send(env.journal, commit{std::move(barrier)});
  }

  void committed(std::uint64_t ticket) {
    pending.committed(ticket);
    while (!recent_audits.empty() && recent_audits.front().first <= ticket) recent_audits.pop_front();
    while (!changes.empty() && changes.front().ticket <= ticket) {
      auto done = std::move(changes.front());
      changes.pop_front();
      for (const auto& inbox : env.directory->living_inboxes(id))
        for (const auto& one : done.told) self->send(inbox, one);
      done.then->give(std::move(done.result));
    }
    if (!reloading || ticket < reload_ticket) return;
    reloading = false;
    while (!stash.empty()) {
      auto next = std::move(stash.front());
      stash.pop_front();
      std::visit([this](auto& one) { carry_out(std::move(one)); }, next);
    }
  }
};

}  // namespace

contacts_actor spawn_contacts(caf::actor_system& system, environment& env, account_id of) {
  return system.spawn<hosted_actor<contacts_actor, contacts_state>>(env, of);
}

}  // namespace signalbox
