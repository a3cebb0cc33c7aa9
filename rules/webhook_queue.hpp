/// What one webhook has on its hands: which delivery may start now, what is kept on disk, how far it is. Pure; WEBHOOK owns one.
///
/// In order per conversation, contact and resource: only the first one of a line is ever on its way, so one that fails holds back
/// those behind it, and no others. Bounded: read from the log but not kept are at most `window`, kept ones about `kept`; beyond
/// that nothing more is read, and the log is the queue.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rules/webhook_delivery.hpp"

namespace signalbox {

class webhook_queue {
public:
  struct bounds {
    std::size_t window = 64;
    std::size_t at_once = 8;  ///< on their way
    std::size_t kept = 2'000;
    std::size_t dead = 1'000;  ///< newest ones that are kept for people to look at
  };
  webhook_queue() : webhook_queue(bounds{}) {}
  explicit webhook_queue(bounds within) : within_(within) {}

  /// From the store: how far, and what is kept.
  void restore(webhook_progress progress, std::vector<webhook_delivery> kept);

  // What is read from the log.
  [[nodiscard]] std::uint64_t scanned() const { return scanned_; }  ///< the place up to which it was
  [[nodiscard]] std::size_t room() const;                           ///< how many more may be added now
  /// One that is kept already is known.
  void add(std::uint64_t place, happening what, conversation_id conversation, std::uint64_t about = 0);
  void scanned_to(std::uint64_t place);

  // Attempts.
  struct start {
    std::uint64_t place;
    std::uint64_t attempt;  ///< to be named with its outcome: one that isn't known any more is ignored
  };
  [[nodiscard]] std::vector<start> take_due(time_point now);
  /// Nothing when this attempt isn't known any more.
  enum class verdict { delivered, again, dead };
  std::optional<verdict> done(const start& which, const webhook_answer& answer, time_point now, milliseconds give_up_after,
                              std::uint64_t chance);
  /// When something is due that isn't on its way; nothing: only when more is read or done.
  [[nodiscard]] std::optional<time_point> next_due() const;

  // What people ask for. Each gives how many will be sent.
  [[nodiscard]] bool knows(std::uint64_t place) const { return items_.contains(place) || dead_.contains(place); }
  /// One that is pending or dead goes now; @pre knows(place)
  std::size_t send_again(std::uint64_t place);
  /// One that was delivered goes again. @pre place <= scanned()
  std::size_t send_again(std::uint64_t place, happening what, conversation_id conversation, std::uint64_t about = 0);
  std::size_t send_all_dead_again();
  /// Everything after `place` is read and sent again.
  void rewind(std::uint64_t place);
  /// After a pause: everything pending has its whole time again, from now on.
  void start_over();

  // What must be written: to be written in one commit, after those taken before.
  struct changes {
    webhook_progress progress;
    std::vector<webhook_delivery> put;
    std::vector<std::uint64_t> erased;
  };
  [[nodiscard]] bool dirty() const { return dirty_; }
  /// Dirty by more than how far it is.
  [[nodiscard]] bool records_changed() const { return !changed_.empty(); }
  [[nodiscard]] changes take_changes();

  /// When the oldest one that has failed so far was tried first.
  [[nodiscard]] std::optional<time_point> failing_longest() const;
  [[nodiscard]] const webhook_progress& progress() const { return progress_; }
  [[nodiscard]] std::size_t pending() const { return items_.size(); }
  [[nodiscard]] std::size_t kept() const { return items_.size() - fresh_.size(); }
  [[nodiscard]] std::size_t dead() const { return dead_.size(); }
  [[nodiscard]] std::size_t on_their_way() const { return on_their_way_; }

private:
  struct item {
    webhook_delivery what;
    std::uint64_t attempt = 0;  ///< on its way; 0: not
  };
  void insert(webhook_delivery what, bool fresh);
  void remove(std::uint64_t place);
  void keep(item& one);
  void bury(webhook_delivery what);
  void keep_those_behind(std::uint64_t line);

  bounds within_;
  webhook_progress progress_;
  std::uint64_t scanned_ = 0;
  std::uint64_t last_attempt_ = 0;
  std::size_t on_their_way_ = 0;
  std::map<std::uint64_t, item> items_;
  std::set<std::uint64_t> fresh_;  ///< of `items_`, those without a record
  std::unordered_map<std::uint64_t, std::set<std::uint64_t>> lines_;
  std::unordered_set<std::uint64_t> busy_;  ///< lines of which one is on its way
  std::map<std::uint64_t, webhook_delivery> dead_;
  std::set<std::uint64_t> changed_;  ///< records to be written or erased
  bool dirty_ = false;
};

}  // namespace signalbox
