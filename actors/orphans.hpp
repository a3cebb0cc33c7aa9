/// Conversations of users and teams that were deleted, found on the disk and handed back to their INBOXes a piece at a time. A user's
/// have an assigned entry each; a team's are looked for in the lists of all inboxes, and until that is done a row says that it is owed
/// (keys::orphaned_team). So whatever a crash or a restarted INBOX leaves undone is found again: at the next start, and every hour.
#pragma once

#include "actors/environment.hpp"

namespace signalbox {

/// Looks for everybody who is gone. For a reader thread; returns before all is done.
void hand_back_orphans(environment& env);

/// Those of one user or team, whose deletion was published. For a reader thread; returns before all is done.
void hand_back_orphans_of(environment& env, account_id account, const assignee& gone);

}  // namespace signalbox
