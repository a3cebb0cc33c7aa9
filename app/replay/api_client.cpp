#include "app/replay/api_client.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/replay/http_messages.hpp"

namespace signalbox {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using asio::redirect_error;
using asio::use_awaitable;

namespace {

/// `detail` and `code` of a problem response, and where a body was wrong.
std::string problem_text(const json::value& body) {
  const auto* problem = body.if_object();
  if (!problem) return {};
  std::string out;
  for (const auto* key : {"code", "detail"})
    if (const auto* value = problem->if_contains(key); value && value->is_string())
      out.append(out.empty() ? "" : ": ").append(std::string_view(value->get_string()));
  if (const auto* errors = problem->if_contains("errors"); errors && errors->is_array())
    out.append(" ").append(json::serialize(*errors));
  return out;
}

}  // namespace

asio::awaitable<json::value> api_client::post(std::string path, json::value body) {
  return call("POST", std::move(path), std::move(body));
}

asio::awaitable<json::value> api_client::put(std::string path, json::value body) {
  return call("PUT", std::move(path), std::move(body));
}

asio::awaitable<void> api_client::connect() {
  const auto executor = co_await asio::this_coro::executor;
  boost::system::error_code fault;
  asio::ip::tcp::resolver resolver(executor);
  const auto found = co_await resolver.async_resolve(server_.host, server_.port, redirect_error(use_awaitable, fault));
  auto connection = std::make_unique<beast::tcp_stream>(executor);
  connection->expires_after(std::chrono::seconds(5));
  if (!fault) co_await connection->async_connect(found, redirect_error(use_awaitable, fault));
  if (fault)
    throw replay_failed(exit_code::unavailable,
                        fmt::format("no server at {}:{}: {}", server_.host, server_.port, fault.message()));
  connection_ = std::move(connection);
  was_connected_ = true;
}

asio::awaitable<json::value> api_client::call(std::string method, std::string path, json::value body) {
  if (!connection_) co_await connect();
  const auto sent = json::serialize(body);
  auto request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      method, path, server_.host, server_.port, bearer_, sent.size(), sent);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  connection_->expires_after(patience_);
  auto fault = co_await write_message(*connection_, std::move(request));
  if (!fault) fault = co_await read_message(*connection_, buffer, parser);
  if (fault) connection_.reset();
  if (fault)
    throw replay_failed(exit_code::unavailable,
                        fmt::format("{} {}: the server doesn't answer: {}", method, path, fault.message()));
  const auto response = parser.release();
  if (!response.keep_alive()) connection_.reset();

  auto answer = json::parse(response.body().empty() ? "null" : response.body(), fault);
  const auto status = response.result_int();
  if (status < 200 || status > 299)
    throw replay_failed(
        status == 503 ? exit_code::unavailable : exit_code::failed,
        fmt::format("{} {} was answered {} {}", method, path, status, fault ? response.body() : problem_text(answer)));
  if (fault) throw replay_failed(exit_code::failed, fmt::format("{} {}: the answer is not JSON", method, path));
  co_return answer;
}

std::string text_in(const json::value& answer, std::string_view path) {
  const auto* at = &answer;
  for (auto rest = path; !rest.empty();) {
    const auto dot = std::min(rest.find('.'), rest.size());
    const auto* object = at->if_object();
    at = object ? object->if_contains(json::string_view(rest.data(), dot)) : nullptr;
    if (!at) break;
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  if (!at || !at->is_string())
    throw replay_failed(exit_code::failed, fmt::format("the server's answer has no text \"{}\"", path));
  return std::string(std::string_view(at->get_string()));
}

}  // namespace signalbox
