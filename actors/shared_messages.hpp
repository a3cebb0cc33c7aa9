/// What is said to several kinds of actors.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <functional>

#include "rules/account.hpp"

namespace signalbox {

/// A new snapshot: whole, and newer than any before (by revision).
struct config_changed {
  config_snapshot config;
};
/// Time passed that somebody asked to be told of.
struct tick {};
/// Write a piece of what trails (derived indexes), about `keys` keys of it. `settled` is called when that is durable: are there
/// more of those that were there at the round's first piece? Dropped when the actor is restarted.
struct settle {
  std::uint64_t round = 0;
  std::size_t keys = 0;
  std::function<void(bool more)> settled;
};

}  // namespace signalbox

// clang-format off
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::config_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(signalbox::settle)
// clang-format on
