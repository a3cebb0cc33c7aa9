#include "bench/peers/redis_target.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "bench/peers/resp.hpp"

namespace signalbox::load {
namespace {

constexpr std::string_view stream = "work";
constexpr std::string_view group = "agents";

resp::token expect(std::string_view& input, resp::kind wanted) {
  const auto next = resp::next_token(input);
  if (!next || next->kind != wanted) throw resp::bad_reply("an unexpected reply");
  return *next;
}

}  // namespace

struct redis_target::producer_connection {
  producer_connection(const endpoint& to, int epoll, std::uint64_t key, std::uint32_t i) : stream(to, epoll, key), number(i) {}
  byte_stream stream;
  std::uint32_t number;
  std::uint64_t unacknowledged = 0;
};

struct redis_target::agent_connection {
  agent_connection(const endpoint& to, int epoll, std::uint64_t key, std::uint32_t i) : stream(to, epoll, key), number(i) {
    resp::append_command(next, {"XREADGROUP", "GROUP", group, fmt::format("agent-{}", i), "COUNT",
                                std::to_string(peer_in_flight_max), "BLOCK", "0", "STREAMS", load::stream, ">"});
    stream.out() = next;
    stream.flush();
  }
  byte_stream stream;
  std::uint32_t number;
  std::string next;  ///< the command that asks for more
  std::vector<std::string_view> done;
};

redis_target::redis_target(const std::filesystem::path& directory, const peer_shape& shape) : shape_(shape), server_(directory) {
  make_group(server_.at());
  std::uint64_t key = 0;
  for (std::uint32_t i = 0; i < shape.producers; ++i)
    producers_.push_back(std::make_unique<producer_connection>(server_.at(), poller_.fd(), key++, i));
  for (std::uint32_t i = 0; i < shape.agents; ++i)
    agents_.push_back(std::make_unique<agent_connection>(server_.at(), poller_.fd(), key++, i));
}

redis_target::~redis_target() = default;

void redis_target::make_group(const endpoint& at) {
  const poller own;
  byte_stream connection{at, own.fd(), 0};
  for (;;) {
    resp::append_command(connection.out(), {"XGROUP", "CREATE", stream, group, "0", "MKSTREAM"});
    connection.flush();
    while (!resp::reply_bytes(connection.unread())) connection.fill_within(std::chrono::seconds{5});
    auto input = connection.unread();
    const auto before = input.size();
    const auto said = resp::next_token(input);
    // A server that was started on an earlier one's files reads them first, and has the group then.
    if (said && (said->kind == resp::kind::simple || said->text.starts_with("BUSYGROUP"))) return;
    if (!said || !said->text.starts_with("LOADING")) throw resp::bad_reply("XGROUP: an unexpected reply");
    connection.consumed(before - input.size());
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

std::uint64_t redis_target::room(std::uint32_t producer) const {
  return peer_unconfirmed_max - producers_[producer]->unacknowledged;
}

stamp redis_target::append(workload& from, std::uint32_t producer, ns_time intended) {
  auto& by = *producers_[producer];
  message_.clear();
  const auto what = from.append(message_, producer, intended);
  resp::append_command(by.stream.out(), {"XADD", stream, "*", "m", message_});
  ++by.unacknowledged;
  return what;
}

void redis_target::write(std::uint32_t producer) { producers_[producer]->stream.flush(); }

void redis_target::poll(std::chrono::nanoseconds wait, target_observer& observer) {
  poller_.wait(wait, [&](std::uint64_t key, bool readable, bool writable) {
    if (key < producers_.size()) {
      if (writable) producers_[key]->stream.flush();
      if (readable) read_producer(*producers_[key], observer);
    } else {
      auto& from = *agents_[key - producers_.size()];
      if (writable) from.stream.flush();
      if (readable) read_agent(from, observer);
    }
  });
}

void redis_target::read_producer(producer_connection& from, target_observer& observer) {
  from.stream.fill();
  auto input = from.stream.unread();
  const auto before = input.size();
  std::uint64_t confirmed = 0;
  while (const auto reply = resp::next_token(input)) {
    if (reply->kind != resp::kind::bulk) throw resp::bad_reply("XADD: " + std::string{reply->text});
    ++confirmed;
  }
  from.stream.consumed(before - input.size());
  from.unacknowledged -= confirmed;
  if (confirmed > 0) observer.acknowledged(from.number, confirmed);
}

void redis_target::read_agent(agent_connection& from, target_observer& observer) {
  from.stream.fill();
  while (const auto bytes = resp::reply_bytes(from.stream.unread())) {
    auto input = from.stream.unread();
    const auto first = resp::next_token(input);
    if (first->kind == resp::kind::array) {
      // One stream: its name, then its entries: each an id and its fields.
      expect(input, resp::kind::array);
      expect(input, resp::kind::bulk);
      const auto entries = expect(input, resp::kind::array).integer;
      from.done.clear();
      for (std::int64_t i = 0; i < entries; ++i) {
        expect(input, resp::kind::array);
        from.done.push_back(expect(input, resp::kind::bulk).text);
        expect(input, resp::kind::array);
        expect(input, resp::kind::bulk);
        const auto message = expect(input, resp::kind::bulk).text;
        observer.received(from.number, message.substr(std::min(shape_.stamp_at, message.size())));
      }
      auto& out = from.stream.out();
      resp::append_array(out, 3 + from.done.size());
      for (const auto word : {std::string_view{"XACK"}, stream, group}) resp::append_bulk(out, word);
      for (const auto id : from.done) resp::append_bulk(out, id);
      out += from.next;
      from.stream.flush();
    } else if (first->kind != resp::kind::integer) {
      throw resp::bad_reply("XREADGROUP or XACK: " + std::string{first->text});
    }
    from.stream.consumed(*bytes);
  }
}

}  // namespace signalbox::load
