/// CHANNEL: one connected source of messages. Takes a connector's messages once and only once, answers its frames in order, and
/// hands replies to whoever serves the channel.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

[[nodiscard]] channel_actor spawn_channel(caf::actor_system& system, environment& env, account_id account, channel_id of);

}  // namespace signalbox
