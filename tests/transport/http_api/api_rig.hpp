/// The HTTP API over a fake edge whose configuration changes by the real rules, asked without a socket.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/transport/fake_edge.hpp"
#include "transport/http_api/edge_http_api.hpp"

namespace signalbox {

namespace json = boost::json;

struct told {
  bool answered = false;
  http_answer answer;

  [[nodiscard]] int status() const { return answer.status; }
  [[nodiscard]] std::string header(std::string_view name) const;
  /// The body, which must be JSON when there is one.
  [[nodiscard]] json::value body() const;
  /// The member at an RFC 6901 pointer as JSON; `absent` when there is none.
  [[nodiscard]] std::string at(std::string_view pointer) const;
  [[nodiscard]] std::string code() const { return at("/code"); }
  /// Pointers of `errors`, in order.
  [[nodiscard]] std::vector<std::string> pointers() const;
};

class api_rig : public testing::Test {
protected:
  explicit api_rig(first_answers::bounds kept = {}, http_policy policy = {});

  using headers = std::vector<http_header>;
  /// Sends `body` as application/json when there is one. `target` may have a query.
  told ask(std::string_view token, std::string method, std::string_view target, std::string body = {}, headers more = {});
  told as_ada(std::string method, std::string_view target, std::string body = {}, headers more = {}) {
    return ask("ada-token", std::move(method), target, std::move(body), std::move(more));
  }
  told as_ben(std::string method, std::string_view target, std::string body = {}, headers more = {}) {
    return ask("ben-token", std::move(method), target, std::move(body), std::move(more));
  }
  told as_operator(std::string method, std::string_view target, std::string body = {}, headers more = {}) {
    return ask("operator-token", std::move(method), target, std::move(body), std::move(more));
  }

  [[nodiscard]] const account_config& config() const { return *edge.configurations.at(acme.account); }
  /// Changes the configuration behind the API's back.
  void change(const account_change& what);
  user_id add_user(std::string first_name, seat of = seat::paid, std::vector<team_membership> teams = {});
  std::string path(std::string_view before, const auto& id, std::string_view after = "") {
    return std::string{before} + to_text(id) + std::string{after};
  }

  time_point now = std::chrono::sys_days{std::chrono::year{2026} / 3 / 1};
  std::uint64_t next_id = 1u << 20;
  const time_zones* known_zones = nullptr;  ///< null: any name will do
  fake_edge edge;
  fake_edge::company acme;
  edge_http_api api;
  std::vector<std::optional<std::string>> passwords;  ///< that came with changes
  std::vector<account_change> changes;

private:
  outcome<changed> apply_change(const principal& by, const account_change& what);
};

}  // namespace signalbox
