/// One I/O thread: its io_context, the inbox through which other threads reach it, and the connections that live on it.
/// Internal to transport/: it brings Asio's headers along.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_set>

#include "metrics/probes.hpp"
#include "transport/http_exchange.hpp"
#include "transport/io_inbox.hpp"
#include "transport/server_limits.hpp"
#include "transport/socket_session.hpp"

namespace signalbox {

namespace asio = boost::asio;

// Concrete executors: the type-erased ones cost a third of the frames (docs/decisions).
using io_executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, io_executor>;
using tls_socket = asio::ssl::stream<tcp_socket>;
using io_timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>;

/// What the thread holds until it ends. Its methods are of the I/O thread.
class connection {
public:
  virtual ~connection() = default;
  /// The server is going down: finish what is under way, begin nothing.
  virtual void shut_down() = 0;
  /// Now, without a word.
  virtual void abort() = 0;
};

class io_thread {
public:
  io_thread();
  ~io_thread();
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  void start(unsigned index);
  /// Any thread: no more handlers run once it has ended.
  void stop();

  asio::io_context context{1};
  std::shared_ptr<io_inbox> inbox;

  // Of the I/O thread.
  void add(std::shared_ptr<connection> one) { connections_.insert(std::move(one)); }
  void remove(const std::shared_ptr<connection>& one) { connections_.erase(one); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  void shut_down_all();
  void abort_all();

private:
  std::unordered_set<std::shared_ptr<connection>> connections_;
  asio::executor_work_guard<io_executor> keep_running_;
  std::thread thread_;
};

/// What a connection needs of its server; outlives it.
struct connection_context {
  io_thread& thread;
  http_api& api;
  session_context session;
  const std::atomic<bool>& going_down;
  std::atomic<std::size_t>& connections;  ///< of the whole server
  const std::string& server_name;         ///< the `Server` header's value
};

}  // namespace signalbox
