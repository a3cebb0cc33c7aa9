#include "transport/agent_session.hpp"

#include <algorithm>

#include "transport/wire/json_out.hpp"
#include "transport/wire/view_out.hpp"

namespace signalbox {
namespace {

/// Frames stay below what clients accept by default, usually 1 MiB; a single event is always sent whole.
constexpr std::size_t events_frame_bytes = 256 * 1024;
/// A vector with more room than this is given back when it is empty.
constexpr std::size_t kept_events = 8;

/// About what it costs to keep, which is more than what it costs to send.
std::size_t weight_of(const agent_event& of) {
  return sizeof(agent_event) + of.what.body.size() + (of.conversation ? sizeof(conversation) : 0) +
         (of.newest_message ? sizeof(event) + of.newest_message->body.size() : 0);
}

template <class T>
void reuse(std::vector<T>& drained, std::size_t& next) {
  next = 0;
  drained.clear();
  if (drained.capacity() > kept_events) drained = {};
}

template <class T>
void append_moved(std::vector<T>& to, std::vector<T>& from) {
  if (to.empty()) {
    to.swap(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
  }
}

}  // namespace

agent_session::agent_session(const session_context& context) : socket_session(context, socket_kind::agent) {}

agent_session::~agent_session() { forget_backlog(); }

// ---- any thread

void agent_session::greet(agent_greeting hello) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.greeting = std::move(hello);
  }
  wake();
}

bool agent_session::push(std::vector<agent_event> events) {
  std::size_t weight = 0;
  for (const auto& each : events) weight += weight_of(each);
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return false;
    const auto bytes = backlog_bytes_.load(std::memory_order_relaxed) + weight;
    const auto count = backlog_events_.load(std::memory_order_relaxed) + events.size();
    const bool was_empty = count == events.size();  // whatever is pushed to an empty backlog is taken, so it always moves on
    if (!was_empty && (bytes > context_.limits.agent_backlog_bytes_max || count > context_.limits.agent_backlog_events_max)) {
      refusing_ = true;
      incoming_.too_slow = true;
    } else {
      backlog_bytes_.fetch_add(weight, std::memory_order_relaxed);
      backlog_events_.fetch_add(events.size(), std::memory_order_relaxed);
      context_.probes.queue_depth(queue_kind::agent_backlog, static_cast<std::int64_t>(events.size()));
      append_moved(incoming_.events, events);
      events.clear();
    }
  }
  wake();
  return events.empty();
}

void agent_session::show(std::uint32_t watch, view_pointer now) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.pictures.insert_or_assign(watch, std::move(now));
  }
  wake();
}

void agent_session::end_watch(std::uint32_t watch, refusal why) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.ended.emplace_back(watch, std::move(why));
  }
  wake();
}

void agent_session::close(close_reason why) {
  {
    const std::lock_guard guard{lock_};
    if (refusing_) return;
    incoming_.close = why;
  }
  wake();
}

// ---- the I/O thread

void agent_session::take_frame(std::string_view bytes) {
  auto frame = read_agent_frame(bytes, [this] { return context_.edge.next_message_id(); });
  if (const auto* bad = std::get_if<bad_frame>(&frame)) return bad_frame_came(bad->reason);
  const auto* hello = std::get_if<agent_hello>(&frame);
  if (hello && stage_ != stage::awaiting_hello) return bad_frame_came("a second hello");
  if (!hello && stage_ == stage::awaiting_hello) return bad_frame_came("hello comes first");
  if (hello) return take(*hello);
  if (const auto* ack = std::get_if<agent_ack>(&frame)) return take(*ack);
  if (auto* wanted = std::get_if<agent_availability>(&frame)) return take(*wanted);
  if (auto* wanted = std::get_if<agent_watch>(&frame)) return take(*wanted);
  if (auto* wanted = std::get_if<agent_unwatch>(&frame)) return take(*wanted);
  take(std::get<agent_request>(frame));
}

void agent_session::take(const agent_hello& hello) {
  auto known = context_.edge.authenticate(hello.token);
  if (const auto* no = std::get_if<refusal>(&known)) return finish(close_code_of(no->code), to_text(no->code));
  who_ = std::make_unique<principal>(std::move(std::get<principal>(known)));
  if (!who_->account || !who_->user) {
    who_.reset();
    return finish(code_forbidden, "not a user's token");
  }
  stage_ = stage::attaching;
  stream_->set_timer(context_.limits.hello_within);
  const auto cursor = hello.cursor ? parse_cursor(*hello.cursor) : std::nullopt;
  cursor_unusable_ = hello.cursor && !cursor;
  auto self = std::static_pointer_cast<agent_session>(shared_from_this());
  context_.edge.attach_agent(number(), *who_, cursor, std::move(self));
}

void agent_session::take(const agent_ack& ack) { context_.edge.acknowledge(number(), *who_->user, ack.cursor); }

