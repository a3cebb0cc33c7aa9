/// A question that an `edge` may be able to answer besides: what another assignment rule would have done. Apart from `edge`, since
/// nothing that works on an account needs it: who is asked is looked for behind the `edge` that a call has, and an edge without it says
/// `unavailable`. As with `edge`, every call returns at once, and `then` is called exactly once, on any thread.
#pragma once

#include "rules/what_if.hpp"
#include "transport/edge.hpp"

namespace signalbox {

/// What came over a channel in [from, to), against `rule`.
struct what_if_query {
  channel_id channel;
  time_point from, to;
  assignment_rule rule;
};
struct what_if_answer {
  time_point from, to;                     ///< the end is earlier than asked for when `truncated`
  bool truncated = false;                  ///< more came than `what_if_arrivals_max`
  std::vector<placement> actual, what_if;  ///< one for each conversation, in the same order
  placement_figures actual_figures, what_if_figures;
};

class what_if_edge {
public:
  virtual ~what_if_edge() = default;
  /// Changes nothing. Refused as saving the rule would be, with pointers below `/assignment`; `rate_limited` while many are waiting.
  virtual void ask_what_if(const principal& by, what_if_query query, reply<what_if_answer> then) = 0;
};

}  // namespace signalbox
