#include "actors/account_log.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {
namespace {

/// As it is now: the log keeps nothing of what a contact is called.
std::shared_ptr<const contact> contact_now(const store& disk, account_id account, contact_id which) {
  const auto read = [&](contact_id id) {
    const auto record = disk.get(family::state, keys::contact(account, id));
    return record ? std::make_shared<const contact>(decode_contact(*record)) : nullptr;
  };
  const auto found = read(which);
  return found && found->merged_into ? read(*found->merged_into) : found;
}

account_event whole(const store& disk, happening what, std::uint64_t position, const std::shared_ptr<const std::string>& bytes) {
  account_event out;
  out.what = what;
  out.of.what = decode_event(*bytes);
  out.of.what.position = position;
  out.of.cursor = position;
  if (!out.of.what.conversation_bytes.empty())
    out.of.conversation = std::make_shared<const conversation>(decode_conversation(out.of.what.conversation_bytes).value);
  if (!out.of.what.newest_message_bytes.empty())
    out.of.newest_message = std::make_shared<const event>(decode_event(out.of.what.newest_message_bytes));
  if (!out.of.what.ticket_bytes.empty()) out.ticket = std::make_shared<const ticket>(decode_ticket(out.of.what.ticket_bytes));
  if (out.of.what.kind == event_kind::contact && out.of.what.changed)
    out.contact = contact_now(disk, out.of.what.account, {out.of.what.changed->id});
  out.of.withdrawn = what == happening::assignment_withdrawn;
  out.of.keep = bytes;
  return out;
}

}  // namespace

log_stretch scan_account_log(const store& disk, account_id account, std::uint64_t after, const log_budget& within,
                             const std::function<bool(happening, std::uint64_t, const event&)>& visit) {
  const auto group = keys::group_of(account);
  const auto head = disk.head(group);
  log_stretch looked{after, false};
  const auto first = position_of_place(after + 1);
  if (first > head) return looked;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  disk.scan(family::events, keys::event(group, first), keys::event(group, head + 1),
            [&](std::string_view key, std::string_view record) {
              if (events >= within.events || bytes >= within.bytes) {
                looked.more = true;
                return false;
              }
              ++events;
              bytes += record.size();
              const auto position = keys::read_be64(key.substr(key.size() - 8));
              if (account_of_event(record) == account) {
                auto one = decode_event(record);
                one.position = position;
                if (one.kind == event_kind::purged) {
                  looked.up_to = std::max(looked.up_to, position * 2 + 1);
                  return true;
                }
                const auto visit_one = [&](happening what) {
                  const auto place = place_of(position, what);
                  if (place <= after || visit(what, place, one)) {
                    looked.up_to = std::max(looked.up_to, place);
                    return true;
                  }
                  looked.more = true;
                  return false;
                };
                if (opens_conversation(one) && !visit_one(happening::conversation_created)) return false;
                return visit_one(happening_of(one));
              }
              looked.up_to = position * 2 + 1;
              return true;
            });
  return looked;
}

std::optional<account_event> read_account_event(const store& disk, account_id account, std::uint64_t place) {
  const auto position = position_of_place(place);
  auto record = disk.event_at(keys::group_of(account), position);
  if (!record || account_of_event(*record) != account) return std::nullopt;
  auto bytes = std::make_shared<const std::string>(std::move(*record));
  const auto of = decode_event(*bytes);
  if (of.kind == event_kind::purged) return std::nullopt;
  if (place % 2 != 0) return whole(disk, happening_of(of), position, bytes);
  if (!opens_conversation(of)) return std::nullopt;
  return whole(disk, happening::conversation_created, position, bytes);
}

account_log_page read_account_log(const store& disk, account_id account, std::uint64_t after, std::size_t limit,
                                  const std::function<bool(happening)>& wanted, const log_budget& within) {
  std::vector<std::uint64_t> places;
  account_log_page page;
  page.looked_at = scan_account_log(disk, account, after, within, [&](happening what, std::uint64_t place, const event&) {
    if (!wanted(what)) return true;
    if (places.size() >= limit) return false;
    places.push_back(place);
    return true;
  });
  for (const auto place : places)
    if (auto one = read_account_event(disk, account, place)) page.items.push_back(std::move(*one));
  return page;
}

}  // namespace signalbox
