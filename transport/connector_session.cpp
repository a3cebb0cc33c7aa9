#include "transport/connector_session.hpp"

#include <algorithm>
#include <chrono>

#include "transport/wire/json_out.hpp"

namespace signalbox {
namespace {

/// Frames stay below what clients accept by default, usually 1 MiB; a single message is always sent whole.
constexpr std::size_t frame_bytes = 256 * 1024;
/// Frames without a message cost no credit, so they have a bound of their own.
constexpr std::size_t frames_under_way_max = 8192;

std::size_t weight_of(const delivery& of) {
  return sizeof(delivery) + of.thread.size() + of.to_id.size() + of.to_name.size() + of.to_email.size() + of.to_phone.size() +
         of.body.size();
}

template <class T>
void move_behind(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

time_point wall_clock() { return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now()); }
std::uint64_t steady_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

bool needs_the_edge(const inbound_frame& frame) {
  return frame.has_offset || std::any_of(frame.results.begin(), frame.results.end(),
                                         [](const auto& result) { return result.status == publish_status::pending; });
}

}  // namespace

connector_session::connector_session(const session_context& context) : socket_session(context, socket_kind::connector) {}

// ---- any thread

void connector_session::deliver(std::vector<delivery> all) {
  std::size_t weight = 0;
  for (const auto& each : all) weight += weight_of(each);
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    const bool was_empty = deliveries_bytes_ == 0;
    deliveries_bytes_ += weight;
    if (!was_empty && deliveries_bytes_ > context_.limits.connector_backlog_bytes_max) {
      refusing_ = true;
      incoming_.too_slow = true;
    } else {
      move_behind(incoming_.deliveries, all);
    }
  }
  wake();
}

void connector_session::channel_changed(const channel& now) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.notices.push_back({now.id, now});
  }
  wake();
}

void connector_session::channel_gone(channel_id which) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.notices.push_back({which, std::nullopt});
  }
  wake();
}

void connector_session::close(close_reason why) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.close = why;
  }
  wake();
}

void connector_session::frame_answered(std::uint64_t seq) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.answered.push_back(seq);
  }
  wake();
}

// ---- the I/O thread

void connector_session::take_frame(std::string_view bytes) {
  auto frame = read_connector_frame(bytes, {channels_, std::nullopt, mail_channels_});
  if (const auto* bad = std::get_if<bad_frame>(&frame)) return bad_frame_came(bad->reason);
  const auto* hello = std::get_if<connector_hello>(&frame);
  if (hello && stage_ != stage::awaiting_hello) return bad_frame_came("a second hello");
  if (!hello && stage_ == stage::awaiting_hello) return bad_frame_came("hello comes first");
  if (hello) return take(*hello);
  if (const auto* publish = std::get_if<connector_publish>(&frame)) return take(*publish);
  take(std::get<connector_status>(frame));
}

void connector_session::take(const connector_hello& hello) {
  auto known = context_.edge.authenticate(hello.token);
  if (const auto* no = std::get_if<refusal>(&known)) return finish(close_code_of(no->code), to_text(no->code));
  auto& who = std::get<principal>(known);
  if (!who.is_connector() || !who.token || who.channels.empty()) return finish(code_forbidden, "not a connector's token");
  who_ = std::make_unique<principal>(std::move(who));
  channels_ = who_->channels;
  std::sort(channels_.begin(), channels_.end());
  stage_ = stage::attaching;
  stream_->set_timer(context_.limits.hello_within);
  auto self = std::static_pointer_cast<connector_session>(shared_from_this());
  context_.edge.attach_connector(number(), *who_, hello.connector, self,
                                 [self](outcome<std::vector<channel_greeting>> with) { self->greeted(std::move(with)); });
}

/// Any thread.
void connector_session::greeted(outcome<std::vector<channel_greeting>> with) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.greeting = std::move(with);
  }
  wake();
}

