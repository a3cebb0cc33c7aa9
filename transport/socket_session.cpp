#include "transport/socket_session.hpp"

#include <utility>

namespace signalbox {
namespace {

std::atomic<session_number> last_number = 0;

/// A buffer larger than this is given back when its frame is written: most sockets are idle most of the time.
constexpr std::size_t kept_buffer_bytes = 1024;

}  // namespace

int close_code_of(close_reason why) {
  switch (why) {
    case close_reason::going_away:
      return code_going_away;
    case close_reason::restarting:
      return code_restarting;
    case close_reason::unauthorised:
      return code_unauthorised;
    case close_reason::forbidden:
      return code_forbidden;
    case close_reason::replaced:
      return code_replaced;
    case close_reason::too_slow:
      return code_too_slow;
  }
  return code_internal;
}

int close_code_of(refusal_code why) {
  switch (why) {
    case refusal_code::unauthorized:
      return code_unauthorised;
    case refusal_code::unavailable:
      return code_restarting;
    case refusal_code::internal:
      return code_internal;
    default:
      return code_forbidden;
  }
}

socket_session::socket_session(const session_context& context, socket_kind kind)
    : context_(context), number_(++last_number), kind_(kind) {}

void socket_session::on_open(std::shared_ptr<websocket> stream) {
  inbox_ = stream->inbox();
  stream_ = std::move(stream);
  opened_ = true;
  context_.probes.socket_opened(kind_);
  count_bound(1);
  stream_->set_timer(context_.limits.hello_within);
  read_on();
}

void socket_session::on_frame(std::string_view bytes, bool binary) {
  reading_ = false;
  if (finishing()) return;
  context_.probes.frames_in(kind_, 1);
  if (binary) {
    bad_frame_came("frames are text");
  } else {
    take_frame(bytes);
  }
  flush();
}

void socket_session::bad_frame_came(std::string_view reason) {
  context_.probes.bad_frame(kind_);
  finish(code_bad_frame, reason);
}

void socket_session::on_written() {
  writing_ = false;
  if (out_.capacity() > kept_buffer_bytes) out_ = {};
  flush();
}

void socket_session::on_timer() {
  if (!finishing()) return on_deadline();
  flushing_ = false;  // the peer doesn't read: what is left stays unsent
  close_if_due();
}

void socket_session::on_wake() {
  woken_.store(false, std::memory_order_release);
  if (!stream_) return;
  collect();
  flush();
}

void socket_session::on_ended(int code) {
  if (!stream_) return;
  leave();
  stream_.reset();
  if (!opened_) return;
  context_.probes.socket_closed(kind_, code);
  count_bound(-1);
}

void socket_session::count_bound(std::int64_t sockets) {
  const auto& limits = context_.limits;
  if (kind_ == socket_kind::connector)
    context_.probes.queue_bound(queue_kind::connector_unacknowledged, sockets * static_cast<std::int64_t>(limits.credit));
  if (kind_ == socket_kind::agent)
    context_.probes.queue_bound(queue_kind::agent_backlog, sockets * static_cast<std::int64_t>(limits.agent_backlog_events_max));
}

void socket_session::wake() {
  if (!woken_.exchange(true, std::memory_order_acq_rel)) inbox_->wake(shared_from_this());
}

void socket_session::flush() {
  if (!stream_ || closed_) return;
  if (!writing_ && (!finishing() || flushing_)) {
    out_.clear();
    if (render(out_)) {
      writing_ = true;
      context_.probes.frames_out(kind_, 1);
      stream_->write(out_);
    }
  }
  close_if_due();
  read_on();
}

void socket_session::read_on() {
  if (reading_ || closed_ || finishing() || !stream_ || !wants_more()) return;
  reading_ = true;
  stream_->read();
}

void socket_session::finish(int code, std::string_view reason, bool flushing) {
  if (finishing() || !stream_) return;
  close_code_ = code;
  close_reason_ = reason;
  flushing_ = flushing;
  refuse_more();
  if (flushing) {
    stream_->set_timer(context_.limits.flush_within);
  } else {
    stream_->cancel_timer();
  }
  flush();
}

void socket_session::close_if_due() {
  if (!finishing() || closed_ || (flushing_ && writing_)) return;
  closed_ = true;
  leave();  // the peer may take its time to hang up; nobody waits for that
  stream_->close(close_code_, close_reason_);
}

void socket_session::leave() {
  if (std::exchange(left_, true)) return;
  refuse_more();
  detach();
}

}  // namespace signalbox
