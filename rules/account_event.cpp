#include "rules/account_event.hpp"

namespace signalbox {
namespace {

happening of_contact(const event& of) {
  switch (of.changed ? of.changed->change : change_kind::changed) {
    case change_kind::created:
      return happening::contact_created;
    case change_kind::changed:
      return happening::contact_updated;
    case change_kind::deleted:
      return happening::contact_deleted;
    case change_kind::merged:
      return happening::contact_merged;
  }
  return happening::contact_updated;
}

happening of_ticket(const event& of) {
  const auto change = of.changed ? of.changed->change : change_kind::changed;
  if (change == change_kind::created) return happening::ticket_created;
  return change == change_kind::deleted ? happening::ticket_deleted : happening::ticket_updated;
}

}  // namespace

happening happening_of(const event& of) {
  switch (of.kind) {
    case event_kind::message:
      return happening::message_created;
    case event_kind::comment:
      return happening::comment_created;
    case event_kind::assignment:
      return std::holds_alternative<std::monostate>(of.to) ? happening::assignment_withdrawn : happening::assignment_created;
    case event_kind::message_status:
      return happening::message_status;
    case event_kind::waiting:
      return happening::conversation_waiting;
    case event_kind::availability:
      return happening::availability_changed;
    case event_kind::status:
    case event_kind::move:
    case event_kind::update:
    case event_kind::purged:
      return happening::conversation_updated;
    case event_kind::configuration:
      return happening::configuration_changed;
    case event_kind::contact:
      return of_contact(of);
    case event_kind::ticket:
      return of_ticket(of);
  }
  return happening::conversation_updated;
}

bool opens_conversation(const event& of) { return of.kind == event_kind::message && of.seq == 1; }

std::uint64_t about_of(const event& of) { return of.changed && of.conversation.value == 0 ? of.changed->id : 0; }

}  // namespace signalbox
