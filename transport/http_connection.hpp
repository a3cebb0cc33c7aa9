/// One TCP connection from its first byte: HTTP/1.1 requests one after the other, or the upgrade to a WebSocket.
#pragma once

#include "transport/io_thread.hpp"

namespace signalbox {

/// Serves it until its end. `connections` was raised for it. On the I/O thread of `context`.
void serve_connection(tcp_socket socket, const connection_context& context);
/// The same behind TLS; `tls` outlives it.
void serve_connection(tcp_socket socket, const connection_context& context, asio::ssl::context& tls);

}  // namespace signalbox
