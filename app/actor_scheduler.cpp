#include "app/actor_scheduler.hpp"

#include <pthread.h>

#include <caf/resumable.hpp>
#include <chrono>
#include <utility>

namespace signalbox {
namespace {

constexpr std::uint64_t turn_ns = 500'000;     ///< how long actors run between two looks at the sockets
constexpr std::uint64_t look_ns = 20'000'000;  ///< how long the load is measured at least
// Measured at one message a frame on two cores: one thread is full at about 14,000 messages a second.
constexpr double too_busy = 0.6, idle_enough = 0.35;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds{std::chrono::steady_clock::now().time_since_epoch()}.count());
}

std::optional<clockid_t> cpu_clock_of_this_thread() {
  clockid_t found{};
  return pthread_getcpuclockid(pthread_self(), &found) == 0 ? std::optional{found} : std::nullopt;
}

std::uint64_t spent_ns(const std::optional<clockid_t>& by) {
  timespec at{};
  if (!by || clock_gettime(*by, &at) != 0) return 0;
  return static_cast<std::uint64_t>(at.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(at.tv_nsec);
}

}  // namespace

actor_place next_place(actor_place now, double busy) {
  if (busy > too_busy) return actor_place::own_thread;
  return busy < idle_enough ? actor_place::loop : now;
}

void actor_scheduler::install(caf::actor_system_config& config, actor_scheduler*& found) {
  config.module_factories.emplace_back([&found](caf::actor_system& system) -> caf::actor_system::module* {
    found = new actor_scheduler(system);
    return found;
  });
}

actor_scheduler::actor_scheduler(caf::actor_system& system) : abstract_coordinator(system), loops_(&system), owns_(&system) {}

actor_scheduler::~actor_scheduler() = default;

void actor_scheduler::work_on(std::function<void()> wake) {
  const std::lock_guard held{lock_};
  wake_ = std::move(wake);
  loop_cpu_.reset();
  // A loop that has ended may not turn any more, though it was woken.
  if (!arrived_.empty()) tell_somebody();
}

void actor_scheduler::enqueue(caf::resumable* what) {
  const std::lock_guard held{lock_};
  arrived_.push_back(what);
  if (!told_) tell_somebody();
}

void actor_scheduler::tell_somebody() {
  told_ = true;
  if (wake_ && place_ == actor_place::loop) return wake_();
  own_told_ = true;
  wake_own_.notify_one();
}

void actor_scheduler::turn() {
  if (!loop_cpu_) {
    const std::lock_guard held{lock_};
    loop_cpu_ = cpu_clock_of_this_thread();
    since_ns_ = 0;
  }
  turn(loops_);
}

void actor_scheduler::turn(unit& on) {
  on.taken.clear();
  {
    const std::lock_guard held{lock_};
    on.taken.swap(arrived_);
    told_ = false;
    look_at_load();
  }
  on.ready.insert(on.ready.end(), on.taken.begin(), on.taken.end());
  run(on);
  if (on.ready.empty()) return;
  // The rest comes first in the next turn, whoever works then.
  const std::lock_guard held{lock_};
  arrived_.insert(arrived_.begin(), on.ready.begin(), on.ready.end());
  on.ready.clear();
  if (!told_) tell_somebody();
}

void actor_scheduler::look_at_load() {
  const auto now = now_ns();
  if (now - since_ns_ < look_ns) return;
  const auto busy = spent_ns(loop_cpu_) + spent_ns(own_cpu_);
  if (since_ns_ != 0 && busy >= busy_ns_)
    place_ = next_place(place_, static_cast<double>(busy - busy_ns_) / static_cast<double>(now - since_ns_));
  since_ns_ = now;
  busy_ns_ = busy;
}

void actor_scheduler::run(unit& on) {
  const auto until = now_ns() + turn_ns;
  while (!on.ready.empty()) {
    auto* next = on.ready.front();
    on.ready.pop_front();
    switch (next->resume(&on, max_throughput())) {
      case caf::resumable::resume_later:
        on.ready.push_back(next);
        break;
      case caf::resumable::done:
      case caf::resumable::awaiting_message:
        intrusive_ptr_release(next);
        break;
      case caf::resumable::shutdown_execution_unit:
        break;
    }
    if (now_ns() >= until) return;
  }
}

void actor_scheduler::work_alone() {
  for (;;) {
    {
      std::unique_lock held{lock_};
      if (!own_cpu_) own_cpu_ = cpu_clock_of_this_thread();
      wake_own_.wait(held, [this] { return own_told_ || ending_; });
      if (!own_told_) return;
      own_told_ = false;
    }
    turn(owns_);
  }
}

void actor_scheduler::start() {
  own_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), "actors");
    work_alone();
  }};
  timer_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), "actor.clock");
    clock_.run_dispatch_loop();
  }};
  abstract_coordinator::start();
}

void actor_scheduler::stop() {
  stop_actors();
  {
    const std::lock_guard held{lock_};
    ending_ = true;
  }
  wake_own_.notify_one();
  own_.join();
  for (auto* each : arrived_) cleanup_and_release(each);
  arrived_.clear();
  clock_.cancel_dispatch_loop();
  timer_.join();
}

}  // namespace signalbox
