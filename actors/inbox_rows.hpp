/// Lists over several inboxes: each inbox keeps its rows of a list in the order of their keys, in one part or in several, and a
/// page is the first of all of them that match. For reader threads.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ids.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// Rows whose keys begin alike; what follows the prefix is a row's place in the list, comparable with the places of other parts.
struct rows_part {
  inbox_id inbox;
  std::string prefix;
  std::optional<std::vector<std::string>> known{};  ///< their places, sorted, all of them matching: nothing is read
};
struct rows_wanted {
  std::vector<rows_part> parts;
  std::function<bool(std::string_view)> matches;  ///< given a row's value
  std::size_t limit = 50;
  std::string after{};  ///< the place that ended the page before; empty: from the beginning
};
struct found_row {
  inbox_id inbox;
  std::string place;
};
struct rows_page {
  std::vector<found_row> rows;      ///< by place, each place once: a row that changed its part while this was read may be in both
  std::optional<std::string> next;  ///< the place that ended this page; absent: nothing is behind it
};
/// Of each part no more than 200,000 rows are looked at between two that match: beyond, the page ends early, with a `next`.
[[nodiscard]] rows_page read_rows(const store& disk, const rows_wanted& wanted);

/// The ids that follow `prefix` in keys: a seek each.
[[nodiscard]] std::vector<std::uint64_t> ids_with_rows(const store& disk, const std::string& prefix);
/// The inboxes that have rows of a kind, whose keys are `prefix`, then the inbox.
[[nodiscard]] std::vector<inbox_id> inboxes_with_rows(const store& disk, const std::string& prefix);

}  // namespace signalbox
