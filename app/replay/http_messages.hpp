/// HTTP/1.1 messages over a connection of the client's side. Beast's own reading and writing of whole messages would be compiled
/// anew for each kind of them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/system/error_code.hpp>
#include <string>

namespace signalbox {

/// Reads until `into` has a whole message; what came behind it stays in `bytes`.
[[nodiscard]] boost::asio::awaitable<boost::system::error_code> read_message(boost::beast::tcp_stream& from,
                                                                             boost::beast::flat_buffer& bytes,
                                                                             boost::beast::http::basic_parser<true>& into);
[[nodiscard]] boost::asio::awaitable<boost::system::error_code> read_message(boost::beast::tcp_stream& from,
                                                                             boost::beast::flat_buffer& bytes,
                                                                             boost::beast::http::basic_parser<false>& into);

/// Writes a message that stands ready as text.
[[nodiscard]] boost::asio::awaitable<boost::system::error_code> write_message(boost::beast::tcp_stream& to, std::string text);

}  // namespace signalbox
