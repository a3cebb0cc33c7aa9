/// The interface of VIEWS, one an account: it shows supervisors what they watch (docs/decisions/0014).
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "actors/answer.hpp"
#include "actors/ports.hpp"
#include "actors/shared_messages.hpp"
#include "rules/view.hpp"

namespace signalbox {

/// `watch` is the session's own number of it; it isn't used for another one.
struct watch_view {
  session_key session = 0;
  std::uint32_t watch = 0;
  user_id user;
  watched_view what;
  std::shared_ptr<view_port> port;
  answer_pointer<done> then;
};
struct unwatch_view {
  session_key session = 0;
  std::optional<std::uint32_t> watch;  ///< nothing: all of the session's
};
/// From INBOX, who was told to: something of it was committed since.
struct inbox_changed {
  inbox_id which;
};
/// What an inbox's watched views hold now.
struct views_read {
  std::uint64_t life = 0;
  inbox_id inbox;
  struct picture {
    watched_view what;
    std::optional<user_id> mine;
    view_pointer now;
  };
  std::vector<picture> pictures;
};

using views_actor = caf::typed_actor<caf::reacts_to<watch_view>, caf::reacts_to<unwatch_view>, caf::reacts_to<inbox_changed>,
                                     caf::reacts_to<views_read>, caf::reacts_to<config_changed>, caf::reacts_to<tick>>;

}  // namespace signalbox

// clang-format off
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::watch_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::unwatch_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::inbox_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::views_read)
// clang-format on
