/// What connectors' and agents' sessions have in common: one write at a time, everything ready in one frame, an orderly end.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "metrics/probes.hpp"
#include "transport/edge.hpp"
#include "transport/server_limits.hpp"
#include "transport/websocket.hpp"

namespace signalbox {

/// Close codes of the protocol.
enum close_code : int {
  code_going_away = 1001,
  code_internal = 1011,
  code_restarting = 1012,
  code_bad_frame = 4400,
  code_unauthorised = 4401,
  code_forbidden = 4403,
  code_too_slow = 4408,
  code_replaced = 4409,
  code_over_credit = 4429,
};
[[nodiscard]] int close_code_of(close_reason why);
/// Of a refusal that ends a hello.
[[nodiscard]] int close_code_of(refusal_code why);

/// What every session needs of the server; outlives them.
struct session_context {
  signalbox::edge& edge;
  signalbox::probes& probes;
  const server_limits& limits;
};

/// Everything is of the I/O thread but `wake`.
class socket_session : public websocket_user, public std::enable_shared_from_this<socket_session> {
public:
  socket_session(const session_context& context, socket_kind kind);

  void on_open(std::shared_ptr<websocket> stream) final;
  void on_frame(std::string_view bytes, bool binary) final;
  void on_written() final;
  void on_timer() final;
  void on_ended(int code) final;
  void on_wake() final;

  [[nodiscard]] session_number number() const { return number_; }

protected:
  /// A text frame.
  virtual void take_frame(std::string_view bytes) = 0;
  /// Moves over what other threads left.
  virtual void collect() = 0;
  /// Writes one frame to the empty `out`; false: nothing is ready.
  virtual bool render(std::string& out) = 0;
  /// More may be read now. Asked after every frame and every flush.
  [[nodiscard]] virtual bool wants_more() const = 0;
  /// The timer that it set itself, or `hello_within` after opening.
  virtual void on_deadline() = 0;
  /// It is about to end: nothing new is taken from other threads.
  virtual void refuse_more() = 0;
  /// Nobody listens any more: takes leave of the edge and forgets what waits. Once.
  virtual void detach() = 0;

  /// Makes `collect` and `flush` run soon on the I/O thread. Any thread, after `on_open`.
  void wake();
  /// Writes what is ready unless a write is under way, then reads on if wanted.
  void flush();
  /// Ends the session: after what is ready now, if `flushing`, at once otherwise.
  void finish(int code, std::string_view reason, bool flushing = false);
  void bad_frame_came(std::string_view reason);
  [[nodiscard]] bool finishing() const { return close_code_ != 0; }
  [[nodiscard]] bool writing() const { return writing_; }

  session_context context_;
  std::shared_ptr<websocket> stream_;  ///< null before it opened and after it ended

private:
  void count_bound(std::int64_t sockets);  ///< what this socket may hold, as it comes and goes
  void read_on();
  void close_if_due();
  void leave();

  std::shared_ptr<io_inbox> inbox_;
  std::string out_;
  std::string close_reason_;
  const session_number number_;
  int close_code_ = 0;
  const socket_kind kind_;
  bool writing_ = false, reading_ = false, flushing_ = false, closed_ = false, opened_ = false, left_ = false;
  std::atomic<bool> woken_ = false;
};

}  // namespace signalbox
