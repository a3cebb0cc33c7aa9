/// Views of an inbox: which conversations a list shows, how many there are, and what changed between two looks at the first rows.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/conversation.hpp"

namespace signalbox {

enum class view { all, mine, unassigned, waiting, spam, deleted };  // A45
[[nodiscard]] std::string_view to_text(view of);
[[nodiscard]] std::optional<view> parse_view(std::string_view text);

/// Every conversation is in one class of its inbox; each view is some of them. On disk: the numbers never change.
enum class list_class : std::uint8_t {
  assigned = 1,           ///< open, somebody's
  unassigned = 2,         ///< open, nobody's, and it doesn't wait
  waiting = 3,            ///< S58
  closed_assigned = 4,    ///< closed, somebody's
  closed_unassigned = 5,  ///< closed, nobody's
  spam = 6,
  deleted = 7,
  hidden = 8,  ///< deleted spam: in no view
};
inline constexpr std::size_t list_classes = 9;  ///< as the size of an array by class

struct list_traits {
  conversation_status status{};
  bool assigned = false, waiting = false, spam = false, deleted = false;
};
[[nodiscard]] list_class class_of(const list_traits& of);
[[nodiscard]] list_class class_of(const conversation& of);

/// How many conversations an inbox has in each class.
using class_counts = std::array<std::int64_t, list_classes>;

/// What is shown of them.
struct view_counts {
  std::int64_t open = 0, closed = 0, unassigned = 0, waiting = 0, spam = 0, deleted = 0;
  bool operator==(const view_counts&) const = default;
};
/// `unassigned` counts open ones, those that wait among them.
[[nodiscard]] view_counts counts_of(const class_counts& all);

/// What somebody watches.
struct watched_view {
  inbox_id inbox;
  signalbox::view view = signalbox::view::all;
  std::optional<conversation_status> status;
  bool operator==(const watched_view&) const = default;
};

/// The first rows of a view, as the list in HTTP has them, and the inbox's counts. Shared by all who watch it.
struct view_picture {
  std::vector<conversation> rows;
  view_counts counts;
  bool operator==(const view_picture&) const = default;
};
using view_pointer = std::shared_ptr<const view_picture>;

inline constexpr std::size_t view_rows_max = 50;         ///< of a picture
inline constexpr std::size_t session_watches_max = 8;    ///< of one socket
inline constexpr milliseconds view_rendered_every{250};  ///< at most this often, whatever the traffic

struct view_change {
  std::vector<const conversation*> rows;  ///< of `now`: new in it or changed, in its order
  std::vector<conversation_id> gone;      ///< in `before` and not in `now`
  bool counts = false;                    ///< differ
  [[nodiscard]] bool nothing() const { return rows.empty() && gone.empty() && !counts; }
};
/// What takes who has seen `before` to `now`. Points into `now`.
[[nodiscard]] view_change difference(const view_picture& before, const view_picture& now);

/// Whether `who` may watch that inbox now; nothing: go ahead.
[[nodiscard]] std::optional<refusal> refuse_watch(const account_config& config, user_id who, inbox_id inbox);

}  // namespace signalbox
