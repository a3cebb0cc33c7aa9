#include "storage/merge_threads.hpp"

#include <rocksdb/listener.h>
#include <sched.h>

namespace signalbox {
namespace {

/// The later half: interrupts come to the first ones, as a rule.
cpu_set_t half_of(const cpu_set_t& all) {
  cpu_set_t half;
  CPU_ZERO(&half);
  auto left = CPU_COUNT(&all) / 2;
  if (left == 0) return all;
  for (int cpu = CPU_SETSIZE - 1; left > 0 && cpu >= 0; --cpu) {
    if (!CPU_ISSET(cpu, &all)) continue;
    CPU_SET(cpu, &half);
    --left;
  }
  return half;
}

/// What the system refuses makes merges less polite, and nothing else.
void give_way() {
  const sched_param none{};
  static_cast<void>(::sched_setscheduler(0, SCHED_IDLE, &none));
  cpu_set_t all;
  if (::sched_getaffinity(0, sizeof all, &all) != 0) return;
  const auto half = half_of(all);
  static_cast<void>(::sched_setaffinity(0, sizeof half, &half));
}

class polite_merges final : public rocksdb::EventListener {
public:
  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    static thread_local const bool polite = (give_way(), true);
    static_cast<void>(polite);
  }
};

}  // namespace

std::shared_ptr<rocksdb::EventListener> make_merge_threads_give_way() { return std::make_shared<polite_merges>(); }

}  // namespace signalbox