void connector_session::take(const connector_publish& publish) {
  const auto& frame = publish.frame;
  if (last_seq_ && frame->seq <= *last_seq_) return bad_frame_came("seq does not rise");
  last_seq_ = frame->seq;
  const auto count = static_cast<std::uint32_t>(frame->messages.size());
  if (unacknowledged_ + count >= 2 * std::uint64_t{context_.limits.credit} && count > 0)
    return finish(code_over_credit, "more messages unacknowledged than the credit allows");

  frame->account = *who_->account;
  frame->connector = who_->token;
  frame->received_at = wall_clock();
  frame->received_ns = steady_ns();
  unacknowledged_ += count;
  context_.probes.credit_changed(count);
  frames_.push_back({frame->seq, count, false, frame});
  const auto rejected = std::count_if(frame->results.begin(), frame->results.end(),
                                      [](const auto& result) { return result.status == publish_status::rejected; });
  if (rejected > 0) context_.probes.messages_in(message_outcome::rejected, static_cast<std::uint64_t>(rejected));

  if (!needs_the_edge(*frame)) {
    frames_.back().answered = true;
    return;
  }
  auto self = std::static_pointer_cast<connector_session>(shared_from_this());
  frame->answered = [self = std::move(self)](inbound_frame& done) { self->frame_answered(done.seq); };
  context_.edge.publish(frame);
}

void connector_session::take(connector_status& status) {
  if (!status.statuses.empty()) context_.edge.report_delivery(*who_, std::move(status.statuses));
}

void connector_session::collect() {
  incoming came;
  {
    const std::lock_guard guard{lock_};
    std::swap(came, incoming_);
  }
  for (const auto seq : came.answered) mark_answered(seq);
  move_behind(deliveries_, came.deliveries);
  move_behind(notices_, came.notices);
  if (finishing()) return;
  if (came.greeting) {
    if (const auto* no = std::get_if<refusal>(&*came.greeting)) return finish(close_code_of(no->code), to_text(no->code));
    greetings_ = std::move(std::get<std::vector<channel_greeting>>(*came.greeting));
    keep_greeted_channels();
    if (channels_.empty()) return finish(code_forbidden, "none of the token's channels exists");
    stage_ = stage::live;
    welcome_due_ = true;
    stream_->cancel_timer();
  }
  if (came.too_slow) return finish(code_too_slow, "deliveries are not read");
  if (came.close) return finish(close_code_of(*came.close), {});
  end_drain_if_done();
}

/// The token may name channels that were deleted since.
void connector_session::keep_greeted_channels() {
  const auto greeted = [&](channel_id id) {
    return std::any_of(greetings_.begin(), greetings_.end(), [&](const auto& one) { return one.id == id; });
  };
  std::erase_if(channels_, [&](channel_id id) { return !greeted(id); });
  for (const auto& one : greetings_)
    if (one.type == channel_type::email) mail_channels_.push_back(one.id);
  std::sort(mail_channels_.begin(), mail_channels_.end());
}

void connector_session::mark_answered(std::uint64_t seq) {
  const auto found = std::lower_bound(frames_.begin(), frames_.end(), seq,
                                      [](const auto& frame, std::uint64_t than) { return frame.seq < than; });
  if (found != frames_.end() && found->seq == seq) found->answered = true;
}

bool connector_session::wants_more() const {
  if (stage_ == stage::attaching || stage_ == stage::drained) return false;
  return unacknowledged_ <= context_.limits.credit && frames_.size() < frames_under_way_max;
}

void connector_session::on_shutdown() {
  if (stage_ != stage::live) return finish(code_restarting, "restarting");
  stage_ = stage::draining;
  drain_due_ = true;
  stream_->set_timer(context_.limits.drain);
  flush();
}

void connector_session::on_deadline() {
  switch (stage_) {
    case stage::awaiting_hello:
      return finish(code_bad_frame, "no hello in time");
    case stage::attaching:
      return finish(code_internal, "not greeted in time");
    case stage::live:
      return;
    case stage::draining:
      stage_ = stage::drained;
      stream_->set_timer(context_.limits.flush_within);
      return end_drain_if_done();
    case stage::drained:
      return finish(code_restarting, "restarting");
  }
}

/// The last acknowledgement goes out before the close does.
void connector_session::end_drain_if_done() {
  const bool all_answered = std::all_of(frames_.begin(), frames_.end(), [](const auto& frame) { return frame.answered; });
  if (stage_ == stage::drained && all_answered) finish(code_restarting, "restarting", true);
}

void connector_session::refuse_more() {
  const std::lock_guard guard{lock_};
  refusing_ = true;
}

void connector_session::detach() {
  if (who_) context_.edge.detach_connector(number());
  context_.probes.credit_changed(-static_cast<std::int64_t>(unacknowledged_));
  unacknowledged_ = 0;
  frames_.clear();  // a frame's `answered` keeps its session alive
  deliveries_ = {};
  notices_ = {};
  next_delivery_ = next_notice_ = 0;
}

