#include "transport/http_connection.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <chrono>
#include <optional>

#include "transport/agent_session.hpp"
#include "transport/connector_session.hpp"
#include "transport/http_text.hpp"
#include "transport/websocket_stream.hpp"

namespace signalbox {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::string_view connect_path = "/v1/connect", connect_protocol = "signalbox.connect.v1";
constexpr std::string_view agent_path = "/v1/agent", agent_protocol = "signalbox.agent.v1";
constexpr milliseconds look_for_hang_up_after{1'000};
constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// An answer of the listener's own, without the request's id yet.
struct listener_problem {
  int status;
  std::string_view code, title, detail;
};

/// What to say to bytes that are no request of ours; nothing: just close.
std::optional<listener_problem> problem_of(error_code error) {
  if (error == http::error::body_limit) return listener_problem{413, "too_large", "Too large", "the body is too large"};
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return listener_problem{431, "too_large", "Too large", "the header is too large"};
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() == http::make_error_code(http::error::bad_method).category())
    return listener_problem{400, "bad_request", "Not HTTP", "the request is not well-formed HTTP/1.1"};
  return std::nullopt;
}

template <class Stream>
class http_connection final : public connection, public std::enable_shared_from_this<http_connection<Stream>> {
public:
  http_connection(Stream stream, const connection_context& context)
      : context_(context), stream_(std::move(stream)), timer_(context.thread.context) {
    error_code ignored;
    const auto end = lowest().remote_endpoint(ignored);
    if (!ignored) peer_ = end.address().to_string() + ':' + std::to_string(end.port());
  }

  void start() {
    context_.thread.add(this->shared_from_this());
    context_.session.probes.socket_opened(socket_kind::http);
    expire_after(limits().header_within);
    if constexpr (std::is_same_v<Stream, tls_socket>) {
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](error_code error) {
        if (error) return self->end();
        self->read_header();
      });
    } else {
      read_header();
    }
  }

  // connection

  void shut_down() override {
    if (waiting_for_request_) end();
  }
  void abort() override { end(); }

