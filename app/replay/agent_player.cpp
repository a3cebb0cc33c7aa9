#include "app/replay/agent_player.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <utility>

#include "app/replay/frames.hpp"

namespace signalbox {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view availability_ref = "at-work";

bool is_true(const json::object& in, json::string_view member) {
  const auto* value = in.if_contains(member);
  return value && value->is_bool() && value->get_bool();
}

}  // namespace

agent_player::agent_player(std::size_t number, server_address server, const demo_company& company, conductor& led_by,
                           const stage_hands& hands)
    : number_(number), server_(std::move(server)), company_(company), conductor_(led_by), hands_(hands) {}

asio::awaitable<void> agent_player::run() {
  backoff pause;
  bool again = false;
  while (!stopped_) {
    try {
      socket_ = co_await frame_socket::open(server_, "/v1/agent", "signalbox.agent.v1");
      if (std::exchange(again, true)) conductor_.reconnected();
      pause.reset();
      co_await work();
    } catch (const boost::system::system_error&) {
      // Tried again below: `co_await` isn't allowed here.
    }
    at_work_ = welcomed_ = false;
    if (socket_ && !stopped_) check_close(*socket_, "agent " + name());
    socket_.reset();
    if (!stopped_) co_await pause.wait();
  }
}

void agent_player::stop() {
  stopped_ = true;
  if (socket_) socket_->close();
}

asio::awaitable<void> agent_player::work() {
  const auto socket = socket_;
  const auto cursor = cursor_.empty() ? std::string() : fmt::format(R"(,"cursor":{})", json_text(cursor_));
  socket->send(fmt::format(R"({{"op":"hello","token":{}{}}})", json_text(company_.agents[number_].token), cursor));
  for (;;) {
    const auto frame = read_frame(co_await socket->read());
    const auto op = text_of(frame, "op");
    if (op == "events") {
      take_events(frame);
    } else if (op == "result") {
      take_result(frame);
    } else if (op == "welcome") {
      welcome(frame);
    }
    hands_.something_happened();
  }
}

void agent_player::welcome(const json::object& frame) {
  if (cursor_.empty()) {
    cursor_ = text_of(frame, "cursor");
  } else if (!is_true(frame, "resumed")) {
    conductor_.gap_seen();
    cursor_ = text_of(frame, "cursor");
  }
  welcomed_ = true;
  socket_->send(fmt::format(R"({{"op":"availability","ref":"{}","status":"available"}})", availability_ref));
  for (const auto& each : unanswered_) socket_->send(each.frame);
}

void agent_player::take_events(const json::object& frame) {
  const auto now = std::chrono::steady_clock::now();
  const auto* events = frame.if_contains("events");
  if (!events || !events->is_array()) return;
  bool moved = false;
  for (const auto& each : events->get_array()) {
    if (!each.is_object()) continue;
    const auto& event = each.get_object();
    const auto cursor = text_of(event, "cursor");
    if (cursor.empty()) continue;  // `typing` has none
    if (text_of(event, "prev") != cursor_) {
      conductor_.gap_seen();
      if (hands_.tell)
        hands_.tell(fmt::format("gap: {} had {}, the next event {} follows {}", name(), cursor_, cursor, text_of(event, "prev")));
    }
    cursor_ = cursor;
    moved = true;
    take_event(event, now);
  }
  if (moved) socket_->send(fmt::format(R"({{"op":"ack","cursor":{}}})", json_text(cursor_)));
}

void agent_player::take_event(const json::object& event, steady_time now) {
  const auto type = text_of(event, "type");
  const auto& data = object_of(event, "data");
  const auto& message = object_of(data, "message");
  if (type == "message.created") {
    if (text_of(message, "direction") != "out")
      conductor_.message_came(number_, text_of(data, "conversation"), text_of(message, "id"), text_of(message, "text"), now);
  } else if (type == "assignment.created") {
    const auto& conversation = object_of(data, "conversation");
    if (hands_.tell)
      hands_.tell(
          fmt::format("{:<12} + {:<10} is assigned ({})", name(), text_of(conversation, "thread"), text_of(data, "reason")));
    conductor_.assignment_came(number_, text_of(conversation, "id"), text_of(conversation, "thread"), text_of(message, "id"),
                               text_of(message, "text"), now);
  } else if (type == "assignment.withdrawn") {
    const auto& conversation = object_of(data, "conversation");
    conductor_.assignment_went(number_, conversation.empty() ? text_of(data, "conversation") : text_of(conversation, "id"));
  }
}

void agent_player::perform(const cue& what) {
  const auto conversation = json_text(conductor_.conversation_of(what.dialogue));
  const auto& dialogue = conductor_.script()[what.dialogue];
  command next;
  next.what = what;
  if (what.kind == cue_kind::agent_closes) {
    next.ref = fmt::format("{}-close", what.dialogue);
    next.frame = fmt::format(R"({{"op":"close","ref":"{}","conversation":{}}})", next.ref, conversation);
  } else {
    next.ref = fmt::format("{}-{}", what.dialogue, what.turn);
    const auto& text = dialogue.turns[what.turn].text;
    next.frame =
        fmt::format(R"({{"op":"reply","ref":"{}","conversation":{},"text":{}}})", next.ref, conversation, json_text(text));
    if (hands_.tell) hands_.tell(fmt::format("{:<12} < {:<10} {}", name(), dialogue.id, text));
  }
  if (welcomed_) socket_->send(next.frame);
  unanswered_.push_back(std::move(next));
}

void agent_player::take_result(const json::object& frame) {
  const auto ref = text_of(frame, "ref");
  const auto& problem = object_of(frame, "problem");
  const bool ok = is_true(frame, "ok");
  if (ref == availability_ref) {
    if (!ok)
      throw replay_failed(exit_code::failed, fmt::format("{} can't become available: {}", name(), text_of(problem, "detail")));
    at_work_ = true;
    return;
  }
  const auto found = std::find_if(unanswered_.begin(), unanswered_.end(), [&](const command& c) { return c.ref == ref; });
  if (found == unanswered_.end()) return;
  const auto what = found->what;
  if (!ok && text_of(problem, "code") == "unavailable") {
    asio::co_spawn(socket_->executor(), send_again_later(found->ref), asio::detached);
    return;
  }
  unanswered_.erase(found);
  if (!ok) {
    if (hands_.tell)
      hands_.tell(fmt::format("{} was refused: {} {}", name(), text_of(problem, "code"), text_of(problem, "detail")));
    conductor_.command_refused(what.dialogue);
  } else if (what.kind == cue_kind::agent_closes) {
    conductor_.close_accepted(what.dialogue);
  } else {
    conductor_.reply_accepted(what.dialogue);
  }
}

/// The actor that would have answered was being restarted.
asio::awaitable<void> agent_player::send_again_later(std::string ref) {
  const auto socket = socket_;
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(200));
  co_await timer.async_wait(asio::use_awaitable);
  if (socket != socket_) co_return;  // a new connection has sent everything again
  const auto found = std::find_if(unanswered_.begin(), unanswered_.end(), [&](const command& c) { return c.ref == ref; });
  if (found != unanswered_.end()) socket->send(found->frame);
}

}  // namespace signalbox
