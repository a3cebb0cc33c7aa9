#include "rules/availability.hpp"

#include <algorithm>

#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<presence, 2> presences{{"available", "away"}};
constexpr words<presence_reason, 5> reasons{{"manual", "hours", "out_of_office", "disconnected", "no_ack"}};

/// The first moment at which a missing connection makes the user away; nothing when it never does.
std::optional<time_point> given_up_at(const availability_state& state, milliseconds grace) {
  if (state.connected || grace <= milliseconds{0}) return std::nullopt;
  const auto since = std::max(state.disconnected_since.value_or(earliest_time), state.set_at.value_or(earliest_time));
  if (grace >= latest_time - since) return std::nullopt;
  return since + grace + milliseconds{1};  // "for longer than": the whole grace time still counts
}

}  // namespace

std::string_view to_text(presence of) { return presences.of(of); }
std::string_view to_text(presence_reason of) { return reasons.of(of); }
std::optional<presence> parse_presence(std::string_view text) { return presences.parse(text); }

availability availability_of(const availability_state& state, milliseconds grace, time_point now) {
  if (state.no_ack) return {presence::away, presence_reason::no_ack, std::nullopt};
  if (state.until && now >= *state.until) return {presence::away, presence_reason::manual, std::nullopt};
  if (state.set == presence::away) return {presence::away, presence_reason::manual, state.until};
  if (const auto end = given_up_at(state, grace); end && now >= *end)
    return {presence::away, presence_reason::disconnected, std::nullopt};
  return {presence::available, presence_reason::manual, state.until};
}

std::optional<time_point> next_availability_change(const availability_state& state, milliseconds grace, time_point now) {
  if (state.no_ack) return std::nullopt;
  if (state.until && now >= *state.until) return std::nullopt;
  if (state.set == presence::available)
    if (const auto end = given_up_at(state, grace); end && *end > now) return state.until ? std::min(*end, *state.until) : *end;
  return state.until;
}

}  // namespace signalbox
