/// Which function answers which method and path.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http_api/call.hpp"

namespace signalbox {

/// Whose token a route takes.
enum class audience {
  anybody,  ///< no token at all
  operators,
  users,
  users_and_connectors,
};

/// What a request's body is.
enum class body_kind { none, json };

struct route {
  std::string_view method;
  std::string_view pattern;  ///< as docs/openapi.yaml writes it: `/v1/users/{id}`
  audience whose;
  body_kind body;
  void (*handle)(const call_pointer& of);
};

/// Every route there is, ordered by resource.
[[nodiscard]] std::span<const route> all_routes();

struct route_match {
  const route* found = nullptr;       ///< null: see `allow`
  std::vector<std::string> path_ids;  ///< the segments that stand for `{id}`
  std::string allow;                  ///< the methods of this path when another one was asked; empty: no such path
};
[[nodiscard]] route_match find_route(std::string_view method, const std::vector<std::string>& path);

}  // namespace signalbox
