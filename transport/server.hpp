/// The one listener: HTTP and both kinds of sockets, on threads of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "metrics/probes.hpp"
#include "transport/edge.hpp"
#include "transport/http_exchange.hpp"
#include "transport/server_limits.hpp"

namespace signalbox {

struct server_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any free one
  unsigned io_threads = 1;
  std::string tls_certificate;  ///< a PEM file with the chain; empty together with `tls_key`: no TLS
  std::string tls_key;
  std::string name = "signalbox";  ///< the `Server` header
  server_limits limits;
  std::size_t descriptors_elsewhere = 0;  ///< that the store may open: they aren't left to connections
};

/// The address can't be listened on, or the certificate can't be used: said in one sentence.
class listen_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// `to`, `api` and `probes` outlive it.
class server {
public:
  /// Binds and reads the certificate; serves nobody yet. Throws listen_error.
  server(server_options options, edge& to, http_api& api, probes& probes);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Accepts from now on. Call once.
  void start();
  /// Runs it soon on the first I/O thread, between its sockets' events. Any thread; once that has ended it isn't run.
  void post(std::function<void()> what);
  /// The port it listens on.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;

  /// The orderly end; returns when every connection is gone and every thread has ended, at the latest after `drain`,
  /// `flush_within` and `goodbye_within` together. Nobody is accepted from the beginning of it; connectors are told to drain,
  /// agents get what is ready, then all are closed with 1012. `to` and `api` must answer meanwhile. Idempotent.
  void stop();

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace signalbox
