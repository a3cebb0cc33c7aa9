/// CORS: which other sites' pages may call, and how browsers are told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http_exchange.hpp"

namespace signalbox {

/// Tokens travel in a header that a page has to set itself, never in a cookie, so credentials are not allowed along.
class cross_origin {
public:
  /// As configured: origins, or `*` for any. Nothing: pages of other origins are not answered as such.
  explicit cross_origin(std::vector<std::string> origins);

  /// Whether `request` is a browser's question before the real call.
  [[nodiscard]] static bool is_preflight(const http_request_view& request);
  /// The answer to it, before `permit`. `methods`: those that the path has.
  [[nodiscard]] http_answer preflight_answer(std::string methods) const;
  /// Adds what lets a page of the request's origin read the answer, if it may.
  void permit(std::optional<std::string_view> origin, http_answer& answer) const;

  [[nodiscard]] bool any() const { return anyone_ || !origins_.empty(); }

private:
  std::vector<std::string> origins_;
  bool anyone_;
};

}  // namespace signalbox
