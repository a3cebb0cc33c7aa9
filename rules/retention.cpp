#include "rules/retention.hpp"

namespace signalbox {

std::optional<time_point> due_to_purge(const conversation& of) {
  if (of.deleted_at) return *of.deleted_at + deleted_kept;
  if (of.spam) return of.last_message_at + filtered_kept;
  return std::nullopt;
}

}  // namespace signalbox
