#include "actors/seen_ids.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace signalbox {

namespace {
std::size_t part_of(const unsettled_id& of) { return of.hash.high >> 56; }

/// With the room that they took: a burst's isn't kept.
template <class T>
void drop_first(std::vector<T>& of, std::size_t count) {
  of = std::vector<T>(of.begin() + static_cast<std::ptrdiff_t>(count), of.end());
}
}  // namespace

void seen_ids::load(time_point now, std::chrono::hours retention) {
  buckets_.clear();
  // More days at each end: a bucket begins before its ids, and clocks jump. A bucket of a store of before there were any is a day.
  const auto days = static_cast<std::uint32_t>((retention.count() + 23) / 24) + keys::id_bucket_days;
  const auto today = keys::day_of(now) + 1;
  for (auto day = today > days ? today - days : 0; day <= today; ++day) {
    const auto low = keys::message_id(account_, day, channel_, {0, 0});
    const auto high = keys::message_id(account_, day, channel_, {~std::uint64_t{0}, ~std::uint64_t{0}});
    disk_.scan(family::message_ids, low, high, [&](std::string_view, std::string_view) {
      buckets_.insert(day);
      return false;
    });
  }
}

std::span<const std::optional<message_id>> seen_ids::find(std::span<const keys::external_hash> all) {
  found_.assign(all.size(), std::nullopt);
  asked_.clear();
  for (std::size_t i = 0; i < all.size(); ++i) {
    found_[i] = recent_.find(all[i]);
    if (!found_[i]) asked_.push_back(i);
  }
  for (const auto bucket : buckets_) {
    if (asked_.empty()) break;
    // Keys of before are written over: they differ in their ends alone.
    const auto one = keys::message_id(account_, bucket, channel_, {0, 0});
    if (asked_keys_.size() < asked_.size()) asked_keys_.resize(asked_.size());
    for (std::size_t k = 0; k < asked_.size(); ++k) {
      auto& key = asked_keys_[k];
      key = one;
      keys::write_hash(key, all[asked_[k]]);
    }
    const auto stored = disk_.get_many(family::message_ids, std::span{asked_keys_}.first(asked_.size()));
    std::size_t left = 0;
    for (std::size_t k = 0; k < asked_.size(); ++k) {
      if (stored[k])
        found_[asked_[k]] = message_id{keys::read_be64(*stored[k])};
      else
        asked_[left++] = asked_[k];
    }
    asked_.resize(left);
  }
  return found_;
}

std::optional<message_id> seen_ids::add(const keys::external_hash& hash, message_id message, time_point at) {
  if (const auto before = recent_.add(hash, message)) return before;
  order_.push_back(hash);
  unsettled_.push_back({keys::id_bucket_of(at), channel_, hash, message});
  return std::nullopt;
}

void seen_ids::forget(const keys::external_hash& hash) {
  if (!recent_.erase(hash)) return;
  order_.erase(std::remove(order_.begin() + static_cast<std::ptrdiff_t>(forgotten_), order_.end(), hash), order_.end());
  // Its message wasn't kept, so it lies behind the durable ones.
  const auto undurable = unsettled_.begin() + static_cast<std::ptrdiff_t>(durable_);
  unsettled_.erase(std::remove_if(undurable, unsettled_.end(), [&](const unsettled_id& one) { return one.hash == hash; }),
                   unsettled_.end());
}

std::size_t seen_ids::begin_round() {
  // By the first byte of their hashes: sorting all at once would keep messages waiting. Each piece sorts its own.
  std::array<std::size_t, 257> begins{};
  const auto last = unsettled_.begin() + static_cast<std::ptrdiff_t>(durable_);
  for (auto at = unsettled_.begin(); at != last; ++at) ++begins[part_of(*at) + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  round_.resize(durable_);
  for (auto at = unsettled_.begin(); at != last; ++at) round_[begins[part_of(*at)]++] = *at;
  written_ = settling_ = 0;
  return round_.size();
}

std::size_t seen_ids::settle(change_set& into, std::size_t limit) {
  settling_ = std::min(limit, round_.size() - written_);
  const auto piece = std::span{round_}.subspan(written_, settling_);
  std::ranges::sort(piece);
  settle_message_ids(into, account_, piece);
  return settling_;
}

void seen_ids::settled(std::size_t keep) {
  for (const auto& one : std::span{round_}.subspan(written_, settling_)) buckets_.insert(one.bucket);
  written_ += std::exchange(settling_, 0);
  if (written_ < round_.size()) return;
  drop_first(unsettled_, round_.size());
  durable_ -= round_.size();
  round_ = {};
  written_ = 0;
  for (; in_memory() > keep + unsettled_.size(); ++forgotten_) recent_.erase(order_[forgotten_]);
  if (forgotten_ > order_.size() / 4) drop_first(order_, std::exchange(forgotten_, 0));
}

}  // namespace signalbox
