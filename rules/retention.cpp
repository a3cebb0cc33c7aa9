#include "rules/retention.hpp"

namespace signalbox {

std::optional<time_point> due_to_purge(const conversation& of) {
  if (of.deleted_at) return *of.deleted_at + deleted_kept;
  if (of.spam) return of.last_message_at + filtered_kept;
  return std::nullopt;
}

bool wants_closing(const class_counts& of) {
  for (const auto in : {list_class::assigned, list_class::unassigned, list_class::waiting, list_class::closed_assigned,
                        list_class::closed_unassigned})
    if (of[static_cast<std::size_t>(in)] > 0) return true;
  return false;
}

}  // namespace signalbox
