/// What is done to the rows of a conversation that goes for good. Its events stay where they are, so that positions have no gap and
/// feeds keep their places, but say nothing any more.
#pragma once

#include <functional>

#include "storage/change_set.hpp"
#include "storage/list_counts.hpp"
#include "storage/records.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// Whether everything that was ever said of it lies at or before `settled`: only then can no replay bring any of it back.
[[nodiscard]] bool is_settled(const store& disk, account_id account, conversation_id which, std::uint64_t settled);
/// Up to where a group's log is settled.
[[nodiscard]] std::uint64_t settled_position(const store& disk, std::uint8_t group);

struct purge_extent {
  bool thread = false;  ///< its channel's thread leads to it: that row goes too
  bool ticket = true;   ///< its ticket goes with it, and the log says so
};

/// Writes the end of `of`, as the store has it: its events become remnants, its rows go. Rows go after the remnants, its record last,
/// so a beginning of it that a crash leaves can be done again. `set` gives the change set for the next rows. @pre `is_settled`
/// @return how many events became remnants
std::size_t purge_conversation(const store& disk, account_id account, stored_conversation of, purge_extent extent, time_point at,
                               list_counter& counts, const std::function<change_set&()>& set);

/// Makes the due rows of a store that was settled before there were any. Once: reads every activity entry then.
void keep_dues(store& of);

}  // namespace signalbox
