/// One HTTP request and its answer, between the listener (bytes, limits, keep-alive) and the HTTP API (routes and bodies).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox {

/// Header names are compared without regard to case.
[[nodiscard]] constexpr bool same_header(std::string_view a, std::string_view b) {
  constexpr auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

using http_header = std::pair<std::string, std::string>;

/// A request that was read whole and is well-formed as HTTP. Owns all its text: it may be moved to another thread.
struct http_request_view {
  std::string method;                                      ///< as sent: `GET`, `PATCH`, …
  std::string target;                                      ///< the raw request target
  std::vector<std::string> path;                           ///< segments, percent-decoded: `/v1/users/` is {"v1", "users", ""}
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
  std::vector<http_header> headers;
  std::string body;
  std::string peer;        ///< address and port of the other end
  std::string request_id;  ///< also sent back as `X-Request-Id`
  /// Becomes true when the other end was seen to hang up before its answer came; null: nobody looks.
  std::shared_ptr<const std::atomic<bool>> hung_up{};

  /// The first header of that name, if any.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (same_header(key, name)) return value;
    return std::nullopt;
  }
  /// The first query parameter of that name, if any.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const {
    for (const auto& [key, value] : query)
      if (key == name) return value;
    return std::nullopt;
  }
  /// The token of `Authorization: Bearer …`; empty: none.
  [[nodiscard]] std::string_view bearer() const {
    const auto given = header("authorization").value_or("");
    constexpr std::string_view scheme = "bearer ";
    if (given.size() <= scheme.size() || !same_header(given.substr(0, scheme.size()), scheme)) return {};
    const auto start = given.find_first_not_of(' ', scheme.size());
    return start == std::string_view::npos ? std::string_view{} : given.substr(start);
  }
};

/// `Content-Length`, `Date`, `Server`, `Connection` and `X-Request-Id` are the listener's; everything else comes from here.
struct http_answer {
  int status = 200;
  std::string content_type = "application/json";  ///< empty together with an empty body: none is sent
  std::string body;
  std::vector<http_header> headers;
  std::string failure{};  ///< what broke, in words for the log; never sent
};

/// What stands behind the listener for everything that isn't a WebSocket upgrade.
class http_api {
public:
  virtual ~http_api() = default;

  /// Called on an I/O thread, must not block. `then` is called exactly once, on any thread, also before `handle` returns.
  /// A connection asks again only after it has been answered.
  virtual void handle(http_request_view request, std::function<void(http_answer)> then) = 0;
};

}  // namespace signalbox
