/// Hours of a week in a time zone, over its daylight-saving changes: when they begin and end.
#pragma once

#include <optional>
#include <string>

#include "rules/account.hpp"

namespace signalbox {

/// What is known of time zones. Owned by whoever gives it in; const calls from any thread.
class time_zones {
public:
  /// The offset from UTC is the same in [begins, ends).
  struct period {
    std::chrono::seconds offset{0};
    time_point begins = time_point::min();
    time_point ends = time_point::max();
  };
  virtual ~time_zones() = default;
  /// The period around `at`; nothing for a zone that isn't known.
  [[nodiscard]] virtual std::optional<period> find(const std::string& zone, time_point at) const = 0;
};

struct hours_state {
  bool within = true;
  std::optional<time_point> changes_at;  ///< when `within` is next different; absent: never
  bool operator==(const hours_state&) const = default;
};

/// What the wall clock of the zone says at `at`, and until when. Spans count by that clock: a time of day that is skipped in
/// spring belongs to nobody, one that comes twice in autumn counts twice. A holiday takes its whole day. A zone that `zones`
/// doesn't know counts as UTC, null knows none.
[[nodiscard]] hours_state hours_at(const timetable& of, const time_zones* zones, time_point at);

/// Time as one actor reads it: small steps back of the clock are waited out, so that no boundary comes twice; a larger one is
/// a correction and believed at once.
class forward_time {
public:
  static constexpr milliseconds waited_out_max = std::chrono::minutes{1};
  time_point operator()(time_point read) {
    if (read >= latest_ || latest_ - read > waited_out_max) latest_ = read;
    return latest_;
  }

private:
  time_point latest_ = earliest_time;
};

}  // namespace signalbox
