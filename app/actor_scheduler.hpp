/// Runs CAF's actors where they cost least on a machine of few cores (docs/decisions/0003): on the sockets' loop while that has time to
/// spare, so that a message goes from its socket through the actors to JOURNAL, and back to the agents' sockets, without waking
/// a third thread; on a thread of their own while there is more to do.
#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/execution_unit.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace signalbox {

/// Who works next, by how busy the loop's and the own thread were together: 1 is a core. Between the two bounds all stays as it is.
enum class actor_place : std::uint8_t { loop, own_thread };
[[nodiscard]] actor_place next_place(actor_place now, double busy);

/// Owned by the actor system. An actor never runs on two threads at once, whoever works.
class actor_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  /// Makes `config`'s system use one. It is where `found` says once the system was made.
  static void install(caf::actor_system_config& config, actor_scheduler*& found);

  explicit actor_scheduler(caf::actor_system& system);
  ~actor_scheduler() override;

  /// From here on `wake` is called, from any thread, when there is work for the loop; it makes the loop call `turn` soon, must not
  /// block and must not come back here. An empty one: the own thread does everything, as before the first call. A wake of before
  /// may still turn.
  void work_on(std::function<void()> wake);
  /// On the loop's thread: works for a bounded while, and wakes again if there is more.
  void turn();

  // Of caf::scheduler::abstract_coordinator.
  void enqueue(caf::resumable* what) override;
  caf::actor_clock& clock() noexcept override { return clock_; }

protected:
  void start() override;
  void stop() override;

private:
  /// What CAF sees of a thread that works. What actors wake meanwhile goes to the end of `ready`, without a lock.
  struct unit final : caf::execution_unit {
    explicit unit(caf::actor_system* of) : execution_unit(of) {}
    void exec_later(caf::resumable* what) override { ready.push_back(what); }
    std::deque<caf::resumable*> ready;
    std::vector<caf::resumable*> taken;  ///< kept for its capacity
  };

  void turn(unit& on);
  void run(unit& on);
  void tell_somebody();  ///< @pre `lock_` is held
  void work_alone();
  void look_at_load();

  std::mutex lock_;
  std::condition_variable wake_own_;
  std::vector<caf::resumable*> arrived_;
  std::function<void()> wake_;
  actor_place place_ = actor_place::loop;
  bool told_ = false;      ///< somebody will take what arrived
  bool own_told_ = false;  ///< and it is the own thread
  bool ending_ = false;
  // How busy the two threads were since `since_ns_`. Of whoever works, under `lock_`.
  std::uint64_t since_ns_ = 0;
  std::uint64_t busy_ns_ = 0;
  std::optional<clockid_t> loop_cpu_, own_cpu_;

  unit loops_, owns_;
  std::thread own_;
  std::thread timer_;
  caf::detail::thread_safe_actor_clock clock_;
};

}  // namespace signalbox
