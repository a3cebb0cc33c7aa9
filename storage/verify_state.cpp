// The server's own keys, the accounts' configuration, and conversations with the indexes beside them.
#include "storage/verification.hpp"

namespace signalbox {
namespace {

/// The converse of what the index entries are checked for: a conversation is in every index that it belongs to.
void verify_conversation(verification& v, account_id account, std::string_view key, const stored_conversation& record) {
  const auto& of = record.value;
  const auto wants = [&](const std::string& index_key, const char* what) {
    if (!v.of().get(family::state, index_key)) v.problem(family::state, key, what);
  };
  if (record.indexed_activity) {
    wants(keys::activity(account, of.inbox, *record.indexed_activity, of.id), "a conversation without its activity entry");
  }
  if (record.indexed_activity && record.indexed_class) {
    --v.uncounted[{account, of.inbox}][static_cast<std::size_t>(*record.indexed_class)];
    if (has_rows(*record.indexed_class))
      wants(keys::list_row(account, of.inbox, *record.indexed_class, *record.indexed_activity, of.id),
            "a conversation without its list row");
  } else if (record.indexed_activity) {
    v.not_counted_yet.insert({account, of.inbox});
  }
  if (record.indexed_due) wants(keys::due(account, of.inbox, *record.indexed_due, of.id), "a conversation without its due row");
  if (record.logged_seq > 0) {
    bool logged = false;
    const auto prefix = keys::conversation_log_prefix(account, of.id);
    v.of().scan(family::conversation_log, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view) {
      logged = true;
      return false;
    });
    if (!logged) v.problem(family::state, key, "a conversation without its history");
  }
  if (of.ticket) wants(keys::ticket(account, *of.ticket), "a conversation without its ticket");
  if (of.status != conversation_status::open || of.deleted_at) return;
  if (const auto user = of.assigned_user()) {
    wants(keys::assigned(account, *user, of.id), "an assigned conversation without its assigned entry");
  }
  if (of.waiting_since) {
    wants(keys::waiting(account, of.inbox, *of.waiting_since, of.id), "a waiting conversation without its waiting entry");
  }
}

/// A contact holds what it is known by, and its owner's list has it.
void verify_contact(verification& v, account_id account, std::string_view key, const contact& record) {
  for (const auto& one : record.known_by) {
    const auto holder = v.of().get(family::state, keys::identity(account, one));
    if (!holder || holder->size() != 8 || keys::read_be64(*holder) != record.id.value) {
      v.problem(family::state, key, "a contact without one of its identities");
    }
  }
  if (record.owner && !v.of().get(family::state, keys::owned_contact(account, *record.owner, record.id))) {
    v.problem(family::state, key, "a contact without its owner's entry");
  }
  if (record.merged_into && !v.of().get(family::state, keys::contact(account, *record.merged_into))) {
    v.problem(family::state, key, "a contact merged into one that doesn't exist");
  }
}

/// Its conversation may be gone for good.
void verify_ticket(verification& v, account_id account, std::string_view key, const ticket& of) {
  if (key != keys::ticket(account, of.id)) return v.problem(family::state, key, "another ticket's record");
  if (!v.of().get(family::state, keys::ticket_entry(account, of.inbox, of.id)))
    v.problem(family::state, key, "a ticket without its entry");
  if (const auto record = v.conversation(account, of.conversation); record && record->value.ticket != of.id)
    v.problem(family::state, key, "a ticket that its conversation doesn't know");
}

/// A (…, conversation) key of the kinds A, O and W, and its conversation; says what is wrong with either.
std::optional<stored_conversation> indexed_conversation(verification& v, const keys::owned_key& owner, std::string_view key,
                                                        std::size_t size) {
  if (owner.rest.size() != size) {
    v.problem(family::state, key, "not an index key");
    return std::nullopt;
  }
  auto record = v.conversation(owner.account, conversation_id{keys::read_be64(owner.rest.substr(size - 8))});
  if (!record) v.problem(family::state, key, "names a conversation that doesn't exist");
  return record;
}

void verify_state_key(verification& v, const keys::owned_key& owner, std::string_view key, std::string_view value) {
  const auto account = owner.account;
  switch (owner.rest.empty() ? '\0' : owner.rest[0]) {
    case 'C': {
      const auto record = decode_conversation(value);
      if (key != keys::conversation(account, record.value.id))
        return v.problem(family::state, key, "another conversation's record");
      return verify_conversation(v, account, key, record);
    }
    case 'T':
      if (value.size() != 8 || !v.conversation(account, conversation_id{keys::read_be64(value)})) {
        v.problem(family::state, key, "a thread of no conversation");
      }
      return;
    case 'A': {
      static_cast<void>(decode_activity_entry(value));
      const auto record = indexed_conversation(v, owner, key, 25);
      if (record && (!record->indexed_activity ||
                     key != keys::activity(account, record->value.inbox, *record->indexed_activity, record->value.id))) {
        v.problem(family::state, key, "an activity entry that its conversation doesn't know");
      }
      return;
    }
    case 'E': {
      static_cast<void>(decode_activity_entry(value));
      const auto record = indexed_conversation(v, owner, key, 26);
      if (record && record->indexed_class &&
          (!record->indexed_activity || key != keys::list_row(account, record->value.inbox, *record->indexed_class,
                                                              *record->indexed_activity, record->value.id))) {
        v.problem(family::state, key, "a list row that its conversation doesn't know");
      }
      return;
    }
    case 'N': {
      if (owner.rest.size() != 17) return v.problem(family::state, key, "not an inbox's counts");
      auto& sum = v.uncounted[{account, inbox_id{keys::read_be64(owner.rest.substr(1))}}];
      const auto counts = decode_list_counts(value);
      for (std::size_t i = 0; i < list_classes; ++i) sum[i] += counts[i];
      return;
    }
    case 'U': {
      const auto record = indexed_conversation(v, owner, key, 25);
      if (record &&
          (!record->indexed_due || key != keys::due(account, record->value.inbox, *record->indexed_due, record->value.id)))
        v.problem(family::state, key, "a due row that its conversation doesn't know");
      return;
    }
    case 'O': {
      const auto entry = decode_assigned_entry(value);
      const auto record = indexed_conversation(v, owner, key, 17);
      if (!record) return;
      const auto& of = record->value;
      if (of.status != conversation_status::open || !of.assigned_user() ||
          key != keys::assigned(account, *of.assigned_user(), of.id)) {
        v.problem(family::state, key, "an assigned entry that its conversation doesn't bear out");
      } else if (entry.inbox != of.inbox || entry.automatic != of.automatic || entry.type != of.type) {
        v.problem(family::state, key, "an assigned entry that differs from its conversation");
      }
      return;
    }
    case 'W': {
      const auto record = indexed_conversation(v, owner, key, 25);
      if (!record) return;
      const auto& of = record->value;
      if (!of.waiting_since || key != keys::waiting(account, of.inbox, *of.waiting_since, of.id)) {
        v.problem(family::state, key, "a waiting entry that its conversation doesn't bear out");
      }
      return;
    }
    case 'D':
    case 'Z': {
      const auto record = value.size() == 8 ? v.of().event_at(keys::group_of(account), keys::read_be64(value)) : std::nullopt;
      if (owner.rest.size() != 17 || !record ||
          decode_event(*record).conversation != conversation_id{keys::read_be64(owner.rest.substr(1))}) {
        v.problem(family::state, key, "of no event");
      } else if (!v.conversation(account, conversation_id{keys::read_be64(owner.rest.substr(1))})) {
        v.problem(family::state, key, "names a conversation that doesn't exist");
      }
      return;
    }
    case 'K': {
      const auto record = decode_contact(value);
      if (key != keys::contact(account, record.id)) return v.problem(family::state, key, "another contact's record");
      return verify_contact(v, account, key, record);
    }
    case 'I':
      if (value.size() != 8 || !v.of().get(family::state, keys::contact(account, contact_id{keys::read_be64(value)}))) {
        v.problem(family::state, key, "an identity of no contact");
      }
      return;
    case 'G':
      if (key != keys::audit(account, decode_audit_entry(value).order)) v.problem(family::state, key, "another audit entry");
      return;
    case 'S': {
      const auto record = owner.rest.size() == 17
                              ? v.of().get(family::state, keys::audit(account, keys::read_be64(owner.rest.substr(9))))
                              : std::nullopt;
      if (!record || decode_audit_entry(*record).what != audited_id{contact_id{keys::read_be64(owner.rest.substr(1))}})
        v.problem(family::state, key, "of no audit entry of its contact");
      return;
    }
    case 'B': {
      const auto record =
          owner.rest.size() == 17
              ? v.of().get(family::state, keys::contact(account, contact_id{keys::read_be64(owner.rest.substr(9))}))
              : std::nullopt;
      if (!record || decode_contact(*record).owner != user_id{keys::read_be64(owner.rest.substr(1))}) {
        v.problem(family::state, key, "an owner's entry that its contact doesn't bear out");
      }
      return;
    }
    case 'X':
      return verify_ticket(v, account, key, decode_ticket(value));
    case 'Y': {
      const auto entry = decode_ticket_entry(value);
      const auto record = owner.rest.size() == 17
                              ? v.of().get(family::state, keys::ticket(account, {~keys::read_be64(owner.rest.substr(9))}))
                              : std::nullopt;
      if (!record) return v.problem(family::state, key, "an entry of no ticket");
      const auto of = decode_ticket(*record);
      if (key != keys::ticket_entry(account, of.inbox, of.id) || entry.owner != of.owner || entry.stage != of.stage)
        v.problem(family::state, key, "an entry that its ticket doesn't bear out");
      return;
    }
    case 'V':
      static_cast<void>(decode_availability(value));
      return;
    case 'P':
      if (owner.rest.size() != 17 || value.size() != 2) v.problem(family::state, key, "not a change of availability");
      return;
    case 'Q':
      if (value.size() != 8) v.problem(family::state, key, "not a cursor");
      return;
    case 'M':
      if (value.size() < 17 || static_cast<unsigned char>(value[0]) > static_cast<unsigned char>(message_status::failed)) {
        v.problem(family::state, key, "not a status");
      }
      return;
    case 'R':
      if (value.size() < 8) v.problem(family::state, key, "not a time");
      return;
    case 'H':
      static_cast<void>(decode_webhook_progress(value));
      return;
    case 'J':
      if (owner.rest.size() != 17 || decode_webhook_delivery(value).place != keys::read_be64(owner.rest.substr(9)))
        v.problem(family::state, key, "another delivery's record");
      return;
    case 'L':
      if (key != keys::mail(account, decode_outgoing_mail(value).id)) v.problem(family::state, key, "another mail's record");
      return;
    case 'o':
      if (owner.rest.size() != 9 || !value.empty()) v.problem(family::state, key, "not an index key");
      return;
    case 'F':
      return;
    default:
      v.problem(family::state, key, "of an unknown kind");
  }
}

}  // namespace

