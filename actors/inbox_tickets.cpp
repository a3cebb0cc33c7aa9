// Tickets: made with their conversations or by hand, following the assignee, written in the same change set.
#include "actors/inbox_state.hpp"
#include "rules/ticket.hpp"
#include "storage/keys.hpp"

namespace signalbox {

/// From memory or the store; null: it has none.
ticket* inbox_state::ticket_of(open_page& page) const {
  if (!page.value().ticket) return nullptr;
  if (!page.ticket)
    if (const auto record = env.disk.get(family::state, keys::ticket(account_, *page.value().ticket)))
      page.ticket = std::make_unique<ticket>(decode_ticket(*record));
  return page.ticket.get();
}

std::optional<user_id> inbox_state::owner_of(contact_id of) const {
  const auto record = env.disk.get(family::state, keys::contact(account_, of));
  if (!record) return std::nullopt;
  const auto known = decode_contact(*record);
  return known.merged_into && *known.merged_into != of ? owner_of(*known.merged_into) : known.owner;
}

/// The conversation's record, which names it, is for the caller to write; so is the ticket.
void inbox_state::give_ticket(open_page& page, const ticket_fields& fields, const ticket_owner_choice& owner) {
  auto& value = page.value();
  const auto contact_owner = owner.kind == ticket_owner::contact_owner ? owner_of(value.contact) : std::nullopt;
  page.ticket = std::make_unique<ticket>(
      open_ticket_for(*config_, value, fields, owner, contact_owner, ticket_id{env.next_id()}, env.now()));
  page.ticket_owed = true;
  value.ticket = page.ticket->id;
}

/// S63: of a conversation that was just opened.
void inbox_state::give_ticket_by_rule(open_page& page) {
  const auto* over = config_->channels.find(page.value().channel);
  if (over && over->tickets.enabled && !page.value().spam) give_ticket(page, {}, over->tickets.owner);
}

std::optional<refusal> inbox_state::refuse_change(open_page& page, const change_ticket& wanted) {
  const auto* of = ticket_of(page);
  if (!of) return refuse(refusal_code::not_found, "there is no such ticket");
  if (wanted.if_match && *wanted.if_match != of->version)
    return refuse(refusal_code::version_conflict,
                  "it was changed since: version " + std::to_string(of->version) + ", not " + std::to_string(*wanted.if_match));
  return refuse_ticket_fields(*config_, here(), wanted.fields, of);
}

void inbox_state::change(open_page& page, const ticket_fields& fields) {
  auto* of = ticket_of(page);
  const bool by_contact = fields.owner && fields.owner->kind == ticket_owner::contact_owner;
  auto after = changed_ticket(*config_, *of, fields, page.value(), by_contact ? owner_of(of->contact) : std::nullopt, env.now());
  if (after == *of) return;
  *of = std::move(after);
  page.ticket_owed = true;
}

/// S65: after the assignee changed, whoever changed it.
void inbox_state::ticket_follows(open_page& page) const {
  auto* of = ticket_of(page);
  if (!of || !follow_assignee(*of, page.value(), env.now())) return;
  if (page.ticket_owed) --of->version;  // one change, however many steps it takes
  page.ticket_owed = true;
}

/// `by`: who changed it; nobody when the rule did, or the conversation's assignee.
void inbox_state::write_ticket(open_page& page, std::optional<user_id> by, change_set& into) {
  if (!page.ticket_owed) return;
  page.ticket_owed = false;
  page.last_ticket = last_ticket_;
  const auto& of = *page.ticket;
  room().record.clear();
  encode(room().record, of);
  into.put(family::state, keys::ticket(account_, of.id), room().record);
  room().record.clear();
  encode(room().record, ticket_entry{of.pipeline, of.stage, of.owner});
  into.put(family::state, keys::ticket_entry(account_, of.inbox, of.id), room().record);
  tell_ticket(page, by, into);
}

/// In the log alone, and with its conversation when that is purged.
void inbox_state::tell_ticket(open_page& page, std::optional<user_id> by, change_set& into) {
  const auto& of = *page.ticket;
  event what = event_for(page, event_kind::ticket);
  what.inbox = of.inbox;
  what.by = by;
  what.changed =
      resource_change{resource_kind::ticket, of.version == 1 ? change_kind::created : change_kind::changed, of.id.value, {}};
  room().record.clear();
  encode(room().record, of);
  what.ticket_bytes = room().record;
  what.ticket_status_now = status_at(*config_, {of.pipeline, of.stage});
  room().event.clear();
  encode(room().event, what);
  const auto number = into.add_event(room().event);
  into.put_position(family::state, keys::told_beside(account_, page.value().id, env.next_id()), number);
}

}  // namespace signalbox
