#include "rules/availability.hpp"

#include <algorithm>
#include <array>

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

std::optional<time_point> earlier(const std::optional<time_point>& a, const std::optional<time_point>& b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

std::string_view to_text(presence of) { return presences.of(of); }
std::string_view to_text(presence_reason of) { return reasons.of(of); }
std::optional<presence> parse_presence(std::string_view text) { return presences.parse(text); }

duty duty_of(const user& who, const availability_state& state, const time_zones* zones, time_point at) {
  duty out;
  const timetable hours{who.time_zone, who.working_hours, {}};
  const auto now = hours_at(hours, zones, at);
  out.within = now.within;
  out.boundary = now.changes_at;
  if (state.set_at) out.hand_ends = hours_at(hours, zones, *state.set_at).changes_at;
  if (state.until) out.after_until = hours_at(hours, zones, *state.until).changes_at;
  struct run_of_spans {
    time_point from, to;
  };
  std::optional<run_of_spans> run;  // spans that touch, as one
  const auto note_run = [&] {
    if (run && run->from <= at && at < run->to) {
      out.out_since = run->from;
      out.out_until = run->to;
    } else if (run && run->from > at) {
      out.next_out = earlier(out.next_out, run->from);
    }
  };
  for (const auto& span : who.out_of_office) {
    if (run && span.from <= run->to) {
      run->to = std::max(run->to, span.to);
      continue;
    }
    note_run();
    run = run_of_spans{span.from, span.to};
  }
  note_run();
  if (!who.working_hours.empty() || !who.out_of_office.empty()) out.from = at;
  for (const auto& end : {out.boundary, out.out_until, out.next_out})
    if (end) out.to = std::min(out.to, *end);
  return out;
}

availability availability_of(const availability_state& state, const duty& at_work, milliseconds grace, time_point now) {
  if (state.no_ack) return {presence::away, presence_reason::no_ack, std::nullopt};
  if (!state.was_available && state.set == presence::away)
    return {presence::away, presence_reason::manual, state.until && now < *state.until ? state.until : std::nullopt};

  const auto hand_ends = state.until ? state.until : at_work.hand_ends;
  const bool by_hand = !hand_ends || now < *hand_ends;
  const bool interrupted = !state.until && at_work.out_since && state.set_at.value_or(earliest_time) < *at_work.out_since;
  if (at_work.out_since && (!by_hand || interrupted)) return {presence::away, presence_reason::out_of_office, at_work.out_until};
  if (by_hand && state.set == presence::away)
    return {presence::away, presence_reason::manual, state.until ? state.until : earlier(hand_ends, at_work.next_out)};
  if (!by_hand) {
    // `available` up to a time says that it ends; the hours have their say again from the next boundary on.
    const bool said_to_end = state.until && state.set == presence::available;
    if (said_to_end && (!at_work.after_until || now < *at_work.after_until))
      return {presence::away, presence_reason::manual, earlier(at_work.after_until, at_work.next_out)};
    if (!at_work.within) return {presence::away, presence_reason::hours, earlier(at_work.boundary, at_work.next_out)};
  }
  if (const auto end = given_up_at(state, grace); end && now >= *end)
    return {presence::away, presence_reason::disconnected, std::nullopt};
  if (by_hand && state.until) return {presence::available, presence_reason::manual, state.until};
  if (by_hand) return {presence::available, presence_reason::manual, earlier(hand_ends, at_work.next_out)};
  const auto why = at_work.boundary ? presence_reason::hours : presence_reason::manual;
  return {presence::available, why, earlier(at_work.boundary, at_work.next_out)};
}

std::optional<time_point> next_availability_change(const availability_state& state, const duty& at_work, milliseconds grace,
                                                   time_point now) {
  if (state.no_ack) return std::nullopt;
  std::array<std::optional<time_point>, 7> candidates{
      state.until,       at_work.hand_ends, at_work.after_until,      at_work.boundary,
      at_work.out_until, at_work.next_out,  given_up_at(state, grace)};
  std::sort(candidates.begin(), candidates.end());  // absent ones first
  const auto before = availability_of(state, at_work, grace, now);
  for (const auto& at : candidates) {
    if (!at || *at <= now) continue;
    if (*at >= at_work.to || availability_of(state, at_work, grace, *at) != before) return at;
  }
  return std::nullopt;
}

}  // namespace signalbox
