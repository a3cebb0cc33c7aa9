#include "bench/load/signalbox_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "bench/load/run.hpp"

namespace signalbox::load {
namespace {

constexpr double greeting_seconds_max = 30;
constexpr double slow_read_seconds = 5;

// A socket with its upgrade done. The mask needn't be unpredictable: nothing between us and a loopback server is fooled by it.
struct session {
  session(const endpoint& to, int epoll, std::uint64_t key, std::string_view target, std::string_view subprotocol)
      : stream(to, epoll, key) {
    stream.out() = websocket::upgrade_request(to_text(to), target, subprotocol);
    stream.flush();
  }
  void say(std::string_view text) { websocket::append_frame(stream.out(), websocket::opcode::text, text, 0x5A17C3E9); }

  byte_stream stream;
  websocket::decoder decoder;
  bool upgraded = false;
};

class greeting_observer : public target_observer {
public:
  void acknowledged(std::uint32_t, std::uint64_t) override {}
  bool received(std::uint32_t, std::string_view) override { return false; }
  void violated(std::string what) override { throw std::runtime_error("while connecting: " + what); }
};

// The head of the answer to an upgrade; nothing until it is whole.
std::optional<std::string_view> upgrade_answer(byte_stream& from) {
  const auto end = from.unread().find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const auto head = from.unread().substr(0, end);
  if (!head.starts_with("HTTP/1.1 101"))
    throw std::runtime_error("no websocket: " + std::string{head.substr(0, head.find('\r'))});
  from.consumed(end + 4);
  return head;
}

std::string_view text_or_empty(simdjson::simdjson_result<simdjson::ondemand::value> value) {
  std::string_view out;
  return value.get_string().get(out) == simdjson::SUCCESS ? out : std::string_view{};
}

std::string_view json_or_empty(simdjson::simdjson_result<simdjson::ondemand::value> value) {
  std::string_view out;
  return simdjson::to_json_string(value).get(out) == simdjson::SUCCESS ? out : std::string_view{};
}

// A fresh agent's cursor is told as zeros or as null; both mean that no event came before.
std::string_view cursor_or_none(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos ? std::string_view{} : text;
}

}  // namespace

struct signalbox_target::connector : session {
  connector(const endpoint& to, int epoll, std::uint64_t key, std::uint32_t i)
      : session(to, epoll, key, "/v1/connect", "signalbox.connect.v1"), number(i) {}

  std::uint32_t number;
  std::uint64_t credit = 0;
  std::uint64_t batch_max = 1;
  std::uint64_t seq = 0;
  std::string frame;
  std::uint64_t frame_messages = 0;
  struct sent_frame {
    std::uint64_t seq;
    std::uint64_t messages;
  };
  std::deque<sent_frame> unacknowledged;  // bounded by credit
};

struct signalbox_target::agent : session {
  agent(const endpoint& to, int epoll, std::uint64_t key, std::uint32_t i)
      : session(to, epoll, key, "/v1/agent", "signalbox.agent.v1"), number(i) {}

