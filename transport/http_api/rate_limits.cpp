#include "transport/http_api/rate_limits.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "transport/http_api/answers.hpp"

namespace signalbox {

namespace {

std::string whole_seconds(std::chrono::microseconds of, std::int64_t least = 0) {
  return std::to_string(std::max(std::chrono::ceil<std::chrono::seconds>(of).count(), least));
}

}  // namespace

allowance_granted rate_limits::take(std::string_view bearer, time_point now) {
  const std::lock_guard guard{lock_};
  const auto answer = budgets_[std::hash<std::string_view>{}(bearer)].take(rule_, now);
  if (budgets_.size() >= look_again_at_) forget_whole(now);
  return answer;
}

void rate_limits::forget_whole(time_point now) {
  std::erase_if(budgets_, [&](const auto& each) { return each.second.whole(now); });
  look_again_at_ = std::max<std::size_t>(1024, 2 * budgets_.size());
}

void rate_limits::tell(http_answer& in, const allowance_granted& what) const {
  in.headers.emplace_back("RateLimit-Limit", std::to_string(rule_.burst));
  in.headers.emplace_back("RateLimit-Remaining", std::to_string(what.remaining));
  in.headers.emplace_back("RateLimit-Reset", whole_seconds(what.until_full));
  in.headers.emplace_back("RateLimit-Policy", std::to_string(rule_.burst) + ";w=" + whole_seconds(rule_.refill(), 1));
  if (!what.granted) set_retry_after(in, what.next);
}

std::size_t rate_limits::size() const {
  const std::lock_guard guard{lock_};
  return budgets_.size();
}

}  // namespace signalbox
