#include "bench/peers/node_target.hpp"

#include <stdexcept>

#include "bench/load/websocket.hpp"

namespace signalbox::load {
namespace {

constexpr std::uint32_t node_mask =
    0x5A17C3E9;  // needn't be unpredictable: nothing between us and a loopback server is fooled by it
constexpr std::chrono::seconds node_answers_within{10};
/// Less than the others: with thousands Node takes in for seconds before it gives anything out.
constexpr std::uint64_t node_unconfirmed_max = 256;

child_server::start node_command(std::uint16_t port, std::uint16_t redis_port, std::uint32_t agents) {
  return {.package = "nodejs, and `npm ci` in bench/peers/node",
          .words = {"node", SIGNALBOX_PEERS_DIR "/node/router.js", std::to_string(port), std::to_string(redis_port),
                    std::to_string(agents), std::to_string(peer_in_flight_max)},
          .environment = {}};
}

}  // namespace

struct node_target::socket {
  socket(const endpoint& to, int epoll, std::uint64_t key, std::string_view path) : stream(to, epoll, key) {
    stream.out() = websocket::upgrade_request(to_text(to), path, "");
    stream.flush();
    for (;;) {
      const auto end = stream.unread().find("\r\n\r\n");
      if (end != std::string_view::npos) {
        if (!stream.unread().starts_with("HTTP/1.1 101")) throw std::runtime_error("the Node router takes no websocket");
        stream.consumed(end + 4);
        return;
      }
      stream.fill_within(node_answers_within);
    }
  }
  byte_stream stream;
  websocket::decoder decoder;
  std::uint64_t unconfirmed = 0;
};

node_target::node_target(const std::filesystem::path& directory, const peer_shape& shape)
    : shape_(shape),
      redis_(directory / "redis"),
      at_{"127.0.0.1", free_port()},
      router_(directory / "router", node_command(at_.port, redis_.at().port, shape.agents), at_) {
  const auto count = shape.producers + shape.agents;
  for (std::uint64_t key = 0; key < count; ++key)
    sockets_.push_back(std::make_unique<socket>(at_, poller_.fd(), key, key < shape.producers ? "/" : "/agent"));
}

node_target::~node_target() = default;

std::uint64_t node_target::room(std::uint32_t producer) const { return node_unconfirmed_max - sockets_[producer]->unconfirmed; }

stamp node_target::append(workload& from, std::uint32_t producer, ns_time intended) {
  auto& by = *sockets_[producer];
  message_.clear();
  const auto what = from.append(message_, producer, intended);
  websocket::append_frame(by.stream.out(), websocket::opcode::text, message_, node_mask);
  ++by.unconfirmed;
  return what;
}

void node_target::write(std::uint32_t producer) { sockets_[producer]->stream.flush(); }

void node_target::poll(std::chrono::nanoseconds wait, target_observer& observer) {
  poller_.wait(wait, [&](std::uint64_t key, bool readable, bool writable) {
    auto& from = *sockets_[key];
    if (writable) from.stream.flush();
    if (!readable) return;
    from.stream.fill();
    auto input = from.stream.unread();
    const auto before = input.size();
    std::uint64_t confirmed = 0;
    while (const auto message = from.decoder.next(input)) {
      if (message->op != websocket::opcode::text) continue;
      if (key < shape_.producers) {
        ++confirmed;
        continue;
      }
      observer.received(static_cast<std::uint32_t>(key - shape_.producers),
                        message->payload.substr(std::min(shape_.stamp_at, message->payload.size())));
      websocket::append_frame(from.stream.out(), websocket::opcode::text, "ok", node_mask);
    }
    from.stream.consumed(before - input.size());
    from.stream.flush();
    from.unconfirmed -= confirmed;
    if (confirmed > 0) observer.acknowledged(static_cast<std::uint32_t>(key), confirmed);
  });
}

}  // namespace signalbox::load