void agent_session::take(agent_availability& wanted) {
  ++commands_under_way_;
  if (auto* no = std::get_if<refusal>(&wanted.status)) return answer({std::move(wanted.ref), std::move(*no)});
  auto self = std::static_pointer_cast<agent_session>(shared_from_this());
  auto then = [self, ref = std::move(wanted.ref)](outcome<signalbox::availability> now) {
    std::visit([&](auto& with) { self->answer({ref, std::move(with)}); }, now);
  };
  context_.edge.set_availability(*who_, *who_->user, std::get<presence>(wanted.status), std::nullopt, std::move(then));
}

void agent_session::take(agent_request& request) {
  ++commands_under_way_;
  if (auto* no = std::get_if<refusal>(&request.asked)) return answer({std::move(request.ref), std::move(*no)});
  auto& asked = std::get<agent_request::command>(request.asked);
  auto self = std::static_pointer_cast<agent_session>(shared_from_this());
  auto then = [self, ref = request.ref](outcome<carried_out> now) {
    std::visit([&](auto& with) { self->answer({ref, std::move(with)}); }, now);
  };
  context_.edge.agent_command(number(), *who_, asked.conversation, std::move(asked.what), request.ref.value_or(std::string{}),
                              std::move(then));
}

agent_session::watch_state* agent_session::find_watch(std::uint32_t number) {
  const auto found = std::find_if(watches_.begin(), watches_.end(), [&](const auto& one) { return one.number == number; });
  return found == watches_.end() ? nullptr : &*found;
}

void agent_session::take(agent_watch& wanted) {
  ++commands_under_way_;
  if (auto* no = std::get_if<refusal>(&wanted.what)) return answer({std::move(wanted.ref), std::move(*no)});
  std::erase_if(watches_, [&](const watch_state& one) {
    if (one.name != wanted.ref) return false;
    context_.edge.unwatch_view(number(), *who_, one.number);
    return true;
  });
  const auto watch = ++last_watch_;
  auto& one = watches_.emplace_back();
  one.number = watch;
  one.name = wanted.ref;
  auto self = std::static_pointer_cast<agent_session>(shared_from_this());
  auto then = [self, ref = std::move(wanted.ref), watch](outcome<done> now) {
    std::visit([&](auto& with) { self->answer({ref, std::move(with), watch}); }, now);
  };
  context_.edge.watch_view(number(), *who_, watch, std::get<watched_view>(wanted.what), self, std::move(then));
}

void agent_session::take(agent_unwatch& wanted) {
  ++commands_under_way_;
  if (auto* no = std::get_if<refusal>(&wanted.watch)) return answer({std::move(wanted.ref), std::move(*no)});
  const auto& name = std::get<std::string>(wanted.watch);
  const auto found = std::find_if(watches_.begin(), watches_.end(), [&](const auto& one) { return one.name == name; });
  if (found == watches_.end())
    return answer({std::move(wanted.ref), refuse(refusal_code::not_found, "this socket has no such watch")});
  context_.edge.unwatch_view(number(), *who_, found->number);
  watches_.erase(found);
  answer({std::move(wanted.ref), done{}});
}

/// Any thread.
void agent_session::answer(answered_command with) {
  {
    const std::lock_guard guard{lock_};
    incoming_.answers.push_back(std::move(with));
  }
  wake();
}

void agent_session::collect() {
  incoming came;
  {
    const std::lock_guard guard{lock_};
    came.greeting.swap(incoming_.greeting);
    came.close.swap(incoming_.close);
    came.too_slow = std::exchange(incoming_.too_slow, false);
    append_moved(events_, incoming_.events);
    append_moved(answers_, incoming_.answers);
    came.pictures.swap(incoming_.pictures);
    came.ended.swap(incoming_.ended);
  }
  if (finishing()) return;
  for (auto& [watch, now] : came.pictures)
    if (auto* one = find_watch(watch)) one->now = std::move(now);
  for (auto& [watch, why] : came.ended)
    if (auto* one = find_watch(watch)) one->ended = std::move(why);
  if (came.greeting) {
    greeting_ = std::move(came.greeting);
    stage_ = stage::live;
    stream_->cancel_timer();
  }
  if (came.too_slow) return finish(code_too_slow, "the backlog is full; resume from the cursor");
  if (!came.close) return;
  const int code = close_code_of(*came.close);
  finish(code, {}, code == code_restarting || code == code_going_away);
}

bool agent_session::wants_more() const {
  return stage_ != stage::attaching && commands_under_way_ < context_.limits.agent_commands_max;
}

void agent_session::on_deadline() {
  if (stage_ == stage::awaiting_hello) return finish(code_bad_frame, "no hello in time");
  finish(code_internal, "not greeted in time");
}

void agent_session::on_shutdown() { finish(code_restarting, "restarting", true); }

void agent_session::refuse_more() {
  const std::lock_guard guard{lock_};
  refusing_ = true;
}

