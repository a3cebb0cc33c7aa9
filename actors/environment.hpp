/// What every actor is given at its start: the seams to the world. One for a server, outliving all actors.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/protocol.hpp"
#include "metrics/probes.hpp"
#include "rules/ids.hpp"
#include "storage/store.hpp"

namespace signalbox {

class directory;

/// `[routing]` of the configuration, and what has no key there.
struct actor_settings {
  milliseconds presence_grace{60'000};          ///< 0: a missing connection never makes anybody away
  milliseconds assignment_ack_timeout{15'000};  ///< 0: assignments never lapse
  std::chrono::hours id_retention{24 * 7};      ///< a message id is known for at least this long
  std::uint64_t settle_after_events = 50'000;   ///< how far derived indexes may trail
  milliseconds settle_every{30'000};
  std::size_t conversations_kept = 50'000;  ///< settled ones that an INBOX keeps in memory
  std::size_t ids_kept = 65'536;            ///< settled ones that a CHANNEL keeps in memory
  std::size_t resume_events_max = 100'000;  ///< further back a cursor is too old
  std::size_t feed_page = 512;
};

/// Ids for everybody, rising over all threads.
class shared_id_clock {
public:
  explicit shared_id_clock(std::uint64_t last) : last_(last) {}
  [[nodiscard]] std::uint64_t next(time_point now) {
    auto seen = last_.load(std::memory_order_relaxed);
    for (;;) {
      id_clock clock{seen};
      const auto wanted = clock.next(now);
      if (last_.compare_exchange_weak(seen, wanted, std::memory_order_relaxed)) return wanted;
    }
  }
  [[nodiscard]] std::uint64_t last() const { return last_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> last_;
};

/// Invariant 6 watched from outside: which INBOX has waiting work beside a free eligible agent, and since when.
class idle_beside_waiting {
public:
  void is(inbox_id where, bool violated, std::uint64_t now_ns) {
    const std::lock_guard lock{mutex_};
    if (violated)
      since_.try_emplace(where.value, now_ns);
    else
      since_.erase(where.value);
  }
  [[nodiscard]] double oldest_seconds(std::uint64_t now_ns) const {
    const std::lock_guard lock{mutex_};
    double oldest = 0;
    for (const auto& [where, since] : since_) oldest = std::max(oldest, static_cast<double>(now_ns - since) * 1e-9);
    return oldest;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> since_;
};

enum class severity { debug, info, warning, error };

struct environment {
  store& disk;
  probes& probe;
  actor_settings routing;
  shared_id_clock& ids;
  std::function<time_point()> now;        ///< wall clock
  std::function<std::uint64_t()> now_ns;  ///< monotonic
  std::function<std::uint64_t()> chance;  ///< 64 random bits
  std::function<void(severity, const std::string&)> log;
  std::function<void(const std::string&)> fatal;  ///< the disk can't be trusted: ends the process; nothing is told after it
  std::function<void(std::function<void()>)> read_aside;  ///< runs a store read that may take long, off the scheduler
  signalbox::directory* directory = nullptr;
  journal_actor journal;
  idle_beside_waiting* watch = nullptr;

  [[nodiscard]] std::uint64_t next_id() const { return ids.next(now()); }
};

}  // namespace signalbox
