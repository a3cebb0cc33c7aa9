/// The interface of WEBHOOK, one a webhook: it reads the account's log from its cursor, posts, tries again.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/answer.hpp"
#include "actors/shared_messages.hpp"
#include "rules/webhook_queue.hpp"

namespace signalbox {

/// Something was committed to the log of its slot group.
struct log_grew {};
/// What it read of the log since; `reading` names the one it asked for.
struct log_read {
  std::uint64_t life = 0;
  std::uint64_t reading = 0;
  struct item {
    std::uint64_t place;
    happening what;
    conversation_id conversation;
    std::uint64_t about = 0;  ///< of no conversation: what it is told in order with
  };
  std::vector<item> items;
  std::uint64_t up_to = 0;
  bool failed = false;  ///< not to be tried again at once
};
/// An attempt ended; `life` names the start of this WEBHOOK that made it.
struct post_answered {
  std::uint64_t life = 0;
  webhook_queue::start which;
  webhook_answer answer;
};
/// From JOURNAL: how far it is, is durable.
struct progress_kept {
  std::uint64_t life = 0;
};
/// `key` as in change_account.
struct ask_redelivery {
  principal by;
  redelivery what;
  std::optional<std::string> key;
  answer_pointer<std::optional<std::size_t>> then;
};
/// One that was delivered and is to be sent again was looked up.
struct delivery_found {
  std::uint64_t life = 0;
  log_read::item what;
  std::string key_row;  ///< where the caller's key is to be known; empty: there was none
  answer_pointer<std::optional<std::size_t>> then;
};

using webhook_actor = caf::typed_actor<caf::reacts_to<log_grew>, caf::reacts_to<log_read>, caf::reacts_to<post_answered>,
                                       caf::reacts_to<progress_kept>, caf::reacts_to<ask_redelivery>,
                                       caf::reacts_to<delivery_found>, caf::reacts_to<config_changed>, caf::reacts_to<tick>>;

}  // namespace signalbox

// clang-format off
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::log_grew)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::log_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::post_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::progress_kept)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::ask_redelivery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::delivery_found)
// clang-format on
