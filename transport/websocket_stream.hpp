/// A `websocket` over TCP or TLS. Instantiated once, in its source: Beast is dear to compile.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "transport/io_thread.hpp"

namespace signalbox {

using upgrade_request = boost::beast::http::request<boost::beast::http::string_body>;

/// Answers the upgrade with `subprotocol`, then serves `user` until the end. `count` is taken over: one connection less at the
/// end. I/O thread only.
template <class Stream>
void open_websocket(Stream stream, const connection_context& context, upgrade_request request, std::string subprotocol,
                    std::shared_ptr<websocket_user> user);

extern template void open_websocket(tcp_socket, const connection_context&, upgrade_request, std::string,
                                    std::shared_ptr<websocket_user>);
extern template void open_websocket(tls_socket, const connection_context&, upgrade_request, std::string,
                                    std::shared_ptr<websocket_user>);

}  // namespace signalbox
