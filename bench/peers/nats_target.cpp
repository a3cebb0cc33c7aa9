#include "bench/peers/nats_target.hpp"

#include <fmt/format.h>

#include "bench/peers/nats.hpp"

namespace signalbox::load {
namespace {

constexpr std::string_view subject = "work";
constexpr std::string_view pushed_to = "deliver.work";
constexpr std::string_view deliver_group = "agents";
constexpr std::chrono::seconds nats_answers_within{10};

// A connection that has been greeted. `inbox` is where its answers come.
struct greeted {
  greeted(const endpoint& to, int epoll, std::uint64_t key) : stream(to, epoll, key), inbox(fmt::format("inbox.{}", key)) {
    (void)await(nats::verb::connected);
    stream.out() = "CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":false,\"lang\":\"c\",\"version\":\"1\"}\r\n";
    nats::append_subscribe(stream.out(), inbox, "", 1);
    settle();
  }

  /// All that was said so far is done when this returns.
  void settle() {
    stream.out() += "PING\r\n";
    stream.flush();
    (void)await(nats::verb::pong);
  }

  std::string await(nats::verb wanted) {
    for (;;) {
      auto input = stream.unread();
      const auto before = input.size();
      if (const auto next = nats::next_operation(input)) {
        std::string payload{next->payload};
        const auto verb = next->verb;
        stream.consumed(before - input.size());
        if (verb == wanted) return payload;
        continue;
      }
      stream.fill_within(nats_answers_within);
    }
  }

  void ask(std::string_view api, std::string_view body) {
    nats::append_publish(stream.out(), api, inbox, body);
    stream.flush();
    const auto answer = await(nats::verb::message);
    if (answer.find("\"error\"") != std::string::npos) throw nats::bad_line(std::string{api} + ": " + answer);
  }

  byte_stream stream;
  std::string inbox;
};

child_server::start nats_command(std::uint16_t port) {
  return {.package = "nats-server",
          .words = {"nats-server", "--addr", "127.0.0.1", "--port", std::to_string(port), "--jetstream", "--store_dir", "."},
          .environment = {}};
}

}  // namespace

struct nats_target::producer_connection : greeted {
  producer_connection(const endpoint& to, int epoll, std::uint64_t key, std::uint32_t i) : greeted(to, epoll, key), number(i) {}
  std::uint32_t number;
  std::uint64_t unconfirmed = 0;
};

struct nats_target::agent_connection : greeted {
  agent_connection(const endpoint& to, int epoll, std::uint64_t key, std::uint32_t i) : greeted(to, epoll, key), number(i) {
    nats::append_subscribe(stream.out(), pushed_to, deliver_group, 2);
    settle();
  }
  std::uint32_t number;
};

nats_target::nats_target(const std::filesystem::path& directory, const peer_shape& shape)
    : shape_(shape), at_{"127.0.0.1", free_port()}, server_(directory, nats_command(at_.port), at_) {
  std::uint64_t key = 0;
  for (std::uint32_t i = 0; i < shape.producers; ++i)
    producers_.push_back(std::make_unique<producer_connection>(at_, poller_.fd(), key++, i));
  for (std::uint32_t i = 0; i < shape.agents; ++i)
    agents_.push_back(std::make_unique<agent_connection>(at_, poller_.fd(), key++, i));
  const poller own;
  greeted first{at_, own.fd(), key};
  first.ask("$JS.API.STREAM.CREATE.WORK",
            fmt::format(R"({{"name":"WORK","subjects":["{}"],"retention":"workqueue","storage":"file","num_replicas":1,)"
                        R"("max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_msg_size":-1,"discard":"old"}})",
                        subject));
  first.ask(
      "$JS.API.CONSUMER.DURABLE.CREATE.WORK.AGENTS",
      fmt::format(R"({{"stream_name":"WORK","config":{{"durable_name":"AGENTS","deliver_subject":"{}","deliver_group":"{}",)"
                  R"("deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,)"
                  R"("replay_policy":"instant","max_ack_pending":{}}}}})",
                  pushed_to, deliver_group, peer_in_flight_max * shape.agents));
}

nats_target::~nats_target() = default;

std::uint64_t nats_target::room(std::uint32_t producer) const { return peer_unconfirmed_max - producers_[producer]->unconfirmed; }

stamp nats_target::append(workload& from, std::uint32_t producer, ns_time intended) {
  auto& by = *producers_[producer];
  message_.clear();
  const auto what = from.append(message_, producer, intended);
  nats::append_publish(by.stream.out(), subject, by.inbox, message_);
  ++by.unconfirmed;
  return what;
}

void nats_target::write(std::uint32_t producer) { producers_[producer]->stream.flush(); }

void nats_target::poll(std::chrono::nanoseconds wait, target_observer& observer) {
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

void nats_target::read_producer(producer_connection& from, target_observer& observer) {
  from.stream.fill();
  auto input = from.stream.unread();
  const auto before = input.size();
  std::uint64_t confirmed = 0;
  while (const auto next = nats::next_operation(input)) {
    if (next->verb == nats::verb::ping) from.stream.out() += "PONG\r\n";
    if (next->verb != nats::verb::message) continue;
    if (next->payload.find("\"error\"") != std::string_view::npos) throw nats::bad_line(std::string{next->payload});
    ++confirmed;
  }
  from.stream.consumed(before - input.size());
  from.stream.flush();
  from.unconfirmed -= confirmed;
  if (confirmed > 0) observer.acknowledged(from.number, confirmed);
}

void nats_target::read_agent(agent_connection& from, target_observer& observer) {
  from.stream.fill();
  auto input = from.stream.unread();
  const auto before = input.size();
  while (const auto next = nats::next_operation(input)) {
    if (next->verb == nats::verb::ping) from.stream.out() += "PONG\r\n";
    if (next->verb != nats::verb::message) continue;
    observer.received(from.number, next->payload.substr(std::min(shape_.stamp_at, next->payload.size())));
    nats::append_publish(from.stream.out(), next->reply, "", "+ACK");
  }
  from.stream.consumed(before - input.size());
  from.stream.flush();
}

}  // namespace signalbox::load
