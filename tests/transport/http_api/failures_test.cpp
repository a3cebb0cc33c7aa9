#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

std::vector<std::string> lines;

http_policy telling() {
  http_policy policy;
  policy.on_failure = [](const std::string& line) { lines.push_back(line); };
  return policy;
}

class Failures : public api_rig {
protected:
  Failures() : api_rig({}, telling()) { lines.clear(); }
};

TEST_F(Failures, AreLoggedWithTheRequestsIdAndWhatBroke) {
  edge.on_list_conversations = [](const principal&, const conversation_query&) -> outcome<page<conversation>> {
    throw std::runtime_error{"the disk said no"};
  };
  EXPECT_EQ(as_ada("GET", "/v1/conversations?contact=ctc_0000000000001").status(), 500);
  EXPECT_EQ(lines, std::vector<std::string>{"request req-1: GET /v1/conversations answered 500: the disk said no"});
}

TEST_F(Failures, ThatTheEdgeAnswersItselfAreLoggedToo) {
  edge.on_list_conversations = [](const principal&, const conversation_query&) {
    return outcome<page<conversation>>{refuse(refusal_code::internal, "something went wrong on our side")};
  };
  EXPECT_EQ(as_ada("GET", "/v1/conversations").status(), 500);
  EXPECT_EQ(lines, std::vector<std::string>{"request req-1: GET /v1/conversations answered 500"});
}

TEST_F(Failures, ANormalNoIsNone) {
  edge.is_ready = false;
  EXPECT_EQ(ask("", "GET", "/readyz").status(), 503);
  EXPECT_EQ(ask("", "GET", "/v1/account").status(), 401);
  EXPECT_EQ(as_ada("GET", "/v1/nothing").status(), 404);
  EXPECT_EQ(as_ada("POST", "/v1/users", "{}").status(), 422);
  EXPECT_TRUE(lines.empty()) << lines.front();
}

}  // namespace
}  // namespace signalbox
