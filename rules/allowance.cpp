#include "rules/allowance.hpp"

#include <algorithm>

namespace signalbox {

using std::chrono::microseconds;

allowance_granted allowance::take(const allowance_rule& by, time_point now) {
  // Kept as the one moment at which the budget is whole: what is missing from it grows back in the time until then.
  const microseconds each = by.each(), whole = each * by.burst;
  microseconds missing = std::clamp(microseconds{full_at_ - now}, microseconds{0}, whole);
  allowance_granted out;
  out.granted = missing + each <= whole;
  if (out.granted) missing += each;
  full_at_ = now + missing;
  out.remaining = static_cast<std::uint32_t>((whole - missing) / each);
  out.next = out.remaining > 0 ? microseconds{0} : missing + each - whole;
  out.until_full = missing;
  return out;
}

}  // namespace signalbox