void verify_meta(verification& v) {
  for (std::uint8_t group = 0; group < keys::groups; ++group) {
    const auto value = v.of().get(family::meta, keys::settled_position(group));
    if (!value) continue;
    if (value->size() == 8) {
      v.settled[group] = keys::read_be64(*value);
    } else {
      v.problem(family::meta, keys::settled_position(group), "not a position");
    }
  }
  // Every key is read, so that a damaged block shows.
  v.each(family::meta, [](std::string_view, std::string_view) {});
}

void verify_config(verification& v) {
  v.each_owned(family::config, [&](const keys::owned_key& owner, std::string_view key, std::string_view value) {
    if (owner.rest.size() != 9) return v.problem(family::config, key, "not a (kind, id)");
    const auto id = keys::read_be64(owner.rest.substr(1));
    std::uint64_t named = 0;
    switch (static_cast<keys::config_kind>(owner.rest[0])) {
      case keys::config_kind::account:
        named = decode_account(value).id.value;
        break;
      case keys::config_kind::user:
        named = decode_user(value).id.value;
        break;
      case keys::config_kind::team:
        named = decode_team(value).id.value;
        break;
      case keys::config_kind::inbox:
        named = decode_inbox(value).id.value;
        break;
      case keys::config_kind::channel:
        named = decode_channel(value).id.value;
        break;
      case keys::config_kind::token:
        named = decode_token(value).id.value;
        break;
      case keys::config_kind::webhook:
        named = decode_webhook(value).id.value;
        break;
      case keys::config_kind::pipeline:
        named = decode_pipeline(value).id.value;
        break;
      default:
        return v.problem(family::config, key, "of an unknown kind");
    }
    if (named != id) v.problem(family::config, key, "another resource's record");
  });
}

void verify_state(verification& v) {
  v.each_owned(family::state, [&](const keys::owned_key& owner, std::string_view key, std::string_view value) {
    verify_state_key(v, owner, key, value);
  });
  for (const auto& [inbox, left] : v.uncounted)
    if (left != class_counts{} && !v.not_counted_yet.contains(inbox))
      v.problem("the counts of inbox " + to_text(inbox.second) + " are not what its conversations say");
}

}  // namespace signalbox
