/// Replies that were accepted and not yet carried out, as the outbox has them.
#pragma once

#include <optional>
#include <vector>

#include "rules/delivery.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// The reply whose event stands at `position`; nothing when it or its conversation is gone.
[[nodiscard]] std::optional<delivery> load_delivery(const store& from, account_id account, std::uint64_t position);

struct outstanding_delivery {
  message_id message;
  std::uint64_t position = 0;
  std::uint32_t attempts = 0;  ///< how often it was handed to a connector; not kept over a restart
};
/// Everything in a channel's outbox, oldest first.
[[nodiscard]] std::vector<outstanding_delivery> load_outbox(const store& from, account_id account, channel_id channel);

}  // namespace signalbox
