#include "bench/load/run.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>

#include "bench/load/backlog.hpp"
#include "bench/load/sync_counter.hpp"
#include "bench/load/usage.hpp"

namespace signalbox::load {
namespace {

using std::chrono::nanoseconds;

ns_time to_ns(double seconds) { return static_cast<ns_time>(seconds * ns_per_second); }

class run : target_observer {
public:
  run(const contender& who, const run_plan& plan) : who_(who), plan_(plan), unacknowledged_(who.on->producers()) {}

  run_result operator()(const std::function<void()>& meanwhile) {
    std::optional<sync_counter> syncs;
    if (plan_.count_syncs) syncs.emplace(who_.on->server_pids());
    start_ = now_ns();
    measure_from_ = start_ + to_ns(plan_.warmup);
    end_ = measure_from_ + to_ns(plan_.seconds);
    sample_at_ = measure_from_;
    for (std::uint32_t p = 0; p < who_.on->producers(); ++p) {
      schedules_.emplace_back(plan_.rate.value_or(1), who_.on->producers(), p, start_);
    }
    sent_.resize(schedules_.size());

    for (;;) {
      const auto now = now_ns();
      measure(now);
      if (now >= end_) break;
      const auto wait = send_due(now);
      who_.on->poll(wait, *this);
      if (meanwhile && now >= meanwhile_at_) {
        meanwhile();
        meanwhile_at_ = now + to_ns(0.5);
      }
    }
    drain(meanwhile);
    if (syncs)
      result_.syncs_a_message =
          static_cast<double>(syncs->count()) / static_cast<double>(std::max<std::uint64_t>(1, sent_in_all_));
    return finish();
  }

private:
  void acknowledged(std::uint32_t producer, std::uint64_t messages) override {
    auto& waiting = unacknowledged_[producer];
    if (messages > waiting.size()) {
      violated("more was acknowledged than sent");
      messages = waiting.size();
    }
    const auto now = now_ns();
    for (; messages > 0; --messages) {
      if (in_measure(waiting.front())) result_.to_ack.record(now - waiting.front());
      if (in_measure(now)) ++acknowledged_in_time_;
      waiting.pop_front();
    }
  }

  bool received(std::uint32_t agent, std::string_view text) override {
    const auto what = read_stamp(text);
    if (!what) {
      violated("an agent got a message that nobody sent: " + std::string{text.substr(0, 60)});
      return false;
    }
    who_.book->received(*what, agent);
    ++received_;
    const auto now = last_received_ = now_ns();
    if (agent >= plan_.slow_agents && in_measure(what->intended)) result_.to_agent.record(now - what->intended);
    if (in_measure(now)) ++received_in_time_;
    return what->last;
  }

  void violated(std::string what) override { who_.book->violated(std::move(what)); }

  [[nodiscard]] bool in_measure(ns_time at) const { return at >= measure_from_ && at < end_; }

  // Sends what is due and has room; gives how long nothing will be due.
  nanoseconds send_due(ns_time now) {
    const auto tick = static_cast<ns_time>(nanoseconds{plan_.tick}.count());
    if (plan_.rate && now < written_at_ + tick) return nanoseconds{written_at_ + tick - now};
    auto next = std::numeric_limits<ns_time>::max();
    bool wrote = false;
    for (std::uint32_t p = 0; p < schedules_.size(); ++p) {
      const auto due = plan_.rate ? schedules_[p].due(now) - sent_[p] : std::numeric_limits<std::uint64_t>::max();
      const auto count = std::min(due, who_.on->room(p));
      // Closed loop: a frame at a time, so that whole frames go out and acknowledgements are read in between.
      if (!plan_.rate && count < plan_.frame_messages) continue;
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto intended = plan_.rate ? schedules_[p].at(sent_[p]) : now;
        who_.on->append(*who_.work, p, intended);
        unacknowledged_[p].push_back(intended);
        ++sent_[p];
        if ((i + 1) % plan_.frame_messages == 0) who_.on->end_frame(p);
      }
      who_.book->sent(count);
      sent_in_all_ += count;
      if (count > 0) {
        who_.on->end_frame(p);
        who_.on->write(p);
        wrote = true;
      }
      if (plan_.rate) next = std::min(next, schedules_[p].at(sent_[p]));
    }
    if (wrote) written_at_ = now;
    if (!plan_.rate) return wrote ? nanoseconds{0} : nanoseconds{1'000'000};
    const auto at = std::min(std::max(next, now + tick), end_);
    return nanoseconds{at > now ? at - now : 0};
  }

