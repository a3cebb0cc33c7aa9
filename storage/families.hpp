/// The column families, in the one order in which they are created (a WriteBatch names them by number, so the order is part
/// of the format and is stored and checked at opening).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace signalbox {

enum class family : std::uint8_t {
  meta = 0,              ///< format, family map, settled positions, id high water (RocksDB's `default`)
  config = 1,            ///< accounts and their configuration; rarely written
  state = 2,             ///< conversations, contacts, small indexes
  events = 3,            ///< the log: (group, position) → event record
  feeds = 4,             ///< (slot, account, user, first position) → positions of a commit's events
  conversation_log = 5,  ///< (slot, account, conversation, first seq) → positions of history entries
  message_ids = 6,       ///< (slot, account, day, channel, hash) → message id
  outbox = 7,            ///< (slot, account, channel, message) → position of the reply to deliver
};
inline constexpr std::array<std::string_view, 8> family_names{"default", "config",           "state",       "events",
                                                              "feeds",   "conversation_log", "message_ids", "outbox"};

}  // namespace signalbox
