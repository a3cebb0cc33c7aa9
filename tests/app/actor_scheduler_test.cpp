#include "app/actor_scheduler.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <thread>

namespace signalbox {
namespace {

TEST(ActorScheduler, TheLoopWorksWhileItHasTimeToSpare) {
  using enum actor_place;
  EXPECT_EQ(next_place(loop, 0.0), loop);
  EXPECT_EQ(next_place(loop, 0.5), loop);
  EXPECT_EQ(next_place(loop, 0.9), own_thread);
  EXPECT_EQ(next_place(own_thread, 1.8), own_thread);
  EXPECT_EQ(next_place(own_thread, 0.5), own_thread);  // no going to and fro
  EXPECT_EQ(next_place(own_thread, 0.1), loop);
}

/// A loop as the sockets' one is, and a system whose actors may run on it.
struct loop_and_system {
  actor_scheduler* scheduler = nullptr;
  caf::actor_system_config config;
  boost::asio::io_context loop{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> kept{loop.get_executor()};
  std::thread turning;

  loop_and_system() { actor_scheduler::install(config, scheduler); }
  void start_loop() {
    turning = std::thread{[this] { loop.run(); }};
    scheduler->work_on([this] { boost::asio::post(loop, [this] { scheduler->turn(); }); });
  }
  void end_loop() {
    loop.stop();
    turning.join();
    scheduler->work_on({});
  }
};

caf::behavior adder(caf::event_based_actor*, std::atomic<int>* sum, std::thread::id* ran_on) {
  return {[sum, ran_on](int n) {
    *ran_on = std::this_thread::get_id();
    *sum += n;
  }};
}

void send_and_await(const caf::actor& to, std::atomic<int>& sum, int upto) {
  const auto before = sum.load();
  for (int i = 0; i < upto; ++i) caf::anon_send(to, 1);
  while (sum.load() < before + upto) std::this_thread::yield();
}

TEST(ActorScheduler, WorksBeforeOnAndAfterTheLoop) {
  loop_and_system all;
  std::atomic<int> sum = 0;
  std::thread::id ran_on;
  {
    caf::actor_system system{all.config};
    const auto actor = system.spawn(adder, &sum, &ran_on);
    send_and_await(actor, sum, 1000);
    EXPECT_NE(ran_on, std::this_thread::get_id());
    all.start_loop();
    std::this_thread::sleep_for(std::chrono::milliseconds{30});  // longer than the load is measured: nothing was to be done
    send_and_await(actor, sum, 1);
    send_and_await(actor, sum, 1);
    const auto loops = all.turning.get_id();
    all.end_loop();
    EXPECT_EQ(ran_on, loops);
    send_and_await(actor, sum, 1000);
    EXPECT_NE(ran_on, loops);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  EXPECT_EQ(sum.load(), 2002);
}

/// Whatever changes hands meanwhile, nobody is forgotten and nobody runs twice at once.
TEST(ActorScheduler, ManyActorsThatWakeEachOtherAllEnd) {
  loop_and_system all;
  std::atomic<int> left = 0;
  std::atomic<bool> twice = false;
  {
    caf::actor_system system{all.config};
    all.start_loop();
    struct ring_state {
      std::atomic<bool> inside = false;
    };
    constexpr int count = 200, rounds = 500;
    std::vector<caf::actor> ring;
    std::vector<ring_state> states(count);
    left = count;
    for (int i = 0; i < count; ++i) {
      // With an argument: without one CAF 0.17 binds a reference to nothing, which UBSan reports.
      const auto member = [&](caf::event_based_actor* self, int number) -> caf::behavior {
        return {[&, number, self](int round) {
          if (states[static_cast<std::size_t>(number)].inside.exchange(true)) twice = true;
          if (round == rounds)
            --left;
          else
            self->send(ring[static_cast<std::size_t>((number + 1) % count)], round + 1);
          states[static_cast<std::size_t>(number)].inside = false;
        }};
      };
      ring.push_back(system.spawn(member, i));
    }
    for (const auto& one : ring) caf::anon_send(one, 0);
    while (left.load() > 0) std::this_thread::yield();
    for (const auto& one : ring) caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
    ring.clear();
    all.end_loop();
  }
  EXPECT_FALSE(twice.load());
}

}  // namespace
}  // namespace signalbox
