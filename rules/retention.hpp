/// For how long a conversation that nobody wants any more is kept (A44, A49–A51). Fixed by the rules, no setting.
#pragma once

#include <chrono>
#include <optional>

#include "rules/conversation.hpp"
#include "rules/view.hpp"

namespace signalbox {

inline constexpr std::chrono::days deleted_kept{30};   ///< from its deletion; as long it can be restored
inline constexpr std::chrono::days filtered_kept{90};  ///< from its last message

/// When it goes for good: from this moment on it counts as gone, whether or not its rows are. Nothing: it stays. A filtered one
/// that was deleted goes by its deletion.
[[nodiscard]] std::optional<time_point> due_to_purge(const conversation& of);

/// Whether a deleted inbox, which has so many of each class, has conversations that are still to be deleted with it (A62). What was
/// deleted before, or filtered, goes by its own time.
[[nodiscard]] bool wants_closing(const class_counts& of);

}  // namespace signalbox
