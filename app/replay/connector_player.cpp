#include "app/replay/connector_player.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "app/replay/frames.hpp"

namespace signalbox {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t frame_messages_max = 64;
constexpr std::size_t frame_bytes_soft = std::size_t{256} << 10;  // a batch ends above it, far below the server's limit

std::int64_t number_in(const json::object& in, json::string_view member) {
  const auto* value = in.if_contains(member);
  return value && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

std::uint64_t place_in(std::string_view offset) {
  std::uint64_t place = 0;
  std::from_chars(offset.data(), offset.data() + offset.size(), place);
  return place;
}

}  // namespace

connector_player::connector_player(std::size_t number, server_address server, const demo_company& company, conductor& led_by,
                                   const stage_hands& hands)
    : number_(number), server_(std::move(server)), company_(company), conductor_(led_by), hands_(hands) {}

asio::awaitable<void> connector_player::run() {
  backoff pause;
  bool again = false;
  while (!stopped_) {
    try {
      socket_ = co_await frame_socket::open(server_, "/v1/connect", "signalbox.connect.v1");
      if (std::exchange(again, true)) conductor_.reconnected();
      pause.reset();
      co_await play();
    } catch (const boost::system::system_error&) {
      // Tried again below: `co_await` isn't allowed here.
    }
    connected_ = false;
    if (socket_ && !stopped_) check_close(*socket_, fmt::format("connector {}", number_ + 1));
    socket_.reset();
    if (!stopped_) co_await pause.wait();
  }
}

void connector_player::stop() {
  stopped_ = true;
  if (socket_) socket_->close();
}

asio::awaitable<void> connector_player::play() {
  const auto socket = socket_;
  socket->send(fmt::format(R"({{"op":"hello","token":{},"connector":"signalbox-replay/1"}})",
                           json_text(company_.connector_tokens[number_])));
  for (;;) {
    const auto frame = read_frame(co_await socket->read());
    const auto op = text_of(frame, "op");
    if (op == "ack") {
      acknowledge(frame);
    } else if (op == "deliver") {
      deliver(frame);
    } else if (op == "welcome") {
      welcome(frame);
    }
    hands_.something_happened();
  }
}

void connector_player::welcome(const json::object& frame) {
  credit_ = number_in(frame, "credit");
  batch_max_ = std::clamp<std::size_t>(static_cast<std::size_t>(number_in(frame, "max_batch")), 1, frame_messages_max);
  if (const auto* channels = frame.if_contains("channels"); channels && channels->is_array())
    for (const auto& each : channels->get_array()) {
      if (!each.is_object()) continue;
      const auto known = acknowledged_places_.find(std::string(text_of(each.get_object(), "id")));
      if (known != acknowledged_places_.end() && place_in(text_of(each.get_object(), "offset")) < known->second)
        conductor_.offset_went_back();
    }
  // Whatever has no answer goes out again, before anything newer, so that each thread keeps its order.
  for (auto frame_back = unanswered_.rbegin(); frame_back != unanswered_.rend(); ++frame_back)
    waiting_.insert(waiting_.begin(), frame_back->lines.begin(), frame_back->lines.end());
  unanswered_.clear();
  seq_ = 0;
  connected_ = true;
  flush();
}

void connector_player::acknowledge(const json::object& frame) {
  const auto now = std::chrono::steady_clock::now();
  credit_ += number_in(frame, "credit");
  std::unordered_map<std::string_view, message_fate> special;
  if (const auto* results = frame.if_contains("results"); results && results->is_array())
    for (const auto& each : results->get_array()) {
      if (!each.is_object()) continue;
      const auto status = text_of(each.get_object(), "status");
      special[text_of(each.get_object(), "id")] = status == "duplicate"  ? message_fate::duplicate
                                                  : status == "accepted" ? message_fate::accepted
                                                                         : message_fate::refused;
      if (hands_.tell && status != "accepted")
        hands_.tell(fmt::format("{:<10} {}: {}", status, text_of(each.get_object(), "id"), text_of(each.get_object(), "code")));
    }
  const auto through = static_cast<std::uint64_t>(number_in(frame, "seq"));
  while (!unanswered_.empty() && unanswered_.front().seq <= through) {
    for (const auto& each : unanswered_.front().lines) {
      const auto id = fmt::format("{}-{}", conductor_.script()[each.dialogue].id, each.turn);
      const auto named = special.find(id);
      const auto fate = named == special.end() ? message_fate::accepted : named->second;
      auto& place = acknowledged_places_[channel_of(each.dialogue).id];
      place = std::max(place, each.place);
      conductor_.message_answered(each.dialogue, each.turn, fate, now);
    }
    unanswered_.pop_front();
  }
  flush();
}

void connector_player::deliver(const json::object& frame) {
  std::string statuses;
  const auto* messages = frame.if_contains("messages");
  if (!messages || !messages->is_array()) return;
  for (const auto& each : messages->get_array()) {
    if (!each.is_object()) continue;
    const auto& message = each.get_object();
    const auto id = json_text(text_of(message, "id"));
    statuses +=
        fmt::format(R"({}{{"id":{},"status":"sent"}},{{"id":{},"status":"delivered"}})", statuses.empty() ? "" : ",", id, id);
    conductor_.delivery_came(text_of(message, "thread"), text_of(message, "id"), text_of(message, "text"));
  }
  if (socket_ && !statuses.empty()) socket_->send(fmt::format(R"({{"op":"status","statuses":[{}]}})", statuses));
}

void connector_player::say(std::size_t dialogue, std::size_t turn) {
  waiting_.push_back({dialogue, turn, ++places_});
  if (hands_.tell) {
    const auto& what = conductor_.script()[dialogue];
    hands_.tell(fmt::format("{:<12} > {:<10} {}", channel_of(dialogue).name, what.id, what.turns[turn].text));
  }
  flush();
}

/// Posted once for all that is said in one turn of the loop, so that it travels in one frame.
void connector_player::flush() {
  if (!connected_ || waiting_.empty() || credit_ <= 0 || std::exchange(flush_posted_, true)) return;
  asio::post(socket_->executor(), [this] {
    flush_posted_ = false;
    while (connected_ && !waiting_.empty() && credit_ > 0) send_batch();
  });
}

void connector_player::send_batch() {
  const auto most = std::min({batch_max_, waiting_.size(), static_cast<std::size_t>(credit_)});
  unanswered_frame sent;
  sent.seq = ++seq_;
  std::string messages;
  while (sent.lines.size() < most && messages.size() < frame_bytes_soft) {
    const auto& next = waiting_.front();
    if (!messages.empty()) messages += ',';
    append_message(messages, next);
    sent.lines.push_back(next);
    waiting_.pop_front();
  }
  credit_ -= static_cast<std::int64_t>(sent.lines.size());
  socket_->send(
      fmt::format(R"({{"op":"publish","seq":{},"offset":"{}","messages":[{}]}})", sent.seq, sent.lines.back().place, messages));
  unanswered_.push_back(std::move(sent));
}

const demo_channel& connector_player::channel_of(std::size_t dialogue) const {
  return company_.channels[dialogue % company_.channels.size()];
}

void connector_player::append_message(std::string& out, const line& what) const {
  const auto& from = conductor_.script()[what.dialogue];
  const auto thread = json_text(from.id);
  fmt::format_to(std::back_inserter(out),
                 R"({{"channel":"{}","thread":{},"id":{},"from":{{"id":{},"name":"Visitor {}"}},"text":{}}})",
                 channel_of(what.dialogue).id, thread, json_text(fmt::format("{}-{}", from.id, what.turn)), thread,
                 what.dialogue + 1, json_text(from.turns[what.turn].text));
}

}  // namespace signalbox