private:
  /// Carries the answer back to the I/O thread; other threads never hold the connection itself.
  struct answer_box final : wakeable {
    void on_wake() override {
      if (const auto self = to.lock()) self->write(answer);
    }
    std::weak_ptr<http_connection> to;
    http_answer answer;
    std::atomic<bool> hung_up{false};
  };

  using parser = http::request_parser<http::string_body>;

  auto& lowest() { return beast::get_lowest_layer(stream_); }
  [[nodiscard]] const server_limits& limits() const { return context_.session.limits; }

  /// What is under way fails after `delay`, with the phase's own consequence.
  void expire_after(milliseconds delay) {
    expired_ = false;
    timer_.expires_after(delay);
    timer_.async_wait([self = this->shared_from_this()](error_code error) {
      if (error || self->ended_) return;
      self->expired_ = true;
      error_code ignored;
      self->lowest().cancel(ignored);
    });
  }

  /// Between requests: no time runs until the first byte but `keep_alive`.
  void await_request() {
    if (context_.going_down || nothing_follows_) return end();
    if (buffer_.size() > 0) {
      expire_after(limits().header_within);
      return read_header();
    }
    waiting_for_request_ = true;
    expire_after(limits().keep_alive);
    if (reading_ahead_) return;
    buffer_ = beast::flat_buffer{};
    stream_.async_read_some(buffer_.prepare(1024), [self = this->shared_from_this()](error_code error, std::size_t size) {
      self->buffer_.commit(size);
      self->request_began(error);
    });
  }

  void request_began(error_code error) {
    waiting_for_request_ = false;
    if (error) return end();
    expire_after(limits().header_within);
    read_header();
  }

  void read_header() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits().header_bytes_max));
    parser_->body_limit(limits().body_bytes_max);
    http::async_read_header(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->read_failed(error);
      self->header_came();
    });
  }

  void header_came() {
    began_ = steady_clock::now();
    const auto& request = parser_->get();
    const auto given_id = request.find("X-Request-Id");
    request_id_ = request_id_of(given_id == request.end() ? std::nullopt : std::optional{view(given_id->value())});
    method_ = view(request.method_string());
    if (request.version() != 11 && request.version() != 10)
      return refuse({400, "bad_request", "Not HTTP", "the version is not HTTP/1.1"});
    const auto target = view(request.target());
    const auto path = target.substr(0, target.find('?'));
    if (path == connect_path || path == agent_path) return upgrade(path == connect_path);
    expire_after(limits().body_within);
    if (beast::iequals(request[http::field::expect], "100-continue") && !parser_->is_done()) return allow_body();
    read_body();
  }

  void allow_body() {
    asio::async_write(stream_, asio::buffer(continue_answer), [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->end();
      self->read_body();
    });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->read_failed(error);
      self->handle();
    });
  }

  void read_failed(error_code error) {
    if (ended_) return;
    if (request_id_.empty()) request_id_ = request_id_of(std::nullopt);
    if (expired_) return refuse({408, "timeout", "Too slow", "the request did not come whole in time"});
    if (const auto problem = problem_of(error)) return refuse(*problem);
    end();
  }

  void handle() {
    timer_.cancel();
    auto request = parser_->release();
    http_request_view out;
    out.method = method_;
    out.target = std::string{view(request.target())};
    out.peer = peer_;
    out.request_id = request_id_;
    keep_alive_ = request.keep_alive();
    for (const auto& field : request) out.headers.emplace_back(view(field.name_string()), view(field.value()));
    out.body = std::move(request.body());
    if (!read_target(out)) return refuse({400, "bad_request", "Not HTTP", "the request's target is not well-formed"});
    // The answer may come on any thread, and after this is gone.
    auto box = std::make_shared<answer_box>();
    box->to = this->weak_from_this();
    out.hung_up = {box, &box->hung_up};
    unanswered_ = true;
    watch_when_slow(box);
    context_.api.handle(std::move(out), [box = std::move(box), inbox = context_.thread.inbox](http_answer&& answer) {
      box->answer = std::move(answer);
      inbox->wake(box);
    });
  }

  /// Whoever answers late may want to know that nobody listens any more. Most answers are there before this looks at all.
  void watch_when_slow(const std::shared_ptr<answer_box>& box) {
    timer_.expires_after(look_for_hang_up_after);
    timer_.async_wait([box = std::weak_ptr{box}](error_code error) {
      const auto asked = box.lock();
      const auto self = asked ? asked->to.lock() : nullptr;
      if (error || !self || self->ended_) return;
      self->read_ahead(box);
    });
  }

  /// Only reading tells the end of a TLS stream from what a client sends early, which is no hang-up: it is kept. The read may
  /// outlast the answer; what comes then is for whoever would have read next.
  void read_ahead(const std::weak_ptr<answer_box>& box) {
    if (!unanswered_ || reading_ahead_ || buffer_.size() > 0) return;
    reading_ahead_ = true;
    stream_.async_read_some(buffer_.prepare(1024), [self = this->shared_from_this(), box](error_code error, std::size_t size) {
      self->reading_ahead_ = false;
      if (const auto slow = box.lock(); slow && error) slow->hung_up = true;
      if (self->ended_) return;
      self->buffer_.commit(size);
      if (self->lingering_) return self->discarded(error);
      if (self->waiting_for_request_) return self->request_began(error);
      self->nothing_follows_ = error.failed();
    });
  }

  void upgrade(bool connector) {
    const auto& request = parser_->get();
    const auto protocol = connector ? connect_protocol : agent_protocol;
    if (request.method() != http::verb::get)
      return refuse({405, "method_not_allowed", "Method not allowed", "only GET"}, {{"Allow", "GET"}});
    if (!beast::websocket::is_upgrade(request))
      return refuse({426, "upgrade_required", "Upgrade required", "this is a WebSocket"},
                    {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}});
    if (request[http::field::sec_websocket_version] != "13")
      return refuse({426, "upgrade_required", "Upgrade required", "the WebSocket version is 13"},
                    {{"Sec-WebSocket-Version", "13"}});
    http::token_list offered{request[http::field::sec_websocket_protocol]};
    if (!offered.exists(beast::string_view{protocol.data(), protocol.size()}))
      return refuse({400, "bad_request", "Wrong subprotocol",
                     connector ? "the subprotocol is signalbox.connect.v1" : "the subprotocol is signalbox.agent.v1"});
    if (request.find(http::field::sec_websocket_key) == request.end() || !parser_->is_done())
      return refuse({400, "bad_request", "Not a WebSocket", "the upgrade is not well-formed"});
    if (context_.going_down) return refuse({503, "unavailable", "Going down", "connect again in a moment"});

    timer_.cancel();
    std::shared_ptr<websocket_user> user;
    if (connector) {
      user = std::make_shared<connector_session>(context_.session);
    } else {
      user = std::make_shared<agent_session>(context_.session);
    }
    ended_ = true;
    context_.session.probes.http_done("GET", 101, seconds_since_began());
    context_.session.probes.socket_closed(socket_kind::http, 1000);
    open_websocket(std::move(stream_), context_, parser_->release(), std::string{protocol}, std::move(user));
    context_.thread.remove(this->shared_from_this());
  }

  /// Answers and closes: what follows on the connection can't be trusted.
  void refuse(const listener_problem& problem, std::vector<http_header> headers = {}) {
    keep_alive_ = false;
    auto answer = problem_answer(problem.status, problem.code, problem.title, problem.detail, request_id_);
    answer.headers = std::move(headers);
    write(answer);
  }

  void write(const http_answer& answer) {
    if (ended_) return;
    unanswered_ = false;
    if (context_.going_down) keep_alive_ = false;
    out_.clear();
    append_answer(out_, answer, {context_.server_name, request_id_, http_date(), keep_alive_, method_ == "HEAD"});
    context_.session.probes.http_done(method_label(method_), answer.status, seconds_since_began());
    expire_after(limits().answer_read_within);
    asio::async_write(stream_, asio::buffer(out_), [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error || self->ended_) return self->end();
      self->out_ = {};
      self->parser_.reset();
      self->request_id_.clear();
      self->method_.clear();
      if (self->keep_alive_) return self->await_request();
      self->linger();
    });
  }

  /// Closing with unread bytes would reset the connection and take the answer along: so what still comes is read for a while.
  void linger() {
    error_code ignored;
    lowest().shutdown(asio::socket_base::shutdown_send, ignored);
    expire_after(limits().linger);
    lingering_ = true;
    if (nothing_follows_) return end();
    if (!reading_ahead_) discard();
  }

  void discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(16 * 1024),
                            [self = this->shared_from_this()](error_code error, std::size_t) { self->discarded(error); });
  }

  void discarded(error_code error) {
    if (error || expired_) return end();
    discard();
  }

  [[nodiscard]] double seconds_since_began() const {
    if (began_ == steady_clock::time_point{}) return 0;
    return std::chrono::duration<double>(steady_clock::now() - began_).count();
  }

  void end() {
    if (ended_) return;
    ended_ = true;
    timer_.cancel();
    error_code ignored;
    lowest().close(ignored);
    context_.session.probes.socket_closed(socket_kind::http, 1000);
    --context_.connections;
    context_.thread.remove(this->shared_from_this());
  }

  connection_context context_;
  Stream stream_;
  beast::flat_buffer buffer_;
  io_timer timer_;
  std::optional<parser> parser_;
  std::string peer_, request_id_, method_, out_;
  steady_clock::time_point began_{};
  bool keep_alive_ = true, expired_ = false, ended_ = false, waiting_for_request_ = false;
  bool unanswered_ = false, reading_ahead_ = false, nothing_follows_ = false, lingering_ = false;
};

}  // namespace

void serve_connection(tcp_socket socket, const connection_context& context) {
  std::make_shared<http_connection<tcp_socket>>(std::move(socket), context)->start();
}

void serve_connection(tcp_socket socket, const connection_context& context, asio::ssl::context& tls) {
  std::make_shared<http_connection<tls_socket>>(tls_socket{std::move(socket), tls}, context)->start();
}

}  // namespace signalbox
