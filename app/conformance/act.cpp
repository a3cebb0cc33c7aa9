#include "app/conformance/act.hpp"

#include <algorithm>

namespace signalbox {

using std::chrono::milliseconds;

std::vector<act> make_round(std::mt19937_64& chance) {
  const auto between = [&](std::uint32_t least, std::uint32_t most) {
    return static_cast<std::uint32_t>(least + chance() % (most - least + 1));
  };
  act quiet{.name = "quiet", .deliveries = 3};
  std::vector<act> rest{
      {.name = "duplicates, and results in any order",
       .acks = ack_manner::together,
       .ack_after = milliseconds(between(20, 120)),
       .duplicate_percent = 40,
       .dropped_percent = 20},
      {.name = "hardly any credit",
       .acks = ack_manner::together,
       .credit = between(1, 4),
       .batch_max = between(1, 3),
       .ack_after = milliseconds(between(40, 160))},
      {.name = "messages that can't be taken just now", .unavailable_percent = 30},
      {.name = "deliveries without a pause", .end = act_end::kill_on_delivery, .deliveries = between(3, 12)},
      {.name = "a status that is lost", .end = act_end::kill_on_status, .deliveries = between(1, 3)},
      {.name = "killed before the welcome", .end = act_end::kill_before_welcome},
      {.name = "killed again before the welcome", .end = act_end::kill_before_welcome},
      {.name = "killed instead of an acknowledgement", .end = act_end::kill_on_publish, .frames = between(1, 4)},
      {.name = "killed when it was durable", .end = act_end::kill_on_publish, .frames = between(1, 4), .kept = true},
      {.name = "killed within an acknowledgement", .end = act_end::kill_in_ack, .frames = between(1, 4), .kept = true},
      {.name = "killed behind an acknowledgement", .end = act_end::kill_after_ack, .frames = between(1, 4), .kept = true},
      {.name = "drained", .end = act_end::drain, .drain_after = milliseconds(between(100, 400))},
      {.name = "restarted with messages on their way",
       .end = act_end::restart,
       .acks = ack_manner::together,
       .ack_after = milliseconds(60'000)},
      {.name = "killed at some moment", .end = act_end::kill, .deliveries = between(1, 4)},
  };
  std::shuffle(rest.begin(), rest.end(), chance);
  rest.insert(rest.begin(), quiet);
  return rest;
}

act make_rest() { return {.name = "rest", .deliveries = 2}; }

}  // namespace signalbox
