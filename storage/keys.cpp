#include "storage/keys.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cstring>
#include <stdexcept>

#include "storage/records.hpp"

namespace signalbox::keys {
namespace {

std::uint64_t big_endian(std::uint64_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

template <int Bytes>
void append_be(std::string& out, std::uint64_t value) {
  char bytes[8];
  value = big_endian(value << (64 - 8 * Bytes));
  std::memcpy(bytes, &value, sizeof bytes);
  out.append(bytes, Bytes);
}

/// (slot, account), with room for the rest.
std::string owned(account_id account, std::size_t rest) {
  std::string out;
  out.reserve(owner_bytes + rest);
  append_be16(out, slot_of(account));
  append_be64(out, account.value);
  return out;
}

std::string owned_kind(account_id account, char kind, std::size_t rest) {
  auto out = owned(account, 1 + rest);
  out += kind;
  return out;
}

std::string owned_id(account_id account, char kind, std::uint64_t id, std::size_t rest = 0) {
  auto out = owned_kind(account, kind, 8 + rest);
  append_be64(out, id);
  return out;
}

short_key short_owned(account_id account, char kind, std::uint64_t id) {
  short_key out;
  out.append(slot_of(account));
  out.append(account.value);
  out.append(kind);
  out.append(id);
  return out;
}

std::uint64_t milliseconds_of(time_point at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

std::uint64_t read_varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (from.empty()) throw corrupt_record("positions end within a number");
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  throw corrupt_record("a position of more than 64 bits");
}

}  // namespace

std::uint16_t slot_of(account_id account) {
  const auto bytes = big_endian(account.value);
  return static_cast<std::uint16_t>(XXH3_64bits(&bytes, sizeof bytes) % slots);
}

std::uint8_t group_of(account_id account) { return group_of_slot(slot_of(account)); }

void short_key::append(std::uint16_t value) {
  append(static_cast<char>(value >> 8));
  append(static_cast<char>(value));
}
void short_key::append(std::uint64_t value) {
  write_be64(bytes_.data() + size_, value);
  size_ += sizeof value;
}

void append_be16(std::string& out, std::uint16_t value) { append_be<2>(out, value); }
void append_be32(std::string& out, std::uint32_t value) { append_be<4>(out, value); }
void append_be64(std::string& out, std::uint64_t value) { append_be<8>(out, value); }

void write_be64(char* to, std::uint64_t value) {
  value = big_endian(value);
  std::memcpy(to, &value, sizeof value);
}

std::uint64_t read_be64(std::string_view at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at.data(), sizeof value);
  return big_endian(value);
}

std::optional<owned_key> split_owned(std::string_view key) {
  if (key.size() < owner_bytes) return std::nullopt;
  const auto slot = static_cast<std::uint16_t>(static_cast<unsigned char>(key[0]) << 8 | static_cast<unsigned char>(key[1]));
  return owned_key{slot, account_id{read_be64(key.substr(2))}, key.substr(owner_bytes)};
}

std::string format() { return "format"; }
std::string family_map() { return "families"; }
std::string commit_number() { return "commit"; }
std::string settled_position(std::uint8_t group) { return std::string{"settled"} + static_cast<char>(group); }
std::string last_id() { return "last_id"; }
std::string lists_kept() { return "lists"; }
std::string dues_kept() { return "dues"; }
std::string contact_audits_kept() { return "contact_audits"; }

std::string config(account_id account, config_kind kind, std::uint64_t id) {
  return owned_id(account, static_cast<char>(kind), id);
}
std::string config_prefix(account_id account) { return owned(account, 0); }

short_key conversation(account_id account, conversation_id id) { return short_owned(account, 'C', id.value); }

std::string thread(account_id account, channel_id channel, std::string_view thread) {
  auto out = owned_id(account, 'T', channel.value, thread.size());
  out += thread;
  return out;
}

short_key activity(account_id account, inbox_id inbox, time_point last, conversation_id id) {
  auto out = short_owned(account, 'A', inbox.value);
  out.append(~milliseconds_of(last));
  out.append(id.value);
  return out;
}
std::string activity_prefix(account_id account, inbox_id inbox) { return owned_id(account, 'A', inbox.value); }
std::string activity_prefix(account_id account) { return owned_kind(account, 'A', 0); }

short_key list_row(account_id account, inbox_id inbox, list_class in, time_point last, conversation_id id) {
  auto out = short_owned(account, 'E', inbox.value);
  out.append(static_cast<char>(in));
  out.append(~milliseconds_of(last));
  out.append(id.value);
  return out;
}
std::string list_row_prefix(account_id account, inbox_id inbox, list_class in) {
  auto out = owned_id(account, 'E', inbox.value, 1);
  out += static_cast<char>(in);
  return out;
}

short_key due(account_id account, inbox_id inbox, time_point at, conversation_id id) {
  auto out = short_owned(account, 'U', inbox.value);
  out.append(milliseconds_of(at));
  out.append(id.value);
  return out;
}
std::string due_prefix(account_id account, inbox_id inbox) { return owned_id(account, 'U', inbox.value); }

std::string contact_audit(account_id account, contact_id who, std::uint64_t order) {
  auto out = owned_id(account, 'S', who.value, 8);
  append_be64(out, order);
  return out;
}
std::string contact_audit_prefix(account_id account, contact_id who) { return owned_id(account, 'S', who.value); }

short_key told_beside(account_id account, conversation_id id, std::uint64_t order) {
  auto out = short_owned(account, 'Z', id.value);
  out.append(order);
  return out;
}
std::string told_beside_prefix(account_id account, conversation_id id) { return owned_id(account, 'Z', id.value); }

std::string list_counts(account_id account, inbox_id inbox, inbox_id writer) {
  auto out = owned_id(account, 'N', inbox.value, 8);
  append_be64(out, writer.value);
  return out;
}
std::string list_counts_prefix(account_id account, inbox_id inbox) { return owned_id(account, 'N', inbox.value); }

short_key assigned(account_id account, user_id user, conversation_id id) {
  auto out = short_owned(account, 'O', user.value);
  out.append(id.value);
  return out;
}
std::string assigned_prefix(account_id account, user_id user) { return owned_id(account, 'O', user.value); }
std::string assigned_prefix(account_id account) { return owned_kind(account, 'O', 0); }
std::string orphaned_team(account_id account, team_id team) { return owned_id(account, 'o', team.value); }
std::string orphaned_team_prefix(account_id account) { return owned_kind(account, 'o', 0); }

short_key waiting(account_id account, inbox_id inbox, time_point since, conversation_id id) {
  auto out = short_owned(account, 'W', inbox.value);
  out.append(milliseconds_of(since));
  out.append(id.value);
  return out;
}
std::string waiting_prefix(account_id account, inbox_id inbox) { return owned_id(account, 'W', inbox.value); }

short_key waiting_decision(account_id account, conversation_id id, std::uint64_t order) {
  auto out = short_owned(account, 'D', id.value);
  out.append(order);
  return out;
}
std::string waiting_decision_prefix(account_id account, conversation_id id) { return owned_id(account, 'D', id.value); }

std::string webhook_progress(account_id account, webhook_id id) { return owned_id(account, 'H', id.value); }
std::string webhook_progress_prefix(account_id account) { return owned_kind(account, 'H', 0); }
std::string webhook_delivery(account_id account, webhook_id id, std::uint64_t place) {
  auto out = owned_id(account, 'J', id.value, 8);
  append_be64(out, place);
  return out;
}
std::string webhook_delivery_prefix(account_id account, webhook_id id) { return owned_id(account, 'J', id.value); }

std::string contact(account_id account, contact_id id) { return owned_id(account, 'K', id.value); }

std::string identity(account_id account, identity_kind kind, std::uint64_t scope, std::string_view value) {
  auto out = owned_kind(account, 'I', 9 + value.size());
  out += static_cast<char>(kind);
  append_be64(out, scope);
  out += value;
  return out;
}

std::string identity(account_id account, const contact_identity& of) {
  return identity(account, of.kind, of.channel.value, of.value);
}

std::string contact_prefix(account_id account) { return owned_kind(account, 'K', 0); }
std::string owned_contact(account_id account, user_id owner, contact_id id) {
  auto out = owned_id(account, 'B', owner.value, 8);
  append_be64(out, id.value);
  return out;
}
std::string owned_contact_prefix(account_id account, user_id owner) { return owned_id(account, 'B', owner.value); }

std::string offset(account_id account, channel_id channel, token_id connector) {
  auto out = owned_id(account, 'F', channel.value, 8);
  append_be64(out, connector.value);
  return out;
}

std::string out_status(account_id account, signalbox::message_id message) { return owned_id(account, 'M', message.value); }
std::string availability(account_id account, user_id user) { return owned_id(account, 'V', user.value); }
std::string acked(account_id account, user_id user) { return owned_id(account, 'Q', user.value); }

std::string ticket(account_id account, ticket_id id) { return owned_id(account, 'X', id.value); }

std::string ticket_entry(account_id account, inbox_id inbox, ticket_id id) {
  auto out = owned_id(account, 'Y', inbox.value, 8);
  append_be64(out, ~id.value);
  return out;
}
std::string ticket_entries_prefix(account_id account, inbox_id inbox) { return owned_id(account, 'Y', inbox.value); }
std::string ticket_entries_prefix(account_id account) { return owned_kind(account, 'Y', 0); }

std::string command_ref(account_id account, std::uint32_t day, user_id user, std::string_view ref) {
  auto out = command_ref_day_prefix(account, day);
  append_be64(out, user.value);
  out += ref;
  return out;
}
std::string command_ref_day_prefix(account_id account, std::uint32_t day) {
  auto out = owned_kind(account, 'R', 4);
  append_be32(out, day);
  return out;
}

std::string audit(account_id account, std::uint64_t order) { return owned_id(account, 'G', order); }
std::string audit_prefix(account_id account) { return owned_kind(account, 'G', 0); }
std::string mail(account_id account, std::uint64_t id) { return owned_id(account, 'L', id); }
std::string mail_prefix(account_id account) { return owned_kind(account, 'L', 0); }

std::string event(std::uint8_t group, std::uint64_t position) {
  std::string out;
  out += static_cast<char>(group);
  append_be64(out, position);
  return out;
}

std::string feed(account_id account, user_id user) { return owned_id(account, 'u', user.value, 8); }
std::string notices(account_id account, inbox_id inbox) { return owned_id(account, 'n', inbox.value, 8); }

void append_positions(std::string& out, const std::vector<std::uint64_t>& ascending) {
  std::uint64_t before = 0;
  for (const auto position : ascending) {
    for (auto left = position - before;; left >>= 7) {
      if (left < 0x80) {
        out += static_cast<char>(left);
        break;
      }
      out += static_cast<char>(left | 0x80);
    }
    before = position;
  }
}

std::vector<std::uint64_t> read_positions(std::string_view value) {
  std::vector<std::uint64_t> positions;
  std::uint64_t at = 0;
  while (!value.empty()) {
    const auto difference = read_varint(value);
    if (difference == 0 || at + difference < at) throw corrupt_record("positions that don't rise");
    positions.push_back(at += difference);
  }
  return positions;
}

short_key conversation_log(account_id account, conversation_id id, std::uint64_t first_seq) {
  short_key out;
  out.append(slot_of(account));
  out.append(account.value);
  out.append(id.value);
  out.append(first_seq);
  return out;
}

std::string conversation_log_prefix(account_id account, conversation_id id) {
  auto out = owned(account, 16);
  append_be64(out, id.value);
  return out;
}

external_hash hash_external_id(std::string_view external_id) {
  const auto hash = XXH3_128bits(external_id.data(), external_id.size());
  return {hash.high64, hash.low64};
}

std::string message_id(account_id account, std::uint32_t bucket, channel_id channel, external_hash hash) {
  auto out = owned(account, 28);
  append_be32(out, bucket);
  append_be64(out, channel.value);
  append_be64(out, hash.high);
  append_be64(out, hash.low);
  return out;
}

void write_hash(std::string& message_id, external_hash hash) {
  auto* const at = message_id.data() + message_id.size() - 2 * sizeof(std::uint64_t);
  write_be64(at, hash.high);
  write_be64(at + sizeof(std::uint64_t), hash.low);
}

std::string message_id_bucket_prefix(account_id account, std::uint32_t bucket) {
  auto out = owned(account, 4);
  append_be32(out, bucket);
  return out;
}

std::uint32_t day_of(time_point at) {
  return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::days>(at).time_since_epoch().count());
}

std::uint32_t id_bucket_of(time_point at) { return id_bucket_of_day(day_of(at)); }

std::string outbox(account_id account, channel_id channel, signalbox::message_id message) {
  auto out = owned(account, 16);
  append_be64(out, channel.value);
  append_be64(out, message.value);
  return out;
}

std::string outbox_prefix(account_id account, channel_id channel) {
  auto out = owned(account, 8);
  append_be64(out, channel.value);
  return out;
}

std::string notice(account_id account, conversation_id about) {
  return outbox(account, channel_id{0}, signalbox::message_id{about.value});
}
std::string notice_prefix(account_id account) { return outbox_prefix(account, channel_id{0}); }

std::string after_prefix(std::string_view prefix) {
  std::string out{prefix};
  while (!out.empty() && out.back() == '\xFF') out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) + 1);
  return out;
}

}  // namespace signalbox::keys
