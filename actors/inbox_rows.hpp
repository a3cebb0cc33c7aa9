/// Lists over several inboxes: each inbox keeps its rows of a list in the order of their keys, and a page is the first of all of
/// them that match. For reader threads.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ids.hpp"
#include "storage/store.hpp"

namespace signalbox {

inline constexpr std::size_t rows_looked_at_max = 200'000;  ///< for one page, however few of them match

struct rows_wanted {
  const std::vector<inbox_id>& inboxes;
  std::function<std::string(inbox_id)> prefix;    ///< of an inbox's keys; what follows it is a row's place in the list
  std::function<bool(std::string_view)> matches;  ///< given a row's value
  std::size_t limit = 50;
  std::string after{};  ///< the place of the last row of the page before; empty: from the beginning
};
struct found_row {
  inbox_id inbox;
  std::string place;
};
struct rows_page {
  std::vector<found_row> rows;  ///< by place
  bool more = false;
};
/// Looks at no more than a bounded number of an inbox's rows between two that match: beyond, the inbox counts as read to its end.
[[nodiscard]] rows_page read_rows(const store& disk, const rows_wanted& wanted);

}  // namespace signalbox
