#include "app/replay/http_messages.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>

namespace signalbox {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

constexpr std::size_t read_bytes = 16 * 1024;

template <bool is_request>
asio::awaitable<error_code> read_any(beast::tcp_stream& from, beast::flat_buffer& bytes, http::basic_parser<is_request>& into) {
  into.eager(true);
  for (;;) {
    error_code fault;
    if (bytes.size() > 0) {
      bytes.consume(into.put(bytes.data(), fault));
      if (fault && fault != http::error::need_more) co_return fault;
      if (into.is_done()) co_return error_code{};
      fault = {};
    }
    bytes.commit(co_await from.async_read_some(bytes.prepare(read_bytes), redirect_error(use_awaitable, fault)));
    if (fault == asio::error::eof && into.got_some()) {  // the end of a body without a length, or a message that was cut off
      fault = {};
      into.put_eof(fault);
      co_return fault;
    }
    if (fault) co_return fault;
  }
}

}  // namespace

asio::awaitable<error_code> read_message(beast::tcp_stream& from, beast::flat_buffer& bytes, http::basic_parser<true>& into) {
  return read_any(from, bytes, into);
}

asio::awaitable<error_code> read_message(beast::tcp_stream& from, beast::flat_buffer& bytes, http::basic_parser<false>& into) {
  return read_any(from, bytes, into);
}

asio::awaitable<error_code> write_message(beast::tcp_stream& to, std::string text) {
  error_code fault;
  for (std::size_t written = 0; written < text.size() && !fault;)
    written += co_await to.async_write_some(asio::buffer(text.data() + written, text.size() - written),
                                            redirect_error(use_awaitable, fault));
  co_return fault;
}

}  // namespace signalbox