void agent_session::detach() {
  if (who_ && last_watch_ > 0) context_.edge.unwatch_view(number(), *who_, std::nullopt);
  if (who_) context_.edge.detach_agent(number(), *who_->user);
  incoming left;
  {
    const std::lock_guard guard{lock_};
    std::swap(left, incoming_);
  }
  forget_backlog();
  events_ = {};
  answers_ = {};
  next_event_ = next_answer_ = 0;
  watches_ = {};
}

void agent_session::forget_backlog() {
  backlog_bytes_ = 0;
  const auto left = backlog_events_.exchange(0);
  if (left > 0) context_.probes.queue_depth(queue_kind::agent_backlog, -static_cast<std::int64_t>(left));
}

bool agent_session::render(std::string& out) {
  if (greeting_) {
    render_welcome(out);
    return true;
  }
  // Between two other frames, so that neither keeps the other waiting.
  if (!watches_.empty() && !std::exchange(view_went_last_, false) && render_view(out)) {
    view_went_last_ = true;
    return true;
  }
  const bool has_events = next_event_ < events_.size();
  while (next_answer_ < answers_.size() && (!has_events || events_went_last_)) {
    const auto& next = answers_[next_answer_++];
    --commands_under_way_;
    if (next.watch > 0) {
      if (std::holds_alternative<refusal>(next.with))
        std::erase_if(watches_, [&](const watch_state& one) { return one.number == next.watch; });
      else if (auto* watch = find_watch(next.watch))
        watch->told = true;
    }
    const bool wanted = next.ref.has_value();
    if (wanted) render_answer(out, next);
    if (next_answer_ == answers_.size()) reuse(answers_, next_answer_);
    if (!wanted) continue;
    events_went_last_ = false;
    return true;
  }
  if (!has_events) return !watches_.empty() && render_view(out);
  render_events(out);
  events_went_last_ = true;
  return true;
}

/// One watch's frame, if one has something to say; they take turns.
bool agent_session::render_view(std::string& out) {
  for (auto at = watches_.begin(); at != watches_.end(); ++at) {
    if (!at->told) continue;
    if (at->ended) {
      append_unwatched_frame(out, at->name, *at->ended);
      watches_.erase(at);
      return true;
    }
    if (!at->now) continue;
    const bool changed = append_view_frame(out, at->name, at->sent.get(), *at->now);
    at->sent = std::exchange(at->now, nullptr);
    if (!changed) continue;
    std::rotate(at, std::next(at), watches_.end());
    return true;
  }
  return false;
}

void agent_session::render_welcome(std::string& out) {
  const auto& greeting = *greeting_;
  out += "{\"op\":\"welcome\",\"user\":";
  append_user(out, greeting.who);
  out += ",\"cursor\":\"";
  append_id_digits(out, greeting.cursor);
  out += "\",\"resumed\":";
  append_bool(out, greeting.resumed);
  if (!greeting.resumed && (greeting.cursor_too_old || cursor_unusable_)) out += ",\"reason\":\"cursor_too_old\"";
  out += ",\"availability\":";
  append_availability(out, greeting.availability);
  out += ",\"open\":[";
  for (const auto& each : greeting.open) {
    if (&each != &greeting.open.front()) out += ',';
    append_conversation(out, each);
  }
  out += "]}";
  greeting_.reset();
}

void agent_session::render_events(std::string& out) {
  out += "{\"op\":\"events\",\"events\":[";
  std::size_t count = 0, weight = 0;
  for (; next_event_ < events_.size() && (count == 0 || out.size() < events_frame_bytes); ++next_event_, ++count) {
    if (count > 0) out += ',';
    auto& each = events_[next_event_];
    append_agent_event(out, each);
    weight += weight_of(each);
    each = {};  // what it kept alive may go
  }
  out += "]}";
  if (next_event_ == events_.size()) reuse(events_, next_event_);
  backlog_bytes_.fetch_sub(weight, std::memory_order_relaxed);
  backlog_events_.fetch_sub(count, std::memory_order_relaxed);
  context_.probes.queue_depth(queue_kind::agent_backlog, -static_cast<std::int64_t>(count));
}

void agent_session::render_answer(std::string& out, const answered_command& of) {
  out += "{\"op\":\"result\",\"ref\":";
  append_json_string(out, *of.ref);
  if (const auto* no = std::get_if<refusal>(&of.with)) {
    out += ",\"ok\":false,\"problem\":";
    append_problem(out, *no);
    out += '}';
    return;
  }
  out += ",\"ok\":true,\"data\":";
  if (std::holds_alternative<done>(of.with)) {
    out += "{}}";
    return;
  }
  if (const auto* now = std::get_if<signalbox::availability>(&of.with)) {
    append_availability(out, *now);
    out += '}';
    return;
  }
  const auto& done_now = std::get<carried_out>(of.with);
  out += "{\"conversation\":";
  append_conversation(out, done_now.now);
  if (done_now.message) {
    out += ",\"message\":";
    append_json_id(out, *done_now.message);
  }
  out += "}}";
}

}  // namespace signalbox
