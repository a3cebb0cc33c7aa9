#include "actors/notice_reader.hpp"

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

notice_page list_notices(const store& disk, account_id account, std::size_t limit, std::optional<conversation_id> after) {
  notice_page page;
  const auto prefix = keys::notice_prefix(account);
  const auto from = after ? keys::notice(account, {after->value + 1}) : prefix;
  disk.scan(family::outbox, from, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    if (page.items.size() == limit) {
      page.next = page.items.back().conversation;
      return false;
    }
    page.items.push_back(decode_notice(value));
    return true;
  });
  return page;
}

}  // namespace signalbox
