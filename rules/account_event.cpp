#include "rules/account_event.hpp"

namespace signalbox {

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
  }
  return happening::conversation_updated;
}

bool opens_conversation(const event& of) { return of.kind == event_kind::message && of.seq == 1; }

}  // namespace signalbox
