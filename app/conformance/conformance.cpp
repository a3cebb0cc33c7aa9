#include "app/conformance/conformance.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <random>

#include "app/conformance/router_player.hpp"
#include "app/value_text.hpp"
#include "rules/ids.hpp"

namespace signalbox {

namespace asio = boost::asio;
using asio::use_awaitable;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds first_within{60'000};
constexpr milliseconds said_after{3'000};  ///< a connector that was there may take a moment to come back
constexpr milliseconds act_least{300}, act_most{3'000};

/// One round of acts after the other until the time is up, then the rest.
class performance {
public:
  performance(asio::io_context& io, asio::ip::tcp::acceptor acceptor, router_memory& memory, std::uint32_t seconds)
      : io_(io), acceptor_(std::move(acceptor)), memory_(memory), time_(std::chrono::seconds(seconds)) {}

  asio::awaitable<void> play() {
    do {
      const auto round = make_round(memory_.chance);
      const auto lasts = std::clamp<milliseconds>(time_ / round.size(), act_least, act_most);
      for (const auto& each : round)
        if (!co_await play(each, lasts)) co_return memory_.verdict.finished(memory_.now());
    } while (memory_.now() < time_);
    // Who came once more and found the last act over hears the goodbye of this one.
    const auto rest = make_rest();
    (void)co_await play(rest, act_most);
    memory_.verdict.finished(memory_.now());
  }

private:
  /// False: nobody came.
  asio::awaitable<bool> play(const act& each, milliseconds lasts) {
    for (;;) {
      auto peer = co_await accept();
      if (!peer) co_return false;
      const auto result = co_await play_act(std::move(*peer), each, lasts, memory_);
      if (result == act_result::no_socket) continue;
      fmt::print(stderr, "{:6.1f} s  connection {:<3} {}\n", static_cast<double>(memory_.now().count()) / 1000,
                 memory_.verdict.connections(), each.name);
      co_return true;
    }
  }

  /// Nothing when nobody connects for longer than the judge allows.
  asio::awaitable<std::optional<asio::ip::tcp::socket>> accept() {
    const bool first = memory_.verdict.connections() == 0;
    const auto within = first ? first_within : judge_limits{}.return_within + milliseconds(500);
    asio::steady_timer limit(io_, within), silence(io_, said_after);
    limit.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled) acceptor_.cancel();
    });
    const auto until = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() + within);
    if (first) {
      say_waiting("connect", until);
    } else {
      silence.async_wait([this, until](const boost::system::error_code& cancelled) {
        if (!cancelled) say_waiting("come back", until);
      });
    }
    boost::system::error_code fault;
    auto peer = co_await acceptor_.async_accept(asio::redirect_error(use_awaitable, fault));
    if (fault) co_return std::nullopt;
    co_return std::move(peer);
  }

  void say_waiting(std::string_view what, std::chrono::sys_seconds until) const {
    boost::system::error_code ignored;
    const auto at = acceptor_.local_endpoint(ignored);
    fmt::print(stderr, "{:6.1f} s  waiting until {:%H:%M:%S} UTC for the connector to {} to ws://{}:{}/v1/connect\n",
               static_cast<double>(memory_.now().count()) / 1000, until, what, at.address().to_string(), at.port());
  }

  asio::io_context& io_;
  asio::ip::tcp::acceptor acceptor_;
  router_memory& memory_;
  milliseconds time_;
};

std::optional<asio::ip::tcp::acceptor> listen(asio::io_context& io, const listen_address& at) {
  boost::system::error_code fault;
  asio::ip::tcp::resolver resolver(io);
  const auto found = resolver.resolve(at.host, std::to_string(at.port), asio::ip::resolver_base::passive, fault);
  if (!fault) {
    asio::ip::tcp::acceptor acceptor(io);
    const auto endpoint = found.begin()->endpoint();
    acceptor.open(endpoint.protocol(), fault);
    if (!fault) acceptor.set_option(asio::socket_base::reuse_address(true), fault);
    if (!fault) acceptor.bind(endpoint, fault);
    if (!fault) acceptor.listen(asio::socket_base::max_listen_connections, fault);
    if (!fault) return acceptor;
  }
  fmt::print(stderr, "signalbox: can't listen on {}: {}\n", to_text(at), fault.message());
  return std::nullopt;
}

exit_code print_verdict(const judge& verdict) {
  fmt::print("messages={}\ndeliveries_answered={}\nconnections={}\n", verdict.messages(), verdict.answers(),
             verdict.connections());
  for (const auto& each : verdict.findings()) fmt::print("connection {}: it {}\n", each.connection, each.sentence);
  for (const auto& kind : verdict.counted()) {
    const auto is_such = [&](const finding& each) { return each.kind == kind.first; };
    const auto& findings = verdict.findings();
    const auto said = static_cast<std::uint64_t>(std::count_if(findings.begin(), findings.end(), is_such));
    if (kind.second > said)
      fmt::print("… and {} more like: it {}\n", kind.second - said,
                 std::find_if(findings.begin(), findings.end(), is_such)->sentence);
  }
  const bool good = verdict.findings().empty();
  fmt::print("{}\n", good ? "The connector conforms." : "The connector does not conform.");
  return good ? exit_code::ok : exit_code::failed;
}

}  // namespace

exit_code conformance(const conformance_options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto at = parse_listen_address(options.listen);
  if (!at) {
    fmt::print(stderr, "signalbox: --listen {}: must be HOST:PORT\n", options.listen);
    return exit_code::usage;
  }
  for (const auto& each : options.channels)
    if (!parse_id<channel_id>(each)) {
      fmt::print(stderr, "signalbox: --channel {}: must be an id like chn_0000000000001\n", each);
      return exit_code::usage;
    }
  asio::io_context io{1};
  auto acceptor = listen(io, *at);
  if (!acceptor) return exit_code::unavailable;
  const auto seed = options.seed.value_or(std::random_device{}());
  fmt::print("url=http://{}\nseed={}\n", to_text(listen_address{at->host, acceptor->local_endpoint().port()}), seed);
  for (const auto& each : options.channels) fmt::print("channel={}\n", each);
  std::fflush(stdout);

  router_memory memory(options, seed);
  performance all(io, std::move(*acceptor), memory, options.seconds);
  std::exception_ptr fault;
  asio::co_spawn(io, all.play(), [&](const std::exception_ptr& why) {
    fault = why;
    io.stop();
  });
  io.run();
  if (fault) std::rethrow_exception(fault);
  return print_verdict(memory.verdict);
}

}  // namespace signalbox
