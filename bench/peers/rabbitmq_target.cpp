#include "bench/peers/rabbitmq_target.hpp"

#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <thread>

#include "bench/peers/amqp.hpp"

namespace signalbox::load {
namespace {

constexpr std::string_view queue = "work";
constexpr std::uint16_t channel = 1;
constexpr std::chrono::seconds rabbitmq_answers_within{20};
constexpr std::uint8_t durable = 2;  // of queue.declare's bits

// A connection with one channel open.
struct opened {
  opened(const endpoint& to, int epoll, std::uint64_t key) : stream(to, epoll, key) {
    using amqp::method;
    stream.out() = amqp::protocol_header;
    stream.flush();
    (void)await(method::connection_start);
    tell(0, method::connection_start_ok,
         amqp::writer{}.long_uint(0).short_string("PLAIN").long_string({"\0guest\0guest", 12}).short_string("en_US"));
    auto tune = await(method::connection_tune);
    const auto channels_max = tune.short_uint();
    const auto frame_bytes_max = tune.long_uint();
    tell(0, method::connection_tune_ok, amqp::writer{}.short_uint(channels_max).long_uint(frame_bytes_max).short_uint(0));
    ask(0, method::connection_open, amqp::writer{}.short_string("/").short_string("").octet(0), method::connection_open_ok);
    ask(channel, method::channel_open, amqp::writer{}.short_string(""), method::channel_open_ok);
  }

  void tell(std::uint16_t on, amqp::method what, const amqp::writer& arguments) {
    amqp::append_method(stream.out(), on, what, arguments);
    stream.flush();
  }

  /// What `reader` reads lives until the next await.
  amqp::reader await(amqp::method wanted) {
    for (;;) {
      auto input = stream.unread();
      const auto before = input.size();
      if (const auto frame = amqp::next_frame(input)) {
        answer.assign(frame->payload);
        stream.consumed(before - input.size());
        amqp::reader said{answer};
        if (said.method() != wanted)
          throw amqp::bad_frame("RabbitMQ answered something else: " + answer.substr(std::min<std::size_t>(answer.size(), 7)));
        return said;
      }
      stream.fill_within(rabbitmq_answers_within);
    }
  }

  void ask(std::uint16_t on, amqp::method what, const amqp::writer& arguments, amqp::method wanted) {
    tell(on, what, arguments);
    (void)await(wanted);
  }

  byte_stream stream;
  std::string answer;
};

void declare_queue(opened& on, bool quorum) {
  // The arguments are a table: each a name, the letter S and a long string.
  amqp::writer table;
  if (quorum) {
    table.short_string("x-queue-type").octet('S').long_string("quorum");
  } else {
    table.short_string("x-queue-type").octet('S').long_string("classic");
    table.short_string("x-queue-version").octet('l').longlong_uint(2);
  }
  on.ask(channel, amqp::method::queue_declare,
         amqp::writer{}.short_uint(0).short_string(queue).octet(durable).long_string(table.bytes()),
         amqp::method::queue_declare_ok);
}

}  // namespace

struct rabbitmq_target::producer_connection : opened {
  producer_connection(const endpoint& to, int epoll, std::uint64_t key, std::uint32_t i) : opened(to, epoll, key), number(i) {
    ask(channel, amqp::method::confirm_select, amqp::writer{}.octet(0), amqp::method::confirm_select_ok);
    amqp::append_method(publish, channel, amqp::method::basic_publish,
                        amqp::writer{}.short_uint(0).short_string("").short_string(queue).octet(0));
  }

  /// How many messages `tag` confirms that nothing before it did.
  std::uint64_t confirm(std::uint64_t tag, bool multiple) {
    std::uint64_t count = 0;
    for (auto each = multiple ? first_tag : tag; each <= tag; ++each) {
      auto& done = confirmed.at(each - first_tag);
      if (!done) ++count;
      done = true;
    }
    for (; !confirmed.empty() && confirmed.front(); ++first_tag) confirmed.pop_front();
    return count;
  }

