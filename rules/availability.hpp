/// Section 5 of the rules: whether somebody is available, and why.
#pragma once

#include "rules/account.hpp"
#include "rules/hours.hpp"

namespace signalbox {

enum class presence { available, away };
enum class presence_reason { manual, hours, out_of_office, disconnected, no_ack };
[[nodiscard]] std::string_view to_text(presence of);
[[nodiscard]] std::string_view to_text(presence_reason of);
[[nodiscard]] std::optional<presence> parse_presence(std::string_view text);

/// What AGENT keeps of its user.
struct availability_state {
  presence set = presence::away;  ///< by hand, the last time
  std::optional<time_point> set_at;
  std::optional<time_point> until;               ///< the status set by hand ends here, whatever the hours say
  bool no_ack = false;                           ///< let an assignment lapse; ends when the user sets a status
  bool connected = false;                        ///< has a live socket now
  std::optional<time_point> disconnected_since;  ///< absent while connected
  bool was_available = false;                    ///< said so once: until then a new user is away, within their hours too
  bool operator==(const availability_state&) const = default;
};

struct availability {
  presence status = presence::away;
  presence_reason reason = presence_reason::manual;
  std::optional<time_point> until;  ///< when time alone will change it, if nobody says anything
  bool operator==(const availability&) const = default;
};

/// What a user's timetable says in [from, to): working hours (A27) and out-of-office spans (A28).
struct duty {
  bool within = true;                     ///< working hours
  std::optional<time_point> boundary;     ///< when `within` changes next
  std::optional<time_point> hand_ends;    ///< the first boundary after the status was set by hand
  std::optional<time_point> after_until;  ///< the first boundary after the `until` of that status
  std::optional<time_point> out_since;    ///< out of office, since then …
  std::optional<time_point> out_until;    ///< … and until then; spans that touch are one
  std::optional<time_point> next_out;     ///< when the next such span begins
  time_point from = time_point::min();
  time_point to = time_point::max();
  bool operator==(const duty&) const = default;
};
[[nodiscard]] duty duty_of(const user& who, const availability_state& state, const time_zones* zones, time_point at);

/// A26–A28, A31 and the decisions of section 5, the first that applies:
/// - whoever let an assignment lapse is away (`no_ack`) until they set a status; who never was available is away;
/// - a status set by hand holds to its `until`, and without one to the next boundary of the working hours; an out-of-office
///   span that begins after it was set interrupts it;
/// - out of office, away; after the `until` of `available`, away to the next boundary; outside working hours, away;
/// - without a live connection for longer than `grace` (counted from the later of disconnecting and the status being set), away;
///   `grace` 0 switches that off;
/// - else available.
/// @pre `now` lies in what `at_work` says
[[nodiscard]] availability availability_of(const availability_state& state, const duty& at_work, milliseconds grace,
                                           time_point now);

/// When `availability_of` may next change by time alone, so that one timer can wait for it; nothing when it won't. `at_work`
/// must be asked for anew then.
[[nodiscard]] std::optional<time_point> next_availability_change(const availability_state& state, const duty& at_work,
                                                                 milliseconds grace, time_point now);

}  // namespace signalbox
