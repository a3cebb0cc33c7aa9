/// How many calls each token may make, and the headers that say so.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "rules/allowance.hpp"
#include "transport/http_exchange.hpp"

namespace signalbox {

/// One budget a token. Bounded by the tokens there are, since only those that were found good are counted; budgets that are
/// whole again are forgotten now and then. Thread-safe.
class rate_limits {
public:
  explicit rate_limits(allowance_rule rule) : rule_(rule) {}

  /// Whether there are limits at all; if not, nobody is asked.
  [[nodiscard]] bool any() const { return rule_.limits(); }
  /// One call with `bearer`. @pre any()
  [[nodiscard]] allowance_granted take(std::string_view bearer, time_point now);
  /// `RateLimit-Limit`, `-Remaining`, `-Reset` and `-Policy`, and `Retry-After` when it was refused.
  void tell(http_answer& in, const allowance_granted& what) const;

  [[nodiscard]] std::size_t size() const;

private:
  void forget_whole(time_point now);

  const allowance_rule rule_;
  mutable std::mutex lock_;
  std::unordered_map<std::size_t, allowance> budgets_;  ///< by the token's hash: the secret isn't kept here
  std::size_t look_again_at_ = 1024;                    ///< so many budgets are worth a look for those that are whole
};

}  // namespace signalbox