  void measure(ns_time now) {
    if (!measuring_ && now >= measure_from_) {
      measuring_ = true;
      client_cpu_ = own_cpu_seconds();
      server_cpu_ = cpu_seconds_of(who_.on->server_pids());
    }
    if (now >= sample_at_) {
      samples_.push_back(backlog(now));
      sample_at_ += to_ns(plan_.seconds / 50);
    }
    if (now < end_) return;
    result_.client_cpu_seconds = own_cpu_seconds() - client_cpu_;
    result_.server_cpu_seconds = cpu_seconds_of(who_.on->server_pids()) - server_cpu_;
    result_.server_resident_bytes = resident_bytes_of(who_.on->server_pids());
  }

  // Messages that should have been sent and that no agent has yet.
  [[nodiscard]] std::uint64_t backlog(ns_time now) const {
    std::uint64_t due = sent_in_all_;
    if (plan_.rate) {
      due = 0;
      for (const auto& each : schedules_) due += each.due(now);
    }
    return due > received_ ? due - received_ : 0;
  }

  [[nodiscard]] bool settled() const {
    return received_ >= sent_in_all_ &&
           std::all_of(unacknowledged_.begin(), unacknowledged_.end(), [](const auto& of) { return of.empty(); });
  }

  void drain(const std::function<void()>& meanwhile) {
    const auto give_up = now_ns() + to_ns(plan_.drain_seconds_max);
    while (!settled() && now_ns() < give_up) {
      who_.on->poll(std::chrono::milliseconds{5}, *this);
      if (meanwhile) meanwhile();
    }
    // A message that comes twice would come about now.
    who_.on->poll(std::chrono::milliseconds{20}, *this);
    std::uint64_t silent = 0;
    for (const auto& of : unacknowledged_) silent += of.size();
    if (silent > 0) violated(std::to_string(silent) + " messages were never acknowledged");
  }

  run_result finish() {
    result_.offered = plan_.rate.value_or(0);
    result_.seconds = plan_.seconds;
    result_.messages = received_in_time_;
    result_.received_rate = static_cast<double>(received_in_time_) / plan_.seconds;
    if (last_received_ > start_)
      result_.rate_in_all = static_cast<double>(received_) * ns_per_second / static_cast<double>(last_received_ - start_);
    result_.acknowledged_rate = static_cast<double>(acknowledged_in_time_) / plan_.seconds;
    result_.backlog_max = samples_.empty() ? 0 : *std::max_element(samples_.begin(), samples_.end());
    result_.all_came = settled();
    result_.sustained = result_.all_came && (!plan_.rate || !backlog_grows(samples_, *plan_.rate));
    return std::move(result_);
  }

  contender who_;
  run_plan plan_;
  run_result result_;
  ns_time start_ = 0, measure_from_ = 0, end_ = 0, sample_at_ = 0, written_at_ = 0, meanwhile_at_ = 0, last_received_ = 0;
  std::vector<schedule> schedules_;
  std::vector<std::uint64_t> sent_;                  // by producer
  std::vector<std::deque<ns_time>> unacknowledged_;  // by producer: intended times; bounded by the target's room
  std::uint64_t sent_in_all_ = 0, received_ = 0, received_in_time_ = 0, acknowledged_in_time_ = 0;
  std::vector<std::uint64_t> samples_;
  bool measuring_ = false;
  double client_cpu_ = 0, server_cpu_ = 0;
};

}  // namespace

ns_time now_ns() { return static_cast<ns_time>(nanoseconds{std::chrono::steady_clock::now().time_since_epoch()}.count()); }

run_result run_once(const contender& who, const run_plan& plan, const std::function<void()>& meanwhile) {
  return run{who, plan}(meanwhile);
}

}  // namespace signalbox::load
