#include "app/conformance/router_player.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "app/replay/frame_socket.hpp"
#include "app/replay/frames.hpp"
#include "app/replay/http_messages.hpp"
#include "rules/ids.hpp"
#include "rules/message.hpp"

namespace signalbox {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::use_awaitable;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view subprotocol = "signalbox.connect.v1";
constexpr milliseconds tick_interval{5};
constexpr milliseconds held_open_after_drain{600};  // more than what the judge allows to be on its way
constexpr milliseconds rest_at_least{1500};
constexpr milliseconds rest_at_most{10'000};
constexpr std::size_t threads_known_max = 64;
constexpr std::size_t read_bytes_max = 4 * frame_bytes_max;  // a frame that is too large is to be judged, not cut off

class played_connection : public std::enable_shared_from_this<played_connection> {
public:
  played_connection(std::shared_ptr<frame_socket> socket, const act& playing, milliseconds lasts, router_memory& memory)
      : socket_(std::move(socket)), playing_(playing), lasts_(lasts), memory_(memory) {}

  asio::awaitable<void> play() {
    memory_.verdict.opened(memory_.now());
    began_ = memory_.now();
    asio::co_spawn(
        socket_->executor(), [self = shared_from_this()] { return self->read_all(); }, asio::detached);
    asio::steady_timer timer(socket_->executor());
    while (!over_) {
      timer.expires_after(tick_interval);
      co_await timer.async_wait(use_awaitable);
      if (!over_) tick();
    }
    memory_.verdict.ended(*over_, memory_.now());
  }

private:
  asio::awaitable<void> read_all() {
    try {
      for (;;) {
        const auto frame = co_await socket_->read();
        if (!over_) take(frame);
      }
    } catch (const boost::system::system_error&) {
      // however it ended: `over_` knows when that was our doing
    }
    end(closing_ ? closing_how_ : "it closed the connection itself");
  }

  void end(std::string how) {
    if (!over_) over_ = std::move(how);
  }

  void take(std::string_view bytes) {
    const auto now = memory_.now();
    if (socket_->got_binary()) return memory_.verdict.heard_binary(now);
    const auto heard = hear_frame(bytes, [&](std::string_view channel) {
      return std::find(memory_.options.channels.begin(), memory_.options.channels.end(), channel) !=
             memory_.options.channels.end();
    });
    memory_.verdict.heard(heard, bytes.size(), now);
    if (closing_) return;
    if (std::holds_alternative<heard_hello>(heard.what)) {
      greet();
    } else if (const auto* publish = std::get_if<heard_publish>(&heard.what)) {
      take(*publish);
    } else if (const auto* status = std::get_if<heard_status>(&heard.what)) {
      take(*status);
    }
  }

  void greet() {
    if (std::exchange(greeted_, true)) return;
    if (playing_.end == act_end::kill_before_welcome) return kill();
    welcome_told told{playing_.credit, playing_.batch_max, {}};
    std::string channels;
    for (const auto& each : memory_.options.channels) {
      const auto offset = memory_.kept.offset_of(each);
      told.offsets[each] = offset;
      channels += fmt::format(R"({}{{"id":{},"name":"Conformance","type":"custom","on":true,"offset":{}}})",
                              channels.empty() ? "" : ",", json_text(each), offset ? json_text(*offset) : "null");
    }
    send(fmt::format(R"({{"op":"welcome","credit":{},"max_batch":{},"max_frame":{},"channels":[{}]}})", playing_.credit,
                     playing_.batch_max, frame_bytes_max, channels));
    memory_.verdict.welcomed(told, memory_.now());
    welcomed_at_ = memory_.now();
    if (!memory_.undelivered.empty()) deliver_all();
  }

  void take(const heard_publish& publish) {
    if (!welcomed_at_) return;
    for (const auto& each : publish.messages) remember_thread(each);
    ++frames_heard_;
    const bool last = frames_heard_ == playing_.frames;
    if (last && playing_.end == act_end::kill_on_publish) {
      if (playing_.kept) keep(publish);
      return kill();
    }
    waiting_.push_back(publish);
    waiting_since_ = waiting_.size() == 1 ? memory_.now() : waiting_since_;
    if (last && playing_.end == act_end::kill_in_ack) return kill_within(make_ack());
    if (playing_.acks == ack_manner::at_once) send(make_ack());
    if (last && playing_.end == act_end::kill_after_ack) kill_when_written();
  }

  void remember_thread(const heard_message& message) {
    if (message.thread.empty() || message.sender.empty()) return;
    auto& threads = memory_.threads;
    const auto known = std::find_if(threads.begin(), threads.end(), [&](const auto& each) {
      return each.channel == message.channel && each.thread == message.thread;
    });
    if (known != threads.end()) return;
    if (threads.size() == threads_known_max) threads.erase(threads.begin());
    threads.push_back({message.channel, message.thread, message.sender});
  }

  void take(const heard_status& status) {
    if (playing_.end == act_end::kill_on_status && !status.ids.empty()) return kill();
    for (const auto& id : status.ids) memory_.undelivered.erase(id);
  }

  frame_answer keep(const heard_publish& publish) {
    auto answer = memory_.kept.keep(publish, playing_, memory_.chance);
    memory_.verdict.kept(publish.seq, answer.not_taken);
    return answer;
  }

  /// One for every frame that waits.
  std::string make_ack() {
    std::uint32_t credit = 0;
    std::vector<message_answer> named;
    std::set<message_key> not_taken;
    const auto seq = waiting_.back().seq;
    for (const auto& publish : waiting_) {
      auto answer = keep(publish);
      credit += static_cast<std::uint32_t>(publish.messages.size());
      not_taken.merge(answer.not_taken);
      for (auto& each : answer.results)
        if (!each.status.empty()) named.push_back(std::move(each));
    }
    waiting_.clear();
    if (playing_.acks == ack_manner::together) std::shuffle(named.begin(), named.end(), memory_.chance);
    std::string results;
    for (const auto& each : named)
      results += fmt::format(R"({}{{"id":{},"status":"{}"{}}})", results.empty() ? "" : ",", json_text(each.id), each.status,
                             each.status == "rejected" ? R"(,"code":"unavailable","detail":"was not taken: send it again")" : "");
    // One that is cut off was never read, so nothing is known by it.
    if (playing_.end != act_end::kill_in_ack || frames_heard_ != playing_.frames)
      memory_.verdict.acknowledged(seq, credit, not_taken, memory_.now());
    return fmt::format(R"({{"op":"ack","seq":{},"credit":{},"results":[{}]}})", seq, credit, results);
  }

  void deliver_all() {
    std::string messages;
    for (auto& [id, each] : memory_.undelivered) {
      messages += fmt::format(R"({}{{"id":{},"channel":{},"thread":{},"to":{{"id":{}}},"text":"Reply {}","attempt":{}}})",
                              messages.empty() ? "" : ",", json_text(id), json_text(each.channel), json_text(each.thread),
                              json_text(each.to), memory_.deliveries_made, ++each.attempt);
      memory_.verdict.delivered(id, memory_.now());
    }
    send(fmt::format(R"({{"op":"deliver","messages":[{}]}})", messages));
  }

  void make_delivery() {
    if (memory_.threads.empty()) return;
    const auto& to = memory_.threads[memory_.chance() % memory_.threads.size()];
    const auto id = to_text(message_id{++memory_.deliveries_made});
    memory_.undelivered[id] = {to.channel, to.thread, to.sender, 1};
    send(fmt::format(
        R"({{"op":"deliver","messages":[{{"id":{},"channel":{},"thread":{},"to":{{"id":{}}},"text":"Reply {}","attempt":1}}]}})",
        json_text(id), json_text(to.channel), json_text(to.thread), json_text(to.sender), memory_.deliveries_made));
    memory_.verdict.delivered(id, memory_.now());
  }

  void tick() {
    const auto now = memory_.now();
    memory_.verdict.passed(now);
    if (closing_) {
      if (now > closing_since_ + std::chrono::seconds(3)) kill();
      return;
    }
    if (!welcomed_at_) {
      // Who says nothing is given the time in which the judge misses the hello.
      if (now > began_ + std::chrono::seconds(11)) kill();
      return;
    }
    if (!waiting_.empty() && now >= waiting_since_ + playing_.ack_after) send(make_ack());
    const auto since = now - *welcomed_at_;
    while (made_ < playing_.deliveries && since >= lasts_ * (made_ + 1) / (playing_.deliveries + 1)) {
      ++made_;
      make_delivery();
      if (made_ == playing_.deliveries && playing_.end == act_end::kill_on_delivery) return kill_when_written();
    }
    if (playing_.name == "rest") return rest(since);
    if (since >= lasts_) end_act(now);
  }

  void rest(milliseconds since) {
    if (since < rest_at_least || (since < rest_at_most && !memory_.verdict.settled())) return;
    close(1001, "it was said goodbye");
  }

  void end_act(run_time now) {
    if (playing_.end == act_end::restart) return close(1012, "the router restarted");
    if (playing_.end != act_end::drain) return kill();
    if (!drained_at_) {
      drained_at_ = now;
      send(fmt::format(R"({{"op":"drain","after_ms":{}}})", playing_.drain_after.count()));
      return memory_.verdict.drained(playing_.drain_after, now);
    }
    if (now < *drained_at_ + playing_.drain_after + held_open_after_drain) return;
    if (!waiting_.empty()) send(make_ack());
    close(1012, "the router restarted");
  }

  void send(std::string frame) { socket_->send(std::move(frame)); }

  void close(std::uint16_t code, std::string how) {
    closing_ = true;
    closing_how_ = std::move(how);
    closing_since_ = memory_.now();
    socket_->close(code);
  }

  void kill_when_written() {
    socket_->when_all_sent([self = shared_from_this()] { self->kill(); });
  }

  /// Half of a frame, as TCP had it when the router died. Only with nothing else being written.
  void kill_within(const std::string& frame) {
    if (socket_->all_sent() && frame.size() > 1 && frame.size() <= 0xFFFF) {
      std::string bytes{static_cast<char>(0x81)};
      if (frame.size() < 126) {
        bytes += static_cast<char>(frame.size());
      } else {
        bytes += {static_cast<char>(126), static_cast<char>(frame.size() >> 8), static_cast<char>(frame.size() & 0xFF)};
      }
      socket_->write_raw(bytes.append(frame, 0, frame.size() / 2));
    }
    kill();
  }

  void kill() {
    if (over_) return;
    end(closing_ ? closing_how_ : "the connection was killed");
    socket_->kill();
  }

  std::shared_ptr<frame_socket> socket_;
  const act& playing_;
  milliseconds lasts_;
  router_memory& memory_;
  run_time began_{};
  bool greeted_ = false;
  std::optional<run_time> welcomed_at_, drained_at_;
  std::uint32_t frames_heard_ = 0, made_ = 0;
  std::vector<heard_publish> waiting_;
  run_time waiting_since_{};
  bool closing_ = false;
  std::string closing_how_;
  run_time closing_since_{};
  std::optional<std::string> over_;
};

bool offers_subprotocol(const http::request<http::string_body>& request) {
  const std::string_view offered = request[http::field::sec_websocket_protocol];
  return offered.find(subprotocol) != std::string_view::npos;
}

/// What is wrong with a request that is to become a connector's socket.
std::string fault_of(const http::request<http::string_body>& request) {
  const std::string_view target = request.target();
  if (!websocket::is_upgrade(request)) return fmt::format("asked for {} without a WebSocket's upgrade", target);
  if (target != "/v1/connect") return fmt::format("asked for {} instead of /v1/connect", target);
  if (!offers_subprotocol(request)) return fmt::format("did not offer the subprotocol {}", subprotocol);
  return {};
}

}  // namespace

asio::awaitable<act_result> play_act(asio::ip::tcp::socket peer, const act& playing, milliseconds lasts, router_memory& memory) {
  beast::tcp_stream stream(std::move(peer));
  stream.socket().set_option(asio::ip::tcp::no_delay(true));
  stream.expires_after(std::chrono::seconds(10));
  beast::flat_buffer bytes;
  http::request_parser<http::string_body> parser;
  if (co_await read_message(stream, bytes, parser)) co_return act_result::no_socket;
  auto request = parser.release();
  if (const auto wrong = fault_of(request); !wrong.empty()) {
    memory.verdict.asked_wrongly(wrong);
    (void)co_await write_message(
        stream,
        fmt::format("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", wrong.size(), wrong));
    co_return act_result::no_socket;
  }
  std::shared_ptr<frame_socket> socket;
  try {
    socket = co_await frame_socket::accept(std::move(stream), std::move(request), std::string{subprotocol}, read_bytes_max);
  } catch (const boost::system::system_error&) {
    co_return act_result::played;  // gone in the middle of the handshake: nothing to judge yet
  }
  auto connection = std::make_shared<played_connection>(std::move(socket), playing, lasts, memory);
  co_await connection->play();
  co_return act_result::played;
}

}  // namespace signalbox
