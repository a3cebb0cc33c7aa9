// What the time of day changes: channels' business hours, and agents whose working hours begin together.
#include <caf/send.hpp>

#include "actors/inbox_state.hpp"

namespace signalbox {

namespace {
constexpr milliseconds gathered_within{10};  ///< agents of one timetable speak within a few milliseconds
}  // namespace

void inbox_state::on_tick() {
  ticks_.came(env.now_ns());
  if (gather_ends_ns_ && env.now_ns() >= *gather_ends_ns_) {
    gather_ends_ns_.reset();
    queue_may_move_ = true;
  }
  if (gather_ends_ns_) wake_in(gathered_within);
  look_at_hours();
  look_for_due();
  pump();
}

/// The queue is gone through once for all of them, rather than given to the first who speaks.
void inbox_state::gather() {
  if (gather_ends_ns_) return;
  gather_ends_ns_ = env.now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds{gathered_within}.count());
  wake_in(gathered_within);
}

void inbox_state::wake_in(milliseconds wait) {
  if (const auto asked = ticks_.ask(env.now_ns(), wait)) self_->delayed_send(self_, *asked, tick{});
}

bool inbox_state::hours_are_due() {
  if (!hours_change_) return false;
  const auto now = believed_(env.now());
  return now >= *hours_change_ || now < hours_seen_;
}

/// A25. Opens and closes every channel as its business hours say, and waits for the next time.
void inbox_state::look_at_hours() {
  hours_seen_ = believed_(env.now());
  hours_change_.reset();
  auto* candidates = candidates_.used();
  if (!candidates) return;
  for (auto& [id, pool] : candidates->pools) {
    const auto* channel = config_->channels.find(id);
    hours_state state;
    if (channel && channel->business_hours) state = hours_at(*channel->business_hours, env.zones, hours_seen_);
    if (pool.set_open(state.within) && state.within) gather();
    if (state.changes_at && (!hours_change_ || *state.changes_at < *hours_change_)) hours_change_ = state.changes_at;
  }
  if (hours_change_) wake_in(*hours_change_ - hours_seen_);
}

}  // namespace signalbox
