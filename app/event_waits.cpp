#include "app/event_waits.hpp"

#include <boost/asio/post.hpp>
#include <vector>

namespace signalbox {

using boost::system::error_code;
using std::chrono::steady_clock;

void event_waits::add(principal by, std::uint8_t group, account_events_query query, reply<account_events_page> then) {
  const auto one = std::make_shared<waiting>(
      waiting{std::move(by), group, std::move(query), std::move(then), boost::asio::steady_timer{strand_}});
  one->until.expires_after(one->query.wait);
  boost::asio::post(strand_, [this, one] { take(one); });
}

void event_waits::stop() {
  boost::asio::post(strand_, [this] {
    stopped_ = true;
    for (auto& in : groups_) {
      in.again.reset();
      for (const auto& one : std::vector<pointer>(in.all.begin(), in.all.end())) end_empty(one);
    }
  });
}

void event_waits::take(const pointer& one) {
  if (stopped_) return one->then(account_events_page{{}, *one->query.after, false});
  if (const auto token = one->by.token) {
    if (by_token_[*token] >= event_waits_per_token_max) forget_hung_up(*token);
    auto& held = by_token_[*token];
    if (held >= event_waits_per_token_max)
      return one->then(refuse(refusal_code::rate_limited, "this token waits for events " + std::to_string(held) +
                                                              " times already; let one end, or call without wait"));
    ++held;
  }
  groups_.at(one->group).all.insert(one);
  probes_.event_waits_changed(1);
  one->until.async_wait([this, which = std::weak_ptr{one}](error_code cancelled) {
    const auto late = which.lock();
    if (!cancelled && late && groups_.at(late->group).all.contains(late)) end_empty(late);
  });
  be_told(one->group);
  look_at(one);  // the log may have grown since the caller looked
}

void event_waits::be_told(std::uint8_t group) {
  auto& in = groups_.at(group);
  if (in.told_of || in.all.empty()) return;
  in.told_of = true;
  tail_(group, [this, group] { boost::asio::post(strand_, [this, group] { grew(group); }); });
}

void event_waits::grew(std::uint8_t group) {
  auto& in = groups_.at(group);
  in.told_of = false;
  if (in.all.empty() || in.again) return;
  const auto next = in.looked_at + look_every;
  if (steady_clock::now() >= next) return look_after(group);
  in.again = std::make_unique<boost::asio::steady_timer>(strand_, next);
  in.again->async_wait([this, group](error_code cancelled) {
    if (cancelled) return;
    groups_.at(group).again.reset();
    look_after(group);
  });
}

void event_waits::look_after(std::uint8_t group) {
  auto& in = groups_.at(group);
  be_told(group);  // before looking: what comes meanwhile is told of
  for (const auto& one : std::vector<pointer>(in.all.begin(), in.all.end())) {
    if (one->hung_up()) {
      end_empty(one);
    } else {
      look_at(one);
    }
  }
  in.looked_at = steady_clock::now();
}

void event_waits::look_at(const pointer& one) {
  auto found = read_(one->by, one->query);
  const auto* page = std::get_if<account_events_page>(&found);
  if (!page || !page->items.empty() || page->more) return end(one, std::move(found));
  one->query.after = page->next;
}

void event_waits::forget_hung_up(token_id of) {
  for (const auto& in : groups_)
    for (const auto& one : std::vector<pointer>(in.all.begin(), in.all.end()))
      if (one->by.token == of && one->hung_up()) end_empty(one);
}

void event_waits::end(const pointer& one, outcome<account_events_page> with) {
  groups_.at(one->group).all.erase(one);
  probes_.event_waits_changed(-1);
  one->until.cancel();
  if (const auto token = one->by.token) {
    const auto held = by_token_.find(*token);
    if (held != by_token_.end() && --held->second == 0) by_token_.erase(held);
  }
  one->then(std::move(with));
}

}  // namespace signalbox
