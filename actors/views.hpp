/// VIEWS: what supervisors watch of one account's inboxes. Looks at each watched view when something of its inbox was committed, at
/// most every `view_rendered_every` and never for more than a fifth of the time, once for all who watch it, on a reader thread; tells
/// whom it changed for. Nobody else pays for it: an INBOX is asked for a word after its next commit, and says it once.
///
/// Watches live as long as their socket: they are in no feed, and a client that comes back watches again. It comes up when
/// somebody watches first.
#pragma once

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"

namespace signalbox {

[[nodiscard]] views_actor spawn_views(caf::actor_system& system, environment& env, account_id of);

}  // namespace signalbox
