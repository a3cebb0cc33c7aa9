#include "bench/load/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <thread>

namespace signalbox::load {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

struct http_client::connection {
  asio::io_context io;
  asio::ip::tcp::socket socket{io};
  beast::flat_buffer buffer;
  endpoint to;
};

http_client::http_client(const endpoint& to) : connection_(std::make_unique<connection>()) {
  connection_->to = to;
  asio::ip::tcp::resolver resolver{connection_->io};
  boost::system::error_code wrong;
  const auto found = resolver.resolve(to.host, std::to_string(to.port), wrong);
  if (!wrong) asio::connect(connection_->socket, found, wrong);
  if (wrong) throw http_failed("can't connect to " + to_text(to) + ": " + wrong.message());
  connection_->socket.set_option(asio::ip::tcp::no_delay{true});
}

http_client::~http_client() = default;

boost::json::value http_client::call(std::string_view method, std::string_view path, std::string_view token,
                                     const boost::json::value& body) {
  http::request<http::string_body> request{http::string_to_verb({method.data(), method.size()}), {path.data(), path.size()}, 11};
  request.set(http::field::host, to_text(connection_->to));
  request.set(http::field::authorization, "Bearer " + std::string{token});
  request.set(http::field::content_type, "application/json");
  request.body() = boost::json::serialize(body);
  request.prepare_payload();

  constexpr int tries_max = 10;
  for (int tries = 1;; ++tries) {
    http::write(connection_->socket, request);
    http::response<http::string_body> response;
    http::read(connection_->socket, connection_->buffer, response);
    if (response.result() == http::status::too_many_requests && tries < tries_max) {
      std::this_thread::sleep_for(std::chrono::seconds{1});
      continue;
    }
    if (response.result_int() / 100 != 2) {
      throw http_failed(std::string{method} + ' ' + std::string{path} + " answered " + std::to_string(response.result_int()) +
                        ": " + response.body());
    }
    if (response.body().empty()) return nullptr;
    boost::json::error_code wrong;
    auto value = boost::json::parse(response.body(), wrong);
    if (wrong) throw http_failed(std::string{path} + " answered something that isn't JSON");
    return value;
  }
}

}  // namespace signalbox::load
