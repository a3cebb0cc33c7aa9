#include "transport/websocket_stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace signalbox {
namespace {

namespace beast = boost::beast;
namespace ws = beast::websocket;
using boost::system::error_code;

/// What one step of reading a frame may take: a peer that announces much and sends little costs little.
constexpr std::size_t read_bytes_max = 64 * 1024;
/// A read buffer larger than this is given back after its frame.
constexpr std::size_t kept_read_bytes = 4096;
/// A control frame has 125 bytes, two of them for the code.
constexpr std::size_t reason_bytes_max = 123;

/// The code for what Beast noticed itself.
int code_of(error_code error) {
  if (error == ws::error::message_too_big || error == ws::error::buffer_overflow) return ws::close_code::too_big;
  if (error == ws::error::bad_frame_payload) return ws::close_code::bad_payload;
  if (error == ws::condition::protocol_violation) return ws::close_code::protocol_error;
  return ws::close_code::abnormal;
}

template <class Stream>
class websocket_stream final : public websocket,
                               public connection,
                               public std::enable_shared_from_this<websocket_stream<Stream>> {
public:
  websocket_stream(Stream stream, const connection_context& context, std::shared_ptr<websocket_user> user)
      : context_(context), stream_(std::move(stream)), timer_(context.thread.context), user_(std::move(user)) {}

  void accept(upgrade_request request, std::string subprotocol) {
    context_.thread.add(this->shared_from_this());
    expect_signs_of_life(true);
    stream_.set_option(
        ws::stream_base::decorator([name = context_.server_name, protocol = std::move(subprotocol)](ws::response_type& answer) {
          answer.set(beast::http::field::server, name);
          answer.set(beast::http::field::sec_websocket_protocol, protocol);
        }));
    stream_.read_message_max(0);
    stream_.auto_fragment(false);
    stream_.text(true);
    auto kept = std::make_unique<upgrade_request>(std::move(request));
    const auto& wanted = *kept;
    stream_.async_accept(wanted, [self = this->shared_from_this(), kept = std::move(kept)](error_code error) {
      if (error) return self->end(ws::close_code::abnormal);
      self->stream_.set_option(ws::stream_base::decorator([](ws::response_type&) {}));  // it held what is of no more use
      self->opened_ = true;
      self->user_->on_open(self);
      if (self->context_.going_down) self->user_->on_shutdown();
    });
  }

  // websocket

  void read() override {
    if (in_frame_) {  // its bytes are still in use
      read_after_frame_ = true;
      return;
    }
    if (std::exchange(paused_, false)) expect_signs_of_life(true);
    // Not `async_read` with Beast's own limit: at the limit it closes the connection over what the peer still sends, and the
    // reset takes our close frame along. `close` reads on and throws away instead.
    stream_.async_read_some(buffer_, read_bytes_max, [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->read_failed(error);
      if (self->closing_) return;  // the closing reads on by itself
      if (self->buffer_.size() > frame_bytes_max) return self->close_over_size();
      if (!self->stream_.is_message_done()) return self->read();
      self->take_frame();
    });
  }

  void write(std::string_view bytes) override {
    stream_.async_write(asio::buffer(bytes.data(), bytes.size()),
                        [self = this->shared_from_this()](error_code error, std::size_t) {
                          if (error) return self->failed(error);
                          if (self->user_) self->user_->on_written();
                        });
  }

  void close(int code, std::string_view reason) override {
    if (closing_) return;
    closing_ = true;
    code_ = code;
    const auto& limits = context_.session.limits;
    abort_after(context_.going_down ? limits.goodbye_within : limits.close_within);
    const ws::close_reason said{static_cast<ws::close_code>(code),
                                beast::string_view{reason.data(), std::min(reason.size(), reason_bytes_max)}};
    stream_.async_close(said, [self = this->shared_from_this()](error_code) { self->end(self->code_); });
  }

  void set_timer(std::chrono::milliseconds delay) override {
    if (closing_) return;
    timer_.expires_after(delay);
    timer_.async_wait([self = this->shared_from_this()](error_code error) {
      if (!error && !self->closing_ && self->user_) self->user_->on_timer();
    });
  }

  void cancel_timer() override {
    if (!closing_) timer_.cancel();
  }

  [[nodiscard]] const std::shared_ptr<io_inbox>& inbox() const override { return context_.thread.inbox; }

  // connection

  void shut_down() override {
    if (opened_ && user_) user_->on_shutdown();
  }

  void abort() override {
    const int said = stream_.reason() ? int{stream_.reason().code} : int{ws::close_code::abnormal};
    end(closing_ ? code_ : said);
  }

private:
  void abort_after(std::chrono::milliseconds delay) {
    timer_.expires_after(delay);
    timer_.async_wait([self = this->shared_from_this()](error_code error) {
      if (!error) self->abort();
    });
  }

  void close_over_size() {
    buffer_ = {};
    close(ws::close_code::too_big, "the frame is larger than max_frame");
  }

  void read_failed(error_code error) {
    if (closing_) return;  // the closing reads on by itself
    if (error == ws::error::closed) return end(stream_.reason() ? int{stream_.reason().code} : int{ws::close_code::no_status});
    end(code_of(error));
  }

  void failed(error_code error) {
    if (!closing_) end(code_of(error));
  }

  void take_frame() {
    const auto bytes = buffer_.cdata();
    in_frame_ = true;
    if (user_) user_->on_frame({static_cast<const char*>(bytes.data()), bytes.size()}, stream_.got_binary());
    in_frame_ = false;
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > kept_read_bytes) buffer_ = {};
    if (closing_ || !user_) return;
    if (std::exchange(read_after_frame_, false)) return read();
    paused_ = true;
    expect_signs_of_life(false);
  }

  /// While nothing is read, neither a ping's answer nor anything else can come: a peer that we pause isn't a silent one. Takes
  /// effect with the next read, or when the time would have been over.
  void expect_signs_of_life(bool expected) {
    const auto& limits = context_.session.limits;
    ws::stream_base::timeout timeout{};
    timeout.handshake_timeout = limits.close_within;
    timeout.idle_timeout = expected ? std::chrono::steady_clock::duration{2 * limits.idle_ping}
                                    : ws::stream_base::none();  // Beast pings at half of it
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
  }

  void end(int code) {
    if (!user_) return;
    timer_.cancel();
    const auto user = std::exchange(user_, nullptr);
    user->on_ended(code);
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
    --context_.connections;
    context_.thread.remove(this->shared_from_this());
  }

  connection_context context_;
  ws::stream<Stream, false> stream_;
  beast::flat_buffer buffer_;
  io_timer timer_;
  std::shared_ptr<websocket_user> user_;
  int code_ = ws::close_code::abnormal;
  bool opened_ = false, closing_ = false, in_frame_ = false, read_after_frame_ = false, paused_ = false;
};

}  // namespace

template <class Stream>
void open_websocket(Stream stream, const connection_context& context, upgrade_request request, std::string subprotocol,
                    std::shared_ptr<websocket_user> user) {
  std::make_shared<websocket_stream<Stream>>(std::move(stream), context, std::move(user))
      ->accept(std::move(request), std::move(subprotocol));
}

template void open_websocket(tcp_socket, const connection_context&, upgrade_request, std::string,
                             std::shared_ptr<websocket_user>);
template void open_websocket(tls_socket, const connection_context&, upgrade_request, std::string,
                             std::shared_ptr<websocket_user>);

}  // namespace signalbox
