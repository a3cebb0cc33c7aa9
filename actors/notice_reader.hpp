/// Notices that wait to be e-mailed, for reader threads and for whoever sends them.
#pragma once

#include <optional>
#include <vector>

#include "rules/notice.hpp"
#include "storage/store.hpp"

namespace signalbox {

struct notice_page {
  std::vector<notice> items;  ///< by conversation, oldest first
  std::optional<conversation_id> next;
};
[[nodiscard]] notice_page list_notices(const store& disk, account_id account, std::size_t limit,
                                       std::optional<conversation_id> after);

}  // namespace signalbox
