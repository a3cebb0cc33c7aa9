#include "transport/server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <vector>

#include "transport/http_connection.hpp"

namespace signalbox {
namespace {

using boost::system::error_code;
using tcp = asio::ip::tcp;
using acceptor = asio::basic_socket_acceptor<tcp, io_executor>;

/// Descriptors that logs and the listener itself need.
constexpr std::size_t own_descriptors = 128;

/// How many connections fit under the process' limit.
std::size_t connections_that_fit(std::size_t elsewhere) {
  rlimit limit{};
  const std::size_t all = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
  const auto reserved = own_descriptors + elsewhere;
  return all > 2 * reserved ? all - reserved : all / 2;
}

std::unique_ptr<asio::ssl::context> make_tls(const server_options& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty()) return nullptr;
  if (options.tls_certificate.empty() || options.tls_key.empty()) throw listen_error("TLS needs both a certificate and its key");
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  error_code error;
  tls->use_certificate_chain_file(options.tls_certificate, error);
  if (error) throw listen_error("the certificate " + options.tls_certificate + " can't be used: " + error.message());
  tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, error);
  if (error) throw listen_error("the key " + options.tls_key + " can't be used: " + error.message());
  SSL_CTX_set_mode(tls->native_handle(), SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps 32 KB otherwise
  return tls;
}

tcp::endpoint endpoint_of(asio::io_context& io, const server_options& options) {
  error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  if (!error) return {address, options.port};
  const auto found = tcp::resolver{io}.resolve(options.host, std::to_string(options.port), error);
  if (error || found.empty()) throw listen_error("the host " + options.host + " is not known");
  return found.begin()->endpoint();
}

}  // namespace

struct server::state {
  state(server_options given, edge& to, http_api& http, probes& counted)
      : options(std::move(given)), api(http), session{to, counted, options.limits}, tls(make_tls(options)) {
    for (unsigned i = 0; i < std::max(1u, options.io_threads); ++i) threads.push_back(std::make_unique<io_thread>());
    listener.emplace(threads.front()->context);
    retry.emplace(threads.front()->context);
    connections_max = std::min(options.limits.connections_max, connections_that_fit(options.descriptors_elsewhere));
    listen();
  }

  void listen() {
    const auto endpoint = endpoint_of(threads.front()->context, options);
    error_code error;
    listener->open(endpoint.protocol(), error);
    if (!error) listener->set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) listener->bind(endpoint, error);
    if (!error) listener->listen(asio::socket_base::max_listen_connections, error);
    if (error)
      throw listen_error("can't listen on " + options.host + ':' + std::to_string(options.port) + ": " + error.message());
  }

  void accept() {
    auto& thread = *threads[next_thread++ % threads.size()];
    listener->async_accept(thread.context, [this, &thread](error_code error, tcp_socket socket) {
      if (going_down || error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      if (connections.load() < connections_max) {
        ++connections;
        asio::post(thread.context, [this, &thread, socket = std::move(socket)]() mutable { serve(thread, std::move(socket)); });
      }
      accept();
    });
  }

  /// Out of descriptors or memory: trying again at once would spin.
  void accept_later() {
    retry->expires_after(milliseconds{100});
    retry->async_wait([this](error_code error) {
      if (!error && !going_down) accept();
    });
  }

  void serve(io_thread& thread, tcp_socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    const connection_context context{thread, api, session, going_down, connections, options.name};
    if (tls) {
      serve_connection(std::move(socket), context, *tls);
    } else {
      serve_connection(std::move(socket), context);
    }
  }

  /// Waits until nobody is connected, for `most`.
  bool wait_until_alone(milliseconds most) {
    const auto until = std::chrono::steady_clock::now() + most;
    while (connections.load() > 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds{5});
    return connections.load() == 0;
  }

  void on_every_thread(void (io_thread::*what)()) {
    for (const auto& each : threads) asio::post(each->context, [thread = each.get(), what] { (thread->*what)(); });
  }

  server_options options;
  http_api& api;
  session_context session;
  std::unique_ptr<asio::ssl::context> tls;
  std::size_t connections_max = 0;
  std::size_t next_thread = 0;
  std::atomic<std::size_t> connections = 0;
  std::atomic<bool> going_down = false;
  bool started = false;
  std::vector<std::unique_ptr<io_thread>> threads;
  std::optional<acceptor> listener;
  std::optional<io_timer> retry;
};

server::server(server_options options, edge& to, http_api& api, probes& probes)
    : state_(std::make_unique<state>(std::move(options), to, api, probes)) {}

server::~server() { stop(); }

void server::start() {
  state_->started = true;
  state_->accept();
  for (unsigned i = 0; i < state_->threads.size(); ++i) state_->threads[i]->start(i);
}

void server::post(std::function<void()> what) { asio::post(state_->threads.front()->context, std::move(what)); }

std::uint16_t server::port() const { return state_->listener->local_endpoint().port(); }

std::size_t server::connections() const { return state_->connections.load(); }

void server::stop() {
  auto& all = *state_;
  if (all.going_down.exchange(true)) return;
  if (all.started) {
    asio::post(all.threads.front()->context, [&all] {
      error_code ignored;
      all.listener->close(ignored);
      all.retry->cancel();
    });
    all.on_every_thread(&io_thread::shut_down_all);
    const auto& limits = all.options.limits;
    if (!all.wait_until_alone(limits.drain + limits.flush_within + limits.goodbye_within)) {
      all.on_every_thread(&io_thread::abort_all);
      all.wait_until_alone(limits.goodbye_within);
    }
  }
  for (const auto& each : all.threads) each->stop();
  for (const auto& each : all.threads) each->abort_all();  // whoever a stuck thread left
}

}  // namespace signalbox
