#include "actors/deliveries.hpp"

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

std::optional<delivery> load_delivery(const store& from, account_id account, std::uint64_t position) {
  const auto bytes = from.event_at(keys::group_of(account), position);
  if (!bytes) return std::nullopt;
  const auto what = decode_event(*bytes);
  if (what.kind == event_kind::purged) return std::nullopt;
  const auto record = from.get(family::state, keys::conversation(account, what.conversation));
  if (!record) return std::nullopt;
  const auto in = decode_conversation(*record).value;
  delivery out;
  out.message = what.message;
  out.channel = in.channel;
  out.thread = in.thread;
  out.to_id = in.contact_address;
  out.body = what.body;
  if (const auto known = from.get(family::state, keys::contact(account, in.contact))) {
    const auto who = decode_contact(*known);
    out.to_name = who.name;
    out.to_email = who.email;
    out.to_phone = who.phone;
  }
  return out;
}

std::vector<outstanding_delivery> load_outbox(const store& from, account_id account, channel_id channel) {
  std::vector<outstanding_delivery> all;
  const auto prefix = keys::outbox_prefix(account, channel);
  from.scan(family::outbox, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
    all.push_back({message_id{keys::read_be64(key.substr(prefix.size()))}, keys::read_be64(value), 0});
    return true;
  });
  return all;
}

}  // namespace signalbox
