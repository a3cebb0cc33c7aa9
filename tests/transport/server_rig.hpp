/// A real server on a free port over a fake edge, with an HTTP API that says what it was asked.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "metrics/probes.hpp"
#include "tests/transport/fake_edge.hpp"
#include "tests/transport/socket_client.hpp"
#include "transport/server.hpp"

namespace signalbox {

/// Answers 200 with `METHOD path|segments query=value body`; `/later` from another thread, `/never` not at all.
class echo_api final : public http_api {
public:
  ~echo_api() override;
  void handle(http_request_view request, std::function<void(http_answer)> then) override;
  std::atomic<int> handled = 0;
  std::atomic<int> kept = 0;                         ///< not answered
  void answer_kept();                                ///< the last one
  std::shared_ptr<const std::atomic<bool>> hung_up;  ///< of the last one that was kept

private:
  std::vector<std::thread> later_;
  std::mutex mutex_;
  std::vector<std::function<void(http_answer)>> never_;
};

class server_rig : public testing::Test {
protected:
  server_rig();

  /// Call once the limits and the edge are as the test wants them.
  void serve();

  /// A connector with both channels, welcomed; `welcome` has what it was told.
  socket_client connector();
  socket_client agent(std::string_view token = "ben-token", std::string_view more = "");
  [[nodiscard]] std::string message(std::string_view id, std::string_view more = "") const;
  [[nodiscard]] std::string publish(std::uint64_t seq, const std::vector<std::string>& messages) const;
  /// The close code after one frame of a welcomed connector.
  int connector_code_after(std::string_view frame);
  int agent_code_after(std::string_view frame);
  /// A fresh connector and agent are served: nobody else was touched.
  void expect_others_untouched();
  /// Returns when the server has no connection left.
  void wait_until_alone() const;
  /// The value of one sample of the exposition, 0 when it isn't there.
  [[nodiscard]] double sample(std::string_view series) const;

  fake_edge edge;
  fake_edge::company acme;
  echo_api api;
  probes counted;
  server_options options;
  std::unique_ptr<server> running;
  json::value welcome;
};

[[nodiscard]] std::string text_at(const json::value& in, std::string_view pointer);

}  // namespace signalbox