bool connector_session::render(std::string& out) {
  if (welcome_due_) {
    welcome_due_ = false;
    render_welcome(out);
    return true;
  }
  if (stage_ == stage::awaiting_hello || stage_ == stage::attaching) return false;
  if (render_ack(out)) return true;
  if (drain_due_) {
    drain_due_ = false;
    out += "{\"op\":\"drain\",\"after_ms\":";
    append_number(out, static_cast<std::uint64_t>(context_.limits.drain.count()));
    out += '}';
    return true;
  }
  if (next_notice_ < notices_.size()) {
    render_notice(out);
    return true;
  }
  if (next_delivery_ == deliveries_.size()) return false;
  render_deliveries(out);
  return true;
}

void connector_session::render_welcome(std::string& out) {
  out += "{\"op\":\"welcome\",\"credit\":";
  append_number(out, context_.limits.credit);
  out += ",\"max_batch\":";
  append_number(out, publish_messages_max);
  out += ",\"max_frame\":";
  append_number(out, frame_bytes_max);
  out += ",\"channels\":[";
  for (const auto& each : greetings_) {
    if (&each != &greetings_.front()) out += ',';
    out += "{\"id\":";
    append_json_id(out, each.id);
    out += ",\"name\":";
    append_json_string(out, each.name);
    out.append(",\"type\":\"").append(to_text(each.type)).append("\",\"on\":");
    append_bool(out, each.on);
    out += ",\"offset\":";
    if (each.offset) {
      append_json_string(out, *each.offset);
    } else {
      out += "null";
    }
    out += '}';
  }
  out += "]}";
}

/// Every answered frame up to the first unanswered one.
bool connector_session::render_ack(std::string& out) {
  if (frames_.empty() || !frames_.front().answered) return false;
  std::uint64_t seq = 0, credit = 0;
  std::string results;
  while (!frames_.empty() && frames_.front().answered && results.size() < frame_bytes) {
    const auto& next = frames_.front();
    seq = next.seq;
    credit += next.messages;
    for (std::size_t i = 0; i < next.messages; ++i) {
      const auto& result = next.frame->results[i];
      if (result.status == publish_status::accepted) continue;
      if (!results.empty()) results += ',';
      append_publish_result(results, *next.frame, i, false);
    }
    frames_.pop_front();
  }
  unacknowledged_ -= credit;
  context_.probes.credit_changed(-static_cast<std::int64_t>(credit));
  context_.probes.messages_acknowledged(credit);
  out += "{\"op\":\"ack\",\"seq\":";
  append_number(out, seq);
  out += ",\"credit\":";
  append_number(out, credit);
  out.append(",\"results\":[").append(results).append("]}");
  return true;
}

void connector_session::render_notice(std::string& out) {
  const auto& notice = notices_[next_notice_++];
  const auto known = std::find_if(greetings_.begin(), greetings_.end(), [&](const auto& one) { return one.id == notice.id; });
  if (notice.now && known != greetings_.end()) known->name = notice.now->name;
  if (!notice.now) {
    const auto at = std::lower_bound(channels_.begin(), channels_.end(), notice.id);
    if (at != channels_.end() && *at == notice.id) channels_.erase(at);
  }
  out += "{\"op\":\"channel\",\"id\":";
  append_json_id(out, notice.id);
  out += ",\"on\":";
  append_bool(out, notice.now && notice.now->on);
  out += ",\"name\":";
  append_json_string(out, known != greetings_.end() ? known->name : notice.now ? notice.now->name : std::string{});
  out += '}';
  if (next_notice_ < notices_.size()) return;
  notices_ = {};
  next_notice_ = 0;
}

void connector_session::render_deliveries(std::string& out) {
  out += "{\"op\":\"deliver\",\"messages\":[";
  std::size_t count = 0, weight = 0;
  for (; next_delivery_ < deliveries_.size() && (count == 0 || out.size() < frame_bytes); ++next_delivery_, ++count) {
    if (count > 0) out += ',';
    append_delivery(out, deliveries_[next_delivery_]);
    weight += weight_of(deliveries_[next_delivery_]);
  }
  out += "]}";
  if (next_delivery_ == deliveries_.size()) {
    deliveries_ = {};
    next_delivery_ = 0;
  }
  const std::lock_guard guard{lock_};
  deliveries_bytes_ -= weight;
}

}  // namespace signalbox
