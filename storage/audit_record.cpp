#include "storage/keys.hpp"
#include "storage/record_fields.hpp"

namespace signalbox {
namespace {

using fields::field;
using fields::writer;

struct named_kind {
  std::uint64_t letter;
  std::uint64_t id;
};

constexpr std::uint64_t contact_letter = 'K';  // of its record in `state`; the others are those of `config`

named_kind name_of(const audited_id& what) {
  using kind = keys::config_kind;
  const auto of = [](kind letter, auto id) { return named_kind{static_cast<std::uint64_t>(letter), id.value}; };
  if (const auto* id = std::get_if<contact_id>(&what)) return {contact_letter, id->value};
  if (const auto* id = std::get_if<user_id>(&what)) return of(kind::user, *id);
  if (const auto* id = std::get_if<team_id>(&what)) return of(kind::team, *id);
  if (const auto* id = std::get_if<inbox_id>(&what)) return of(kind::inbox, *id);
  if (const auto* id = std::get_if<channel_id>(&what)) return of(kind::channel, *id);
  if (const auto* id = std::get_if<token_id>(&what)) return of(kind::token, *id);
  if (const auto* id = std::get_if<webhook_id>(&what)) return of(kind::webhook, *id);
  if (const auto* id = std::get_if<pipeline_id>(&what)) return of(kind::pipeline, *id);
  return of(kind::account, std::get<account_id>(what));
}

audited_id named_by(std::uint64_t letter, std::uint64_t id) {
  if (letter == contact_letter) return contact_id{id};
  switch (static_cast<keys::config_kind>(letter)) {
    case keys::config_kind::account:
      return account_id{id};
    case keys::config_kind::user:
      return user_id{id};
    case keys::config_kind::team:
      return team_id{id};
    case keys::config_kind::inbox:
      return inbox_id{id};
    case keys::config_kind::channel:
      return channel_id{id};
    case keys::config_kind::token:
      return token_id{id};
    case keys::config_kind::webhook:
      return webhook_id{id};
    case keys::config_kind::pipeline:
      return pipeline_id{id};
  }
  throw corrupt_record("an unknown kind of resource");
}

std::string bytes_of(const audited_resource& what) {
  std::string bytes;
  std::visit([&](const auto& one) { encode(bytes, one); }, what);
  return bytes;
}

audited_resource resource_of(const audited_id& kind, std::string_view bytes) {
  if (std::holds_alternative<user_id>(kind)) return decode_user(bytes);
  if (std::holds_alternative<team_id>(kind)) return decode_team(bytes);
  if (std::holds_alternative<inbox_id>(kind)) return decode_inbox(bytes);
  if (std::holds_alternative<channel_id>(kind)) return decode_channel(bytes);
  if (std::holds_alternative<token_id>(kind)) return decode_token(bytes);
  if (std::holds_alternative<webhook_id>(kind)) return decode_webhook(bytes);
  if (std::holds_alternative<pipeline_id>(kind)) return decode_pipeline(bytes);
  if (std::holds_alternative<contact_id>(kind)) return decode_contact(bytes);
  return decode_account(bytes);
}

}  // namespace

void encode(std::string& out, const audit_entry& value) {
  const auto [letter, id] = name_of(value.what);
  writer to{out};
  to.number(1, value.order);
  to.time(2, value.at);
  to.some_id(3, value.user);
  to.some_id(4, value.token);
  to.number(5, letter);
  to.number(6, id);
  if (value.before) to.text(7, bytes_of(*value.before));
  if (value.after) to.text(8, bytes_of(*value.after));
  to.some_flag(9, value.password_changed);
  to.end();
}

audit_entry decode_audit_entry(std::string_view bytes) {
  audit_entry value;
  std::uint64_t kind = 0;
  std::uint64_t id = 0;
  std::optional<std::string_view> before;
  std::optional<std::string_view> after;
  fields::read_record(bytes, "audit entry", [&](field& one) {
    switch (one.tag()) {
      case 1:
        value.order = one.number();
        break;
      case 2:
        value.at = one.time();
        break;
      case 3:
        value.user = one.id<user_id>();
        break;
      case 4:
        value.token = one.id<token_id>();
        break;
      case 5:
        kind = one.number();
        break;
      case 6:
        id = one.number();
        break;
      case 7:
        before = one.text();
        break;
      case 8:
        after = one.text();
        break;
      case 9:
        value.password_changed = one.flag();
        break;
      default:
        one.skip();
    }
  });
  value.what = named_by(kind, id);
  if (before) value.before = resource_of(value.what, *before);
  if (after) value.after = resource_of(value.what, *after);
  return value;
}

}  // namespace signalbox
