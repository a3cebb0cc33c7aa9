#include "actors/seen_ids.hpp"

#include <algorithm>

namespace signalbox {

void seen_ids::load(time_point now, std::chrono::hours retention) {
  days_.clear();
  // One more day at each end: a message of the last hour of a day may be settled in the next one, and clocks jump.
  const auto days = static_cast<std::uint32_t>((retention.count() + 23) / 24) + 1;
  const auto today = keys::day_of(now) + 1;
  for (auto day = today > days ? today - days : 0; day <= today; ++day) {
    const auto low = keys::message_id(account_, day, channel_, {0, 0});
    const auto high = keys::message_id(account_, day, channel_, {~std::uint64_t{0}, ~std::uint64_t{0}});
    disk_.scan(family::message_ids, low, high, [&](std::string_view, std::string_view) {
      days_.insert(day);
      return false;
    });
  }
}

std::optional<message_id> seen_ids::find(const keys::external_hash& hash) const {
  if (const auto found = recent_.find(hash); found != recent_.end()) return found->second;
  for (const auto day : days_)
    if (const auto value = disk_.get(family::message_ids, keys::message_id(account_, day, channel_, hash)))
      return message_id{keys::read_be64(*value)};
  return std::nullopt;
}

void seen_ids::add(const keys::external_hash& hash, message_id message, time_point at) {
  recent_.emplace(hash, message);
  order_.push_back(hash);
  unsettled_.push_back({channel_, hash, message, at});
}

void seen_ids::forget(const keys::external_hash& hash) {
  if (recent_.erase(hash) == 0) return;
  std::erase(order_, hash);
  // Its message wasn't kept, so it lies behind the durable ones.
  const auto undurable = unsettled_.begin() + static_cast<std::ptrdiff_t>(durable_);
  unsettled_.erase(std::remove_if(undurable, unsettled_.end(), [&](const unsettled_id& one) { return one.hash == hash; }),
                   unsettled_.end());
}

std::size_t seen_ids::settle(change_set& into, std::size_t limit) {
  settling_ = std::min(limit, durable_);
  if (settling_ == 0) return 0;
  std::vector<unsettled_id> sorted(unsettled_.begin(), unsettled_.begin() + static_cast<std::ptrdiff_t>(settling_));
  settle_message_ids(into, account_, sorted);
  return settling_;
}

void seen_ids::settled(std::size_t keep) {
  for (std::size_t i = 0; i < settling_; ++i) days_.insert(keys::day_of(unsettled_[i].received_at));
  unsettled_.erase(unsettled_.begin(), unsettled_.begin() + static_cast<std::ptrdiff_t>(settling_));
  durable_ -= settling_;
  settling_ = 0;
  while (order_.size() > keep + unsettled_.size()) {
    recent_.erase(order_.front());
    order_.pop_front();
  }
}

}  // namespace signalbox
