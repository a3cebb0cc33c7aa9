/// Calls of `GET /v1/events` that wait until something happens.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "metrics/probes.hpp"
#include "transport/edge.hpp"

namespace signalbox {

inline constexpr std::size_t event_waits_per_token_max = 8;

/// A call that waits costs some hundred bytes and no thread. How many there are is bounded by token, and by the connections that the
/// listener takes. They are looked after one after the other on one strand of the readers' pool, and so never take more than one of
/// its threads. A slot group's log tells once that it grew, however many wait for it; while it grows for others alone, it is looked
/// at every `look_every` and not at every commit. Thread-safe; no reply comes on the caller's own stack.
/// @pre nothing tells of a log any more when this is destroyed, and the pool is joined
class event_waits {
public:
  /// Tells once, from any thread, when the log of the group has grown.
  using watch = std::function<void(std::uint8_t group, std::function<void()> wake)>;
  /// What happened after the query's place, or why the caller may not know it any more. Must not throw.
  using look = std::function<outcome<account_events_page>(const principal&, const account_events_query&)>;

  event_waits(boost::asio::thread_pool& readers, watch tail, look read, probes& told)
      : strand_(readers.get_executor()), tail_(std::move(tail)), read_(std::move(read)), probes_(told) {}

  /// Answers as soon as there is something after `query.after`, or with an empty page after `query.wait`. @pre `query.after` is set
  void add(principal by, std::uint8_t group, account_events_query query, reply<account_events_page> then);
  /// Answers all that wait, and from now on at once.
  void stop();

  static constexpr std::chrono::milliseconds look_every{50};

private:
  struct waiting {
    principal by;
    std::uint8_t group = 0;
    account_events_query query;
    reply<account_events_page> then;
    boost::asio::steady_timer until;
    [[nodiscard]] bool hung_up() const { return query.hung_up && *query.hung_up; }
  };
  using pointer = std::shared_ptr<waiting>;
  struct watched_group {
    std::set<pointer> all;
    bool told_of = false;  ///< `tail_` will wake it
    std::chrono::steady_clock::time_point looked_at{};
    std::unique_ptr<boost::asio::steady_timer> again;
  };

  // All on the strand.
  void take(const pointer& one);
  void be_told(std::uint8_t group);
  void grew(std::uint8_t group);
  void look_after(std::uint8_t group);
  void look_at(const pointer& one);
  void forget_hung_up(token_id of);
  void end(const pointer& one, outcome<account_events_page> with);
  void end_empty(const pointer& one) { end(one, account_events_page{{}, *one->query.after, false}); }

  boost::asio::strand<boost::asio::thread_pool::executor_type> strand_;
  watch tail_;
  look read_;
  probes& probes_;
  bool stopped_ = false;
  std::array<watched_group, 16> groups_;
  std::map<token_id, std::size_t> by_token_;
};

}  // namespace signalbox
