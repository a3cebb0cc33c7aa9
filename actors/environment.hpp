/// What every actor is given at its start: the seams to the world. One for a server, outliving all actors.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/protocol.hpp"
#include "actors/shared_bound.hpp"
#include "metrics/probes.hpp"
#include "rules/account_event.hpp"
#include "rules/hours.hpp"
#include "rules/ids.hpp"
#include "rules/webhook_delivery.hpp"
#include "storage/store.hpp"

namespace signalbox {

class directory;

/// `[routing]` of the configuration, and what has no key there.
struct actor_settings {
  milliseconds presence_grace{60'000};          ///< 0: a missing connection never makes anybody away
  milliseconds assignment_ack_timeout{15'000};  ///< 0: assignments never lapse
  std::chrono::hours id_retention{24 * 7};      ///< a message id is known for at least this long
  std::uint64_t settle_after_events = 100'000;  ///< how far derived indexes may trail
  milliseconds settle_every{30'000};
  std::size_t conversations_kept = 100'000;  ///< settled ones that all INBOXes keep in memory, about 1 KB each
  std::size_t ids_kept = 500'000;            ///< settled ones that all CHANNELs keep in memory, about 50 bytes each
  std::size_t resume_events_max = 100'000;   ///< further back a cursor is too old
  std::size_t feed_page = 512;
  unsigned writers = 0;  ///< beside JOURNAL: none, or two, of which each is at work while the other is
  /// JOURNAL writes a smaller commit itself: that costs less than what waking a writer takes.
  std::size_t writers_from_bytes = 64U << 10;
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

/// Who waits for the log of a slot group to grow. JOURNAL looks after each commit, and finds nobody as a rule: an atomic load.
class log_watch {
public:
  /// Calls `wake` once, after the next commit to `group`; must not block. Look at the log again after this: it may have grown
  /// just before.
  void wait(std::uint8_t group, std::function<void()> wake) {
    const std::lock_guard lock{mutex_};
    waiting_[group].push_back(std::move(wake));
    anybody_[group].store(true, std::memory_order_seq_cst);
  }
  /// What was written is readable already.
  void grew(std::uint8_t group) {
    if (!anybody_[group].load(std::memory_order_seq_cst)) return;
    std::vector<std::function<void()>> all;
    {
      const std::lock_guard lock{mutex_};
      all.swap(waiting_[group]);
      anybody_[group].store(false, std::memory_order_seq_cst);
    }
    for (const auto& wake : all) wake();
  }

private:
  std::mutex mutex_;
  std::array<std::atomic<bool>, 16> anybody_{};
  std::array<std::vector<std::function<void()>>, 16> waiting_;
};

/// Since when the oldest failing delivery of each webhook is tried, seen from outside.
class webhook_ages {
public:
  void is(webhook_id which, std::optional<time_point> oldest) {
    const std::lock_guard lock{mutex_};
    if (oldest)
      oldest_.insert_or_assign(which.value, *oldest);
    else
      oldest_.erase(which.value);
  }
  [[nodiscard]] double oldest_seconds(time_point now) const {
    const std::lock_guard lock{mutex_};
    double oldest = 0;
    for (const auto& [which, since] : oldest_) oldest = std::max(oldest, std::chrono::duration<double>(now - since).count());
    return oldest;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, time_point> oldest_;
};

/// What WEBHOOK needs of the world outside. All are called on any thread.
struct webhook_port {
  std::function<std::string(const account_event&)> write;  ///< the body
  /// `then` is called once, on any thread, also when it is cancelled or the server ends; it must not block.
  std::function<void(webhook_post, std::function<void(webhook_answer)> then)> post;
  std::function<void(webhook_id)> cancel;  ///< ends what is on its way to it
  webhook_limits limits;
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
  webhook_port* webhooks = nullptr;  ///< null: nothing is delivered
  log_watch* tail = nullptr;
  webhook_ages* ages = nullptr;
  const time_zones* zones = nullptr;  ///< null: every zone is UTC
  shared_bound conversations_in_memory{routing.conversations_kept};
  shared_bound ids_in_memory{routing.ids_kept};

  [[nodiscard]] std::uint64_t next_id() const { return ids.next(now()); }
};

}  // namespace signalbox