  std::uint32_t number;
  std::string cursor;  // of the last event
  bool acknowledged = true;
  std::uint64_t ref = 0;
};

signalbox_target::signalbox_target(const signalbox_settings& settings, const company& all) : settings_(settings) {
  std::uint64_t key = 0;
  for (const auto& each : all.connectors) {
    connectors_.push_back(std::make_unique<connector>(settings.server, poller_.fd(), key++, connectors_.size()));
    connectors_.back()->say(fmt::format(R"({{"op":"hello","token":"{}","connector":"signalbox_load/1"}})", each.token));
  }
  for (const auto& each : all.agents) {
    agents_.push_back(std::make_unique<agent>(settings.server, poller_.fd(), key++, agents_.size()));
    agents_.back()->say(fmt::format(R"({{"op":"hello","token":"{}"}})", each.token));
  }
  greet();
}

signalbox_target::~signalbox_target() = default;

void signalbox_target::greet() {
  greeting_observer observer;
  const auto give_up = now_ns() + static_cast<ns_time>(greeting_seconds_max * ns_per_second);
  while (greeted_ < connectors_.size() + agents_.size()) {
    if (now_ns() > give_up) throw std::runtime_error("a socket got no welcome, or an agent did not become available");
    poll(std::chrono::milliseconds{50}, observer);
  }
}

std::uint64_t signalbox_target::room(std::uint32_t producer) const { return connectors_[producer]->credit; }

stamp signalbox_target::append(workload& from, std::uint32_t producer, ns_time intended) {
  auto& by = *connectors_[producer];
  if (by.frame_messages == by.batch_max) end_frame(producer);
  if (by.frame_messages++ == 0) {
    by.frame = R"({"op":"publish","seq":)";
    by.frame += fmt::format_int(++by.seq).str();
    by.frame += R"(,"messages":[)";
  } else {
    by.frame += ',';
  }
  --by.credit;
  return from.append(by.frame, producer, intended);
}

void signalbox_target::end_frame(std::uint32_t producer) {
  auto& by = *connectors_[producer];
  if (by.frame_messages == 0) return;
  by.frame += "]}";
  by.say(by.frame);
  by.unacknowledged.push_back({by.seq, by.frame_messages});
  by.frame_messages = 0;
}

void signalbox_target::write(std::uint32_t producer) { connectors_[producer]->stream.flush(); }

template <class Session, class Reader>
void signalbox_target::read_all(Session& from, target_observer& observer, Reader&& read) {
  from.stream.fill();
  if (!from.upgraded) {
    if (!upgrade_answer(from.stream)) return;
    from.upgraded = true;
    from.stream.flush();
  }
  auto input = from.stream.unread();
  const auto before = input.size();
  while (const auto message = from.decoder.next(input)) {
    if (message->op == websocket::opcode::ping) {
      websocket::append_frame(from.stream.out(), websocket::opcode::pong, message->payload, 1);
      from.stream.flush();
    } else if (message->op == websocket::opcode::close) {
      throw connection_lost(fmt::format("the server closed a socket: {} {}", websocket::close_code(message->payload),
                                        message->payload.size() > 2 ? message->payload.substr(2) : std::string_view{}));
    } else if (message->op == websocket::opcode::text) {
      const auto& text = message->payload;
      auto document =
          parser_.iterate(simdjson::padded_string_view{text.data(), text.size(), text.size() + websocket::decoder::slack});
      simdjson::ondemand::object frame;
      if (document.get_object().get(frame) != simdjson::SUCCESS) {
        observer.violated("the server sent something that isn't a JSON object");
        continue;
      }
      read(frame, text_or_empty(frame["op"]));
    }
  }
  from.stream.consumed(before - input.size());
}

void signalbox_target::let_slow_ones_read() {
  if (settings_.slow_agents == 0 || now_ns() < slow_ones_read_at_) return;
  slow_ones_read_at_ = now_ns() + static_cast<ns_time>(slow_read_seconds * ns_per_second);
  for (std::size_t i = 0; i < std::min<std::size_t>(settings_.slow_agents, agents_.size()); ++i)
    agents_[i]->stream.want_readable(true);
}

void signalbox_target::poll(std::chrono::nanoseconds wait, target_observer& observer) {
  let_slow_ones_read();
  poller_.wait(wait, [&](std::uint64_t key, bool readable, bool writable) {
    if (key < connectors_.size()) {
      auto& from = *connectors_[key];
      if (writable) from.stream.flush();
      if (!readable) return;
      read_all(from, observer, [&](auto& frame, std::string_view op) { read_connector(from, frame, op, observer); });
      return;
    }
    auto& from = *agents_[key - connectors_.size()];
    if (writable) from.stream.flush();
    if (!readable) return;
    read_all(from, observer, [&](auto& frame, std::string_view op) { read_agent(from, frame, op, observer); });
    // One acknowledgement a read, however many events it brought.
    if (!from.acknowledged) {
      from.say(fmt::format(R"({{"op":"ack","cursor":"{}"}})", from.cursor));
      from.acknowledged = true;
    }
    if (!from.stream.out().empty()) from.stream.flush();
    if (from.number < settings_.slow_agents && greeted_ == connectors_.size() + agents_.size()) from.stream.want_readable(false);
  });
}

void signalbox_target::read_connector(connector& from, simdjson::ondemand::object& frame, std::string_view op,
                                      target_observer& observer) {
  if (op == "ack") {
    std::uint64_t seq = 0, credit = 0;
    if (frame["seq"].get_uint64().get(seq) != simdjson::SUCCESS) return observer.violated("an ack without seq");
    if (frame["credit"].get_uint64().get(credit) == simdjson::SUCCESS) from.credit += credit;
    simdjson::ondemand::array results;
    if (frame["results"].get_array().get(results) == simdjson::SUCCESS) {
      for (auto result : results) {
        observer.violated(fmt::format("not accepted: {}", json_or_empty(result)));
      }
    }
    std::uint64_t messages = 0;
    while (!from.unacknowledged.empty() && from.unacknowledged.front().seq <= seq) {
      messages += from.unacknowledged.front().messages;
      from.unacknowledged.pop_front();
    }
    if (messages > 0) observer.acknowledged(from.number, messages);
  } else if (op == "welcome") {
    if (frame["credit"].get_uint64().get(from.credit) != simdjson::SUCCESS) return observer.violated("a welcome without credit");
    std::uint64_t batch_max = 0;
    if (frame["max_batch"].get_uint64().get(batch_max) == simdjson::SUCCESS && batch_max > 0) from.batch_max = batch_max;
    ++greeted_;
  } else if (op == "drain") {
    observer.violated("the server is going down");
  }
}

void signalbox_target::read_agent(agent& from, simdjson::ondemand::object& frame, std::string_view op,
                                  target_observer& observer) {
  if (op == "events") {
    simdjson::ondemand::array events;
    if (frame["events"].get_array().get(events) != simdjson::SUCCESS) return observer.violated("an events frame without events");
    for (auto each : events) {
      simdjson::ondemand::object event;
      if (each.get_object().get(event) != simdjson::SUCCESS) return observer.violated("an event that isn't an object");
      read_event(from, event, observer);
    }
  } else if (op == "result") {
    bool ok = false;
    if (frame["ok"].get_bool().get(ok) != simdjson::SUCCESS || !ok) {
      return observer.violated(fmt::format("agent {}: a command was refused: {}", from.number, json_or_empty(frame["problem"])));
    }
    if (text_or_empty(frame["ref"]) == "available") ++greeted_;
  } else if (op == "welcome") {
    from.cursor = cursor_or_none(text_or_empty(frame["cursor"]));
    from.say(R"({"op":"availability","ref":"available","status":"available"})");
  }
}

void signalbox_target::read_event(agent& from, simdjson::ondemand::object event, target_observer& observer) {
  const auto cursor = text_or_empty(event["cursor"]);
  if (cursor.empty()) return;  // `typing` has none
  const auto prev = cursor_or_none(text_or_empty(event["prev"]));
  if (prev != from.cursor) {
    observer.violated(
        fmt::format("agent {}: a gap: event {} follows {}, but {} was the last", from.number, cursor, prev, from.cursor));
  }
  from.cursor = cursor;
  from.acknowledged = false;

  const auto type = text_or_empty(event["type"]);
  const bool created = type == "message.created";
  if (!created && type != "assignment.created") {
    if (type == "assignment.withdrawn") observer.violated(fmt::format("agent {}: an assignment was withdrawn", from.number));
    return;
  }
  simdjson::ondemand::object data;
  if (event["data"].get_object().get(data) != simdjson::SUCCESS) return observer.violated("an event without data");
  const auto conversation = text_or_empty(created ? data["conversation"] : data["conversation"]["id"]);
  const auto text = text_or_empty(data["message"]["text"]);
  if (observer.received(from.number, text)) close_conversation(from, conversation);
}

void signalbox_target::close_conversation(agent& by, std::string_view conversation) {
  close_debt_ += settings_.close_share;
  if (close_debt_ < 1) return;
  close_debt_ -= 1;
  by.say(fmt::format(R"({{"op":"close","ref":"c{}","conversation":"{}"}})", ++by.ref, conversation));
}

}  // namespace signalbox::load