  std::uint32_t number;
  std::string publish;  ///< the method's frame, the same each time
  std::uint64_t first_tag = 1;
  std::deque<bool> confirmed;  ///< from `first_tag`: confirms needn't come in order
  std::uint64_t unconfirmed = 0;
};

struct rabbitmq_target::agent_connection : opened {
  agent_connection(const endpoint& to, int epoll, std::uint64_t key, std::uint32_t i) : opened(to, epoll, key), number(i) {
    ask(channel, amqp::method::basic_qos, amqp::writer{}.long_uint(0).short_uint(peer_in_flight_max).octet(0),
        amqp::method::basic_qos_ok);
    ask(channel, amqp::method::basic_consume,
        amqp::writer{}.short_uint(0).short_string(queue).short_string("agent").octet(0).long_uint(0),
        amqp::method::basic_consume_ok);
  }
  std::uint32_t number;
  std::uint64_t tag = 0;  ///< of the message that is being read
};

rabbitmq_target::rabbitmq_target(const std::filesystem::path& directory, const peer_shape& shape, bool quorum)
    : shape_(shape), quorum_(quorum), server_(directory) {
  // A node that was started on an earlier one's files takes connections before its quorum queues have a leader again.
  const auto give_up = std::chrono::steady_clock::now() + rabbitmq_answers_within;
  for (bool declared = false; !declared;) {
    const poller own;
    opened first{server_.at(), own.fd(), 0};
    try {
      declare_queue(first, quorum);
      declared = true;
    } catch (const amqp::bad_frame&) {
      if (std::chrono::steady_clock::now() > give_up) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
  }
  std::uint64_t key = 0;
  for (std::uint32_t i = 0; i < shape.producers; ++i)
    producers_.push_back(std::make_unique<producer_connection>(server_.at(), poller_.fd(), key++, i));
  for (std::uint32_t i = 0; i < shape.agents; ++i)
    agents_.push_back(std::make_unique<agent_connection>(server_.at(), poller_.fd(), key++, i));
}

rabbitmq_target::~rabbitmq_target() = default;

std::uint64_t rabbitmq_target::room(std::uint32_t producer) const {
  return peer_unconfirmed_max - producers_[producer]->unconfirmed;
}

stamp rabbitmq_target::append(workload& from, std::uint32_t producer, ns_time intended) {
  auto& by = *producers_[producer];
  message_.clear();
  const auto what = from.append(message_, producer, intended);
  auto& out = by.stream.out();
  out += by.publish;
  // The content's header: its class, a weight of 0, its size, and of all properties the delivery mode, 2 for persistent.
  constexpr std::uint16_t basic = 60, delivery_mode = 0x1000;
  amqp::append_frame(
      out, amqp::frame_type::header, channel,
      amqp::writer{}.short_uint(basic).short_uint(0).longlong_uint(message_.size()).short_uint(delivery_mode).octet(2).bytes());
  amqp::append_frame(out, amqp::frame_type::body, channel, message_);
  by.confirmed.push_back(false);
  ++by.unconfirmed;
  return what;
}

void rabbitmq_target::write(std::uint32_t producer) { producers_[producer]->stream.flush(); }

void rabbitmq_target::poll(std::chrono::nanoseconds wait, target_observer& observer) {
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

void rabbitmq_target::read_producer(producer_connection& from, target_observer& observer) {
  from.stream.fill();
  auto input = from.stream.unread();
  const auto before = input.size();
  std::uint64_t confirmed = 0;
  while (const auto frame = amqp::next_frame(input)) {
    if (frame->type == amqp::frame_type::heartbeat) continue;
    amqp::reader said{frame->payload};
    if (said.method() != amqp::method::basic_ack) throw amqp::bad_frame("RabbitMQ refused: " + std::string{frame->payload});
    const auto tag = said.longlong_uint();
    confirmed += from.confirm(tag, said.octet() != 0);
  }
  from.stream.consumed(before - input.size());
  from.unconfirmed -= confirmed;
  if (confirmed > 0) observer.acknowledged(from.number, confirmed);
}

void rabbitmq_target::read_agent(agent_connection& from, target_observer& observer) {
  from.stream.fill();
  auto input = from.stream.unread();
  const auto before = input.size();
  std::uint64_t last = 0;
  while (const auto frame = amqp::next_frame(input)) {
    if (frame->type == amqp::frame_type::heartbeat) continue;
    if (frame->type == amqp::frame_type::method) {
      amqp::reader said{frame->payload};
      if (said.method() != amqp::method::basic_deliver)
        throw amqp::bad_frame("RabbitMQ closed an agent's channel: " + std::string{frame->payload});
      (void)said.short_string();
      from.tag = said.longlong_uint();
    } else if (frame->type == amqp::frame_type::body) {
      // A message fits in one frame: they hold 128 KB, and the load's messages less.
      observer.received(from.number, frame->payload.substr(std::min(shape_.stamp_at, frame->payload.size())));
      last = from.tag;
    }
  }
  from.stream.consumed(before - input.size());
  if (last == 0) return;
  from.tell(channel, amqp::method::basic_ack, amqp::writer{}.longlong_uint(last).octet(1));
}

}  // namespace signalbox::load
