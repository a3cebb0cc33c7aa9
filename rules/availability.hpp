/// Section 5 of the rules: whether somebody is available, and why.
#pragma once

#include "rules/account.hpp"

namespace signalbox {

enum class presence { available, away };
enum class presence_reason { manual, hours, out_of_office, disconnected, no_ack };
[[nodiscard]] std::string_view to_text(presence of);
[[nodiscard]] std::string_view to_text(presence_reason of);
[[nodiscard]] std::optional<presence> parse_presence(std::string_view text);

/// What AGENT keeps of its user.
struct availability_state {
  presence set = presence::away;  ///< by hand; a new user is away until they say otherwise
  std::optional<time_point> set_at;
  std::optional<time_point> until;               ///< the status set by hand ends here and the user counts as away
  bool no_ack = false;                           ///< let an assignment lapse; ends when the user sets a status
  bool connected = false;                        ///< has a live socket now
  std::optional<time_point> disconnected_since;  ///< absent while connected
  bool operator==(const availability_state&) const = default;
};

struct availability {
  presence status = presence::away;
  presence_reason reason = presence_reason::manual;
  std::optional<time_point> until;
  bool operator==(const availability&) const = default;
};

/// A26, A31 and the decisions on `no_ack` and on the grace time: without a live connection for longer than `grace`
/// (counted from the later of disconnecting and the status being set) the user is away; `grace` 0 switches that off.
[[nodiscard]] availability availability_of(const availability_state& state, milliseconds grace, time_point now);

/// When `availability_of` may next change by time alone, so that one timer can wait for it; nothing when it won't.
[[nodiscard]] std::optional<time_point> next_availability_change(const availability_state& state, milliseconds grace,
                                                                 time_point now);

}  // namespace signalbox
