#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/replay/frame_socket.hpp"
#include "app/replay/frames.hpp"
#include "app/replay/pace.hpp"
#include "app/replay/script.hpp"
#include "app/replay/tally.hpp"

namespace signalbox {
namespace {

using testing::HasSubstr;

script_fault fault_of(std::string_view text) {
  auto parsed = parse_script(text);
  if (auto* fault = std::get_if<script_fault>(&parsed)) return *fault;
  ADD_FAILURE() << "was taken: " << text;
  return {};
}

TEST(Script, IsOneDialogueALine) {
  const auto parsed = parse_script(
      "{\"id\":\"a\",\"services\":[\"s\"],\"turns\":[[\"contact\",\"hi\"],[\"agent\",\"hello\"]]}\n\n"
      "{\"id\":\"b\",\"turns\":[[\"contact\",\"ho\"]]}");
  ASSERT_TRUE(std::holds_alternative<std::vector<dialogue>>(parsed));
  const auto& all = std::get<std::vector<dialogue>>(parsed);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, "a");
  EXPECT_EQ(all[0].services, std::vector<std::string>{"s"});
  EXPECT_EQ(all[0].turns[1].speaker, speaker::agent);
  EXPECT_EQ(all[0].turns[1].text, "hello");
  EXPECT_EQ(all[1].turns.size(), 1u);
}

TEST(Script, StopsAtTheLimit) {
  const auto parsed = parse_script("{\"id\":\"a\",\"turns\":[[\"contact\",\"hi\"]]}\nnot read\n", 1);
  ASSERT_TRUE(std::holds_alternative<std::vector<dialogue>>(parsed));
  EXPECT_EQ(std::get<std::vector<dialogue>>(parsed).size(), 1u);
}

TEST(Script, LeavesOutWhatAnAgentSaysToNobody) {
  const auto parsed = parse_script(R"({"id":"a","turns":[["agent","welcome"],["contact","hi"]]})");
  ASSERT_TRUE(std::holds_alternative<std::vector<dialogue>>(parsed));
  EXPECT_EQ(std::get<std::vector<dialogue>>(parsed)[0].turns.size(), 1u);
}

TEST(Script, AWrongLineIsNamedByItsNumber) {
  const std::string good = "{\"id\":\"a\",\"turns\":[[\"contact\",\"hi\"]]}\n";
  const auto second = [&](const char* line) {
    const auto fault = fault_of(good + line);
    EXPECT_EQ(fault.line, 2u);
    return fault.sentence;
  };
  EXPECT_THAT(second("{"), HasSubstr("not JSON"));
  EXPECT_THAT(second("[]"), HasSubstr("JSON object"));
  EXPECT_THAT(second("{\"turns\":[]}"), HasSubstr("\"id\""));
  EXPECT_THAT(second("{\"id\":\"b\"}"), HasSubstr("\"turns\""));
  EXPECT_THAT(second("{\"id\":\"b\",\"turns\":[]}"), HasSubstr("says nothing"));
  EXPECT_THAT(second("{\"id\":\"b\",\"turns\":[[\"contact\",\"x\"],[\"visitor\",\"x\"]]}"), HasSubstr("turn 2"));
  EXPECT_THAT(second("{\"id\":\"b\",\"turns\":[[\"contact\"]]}"), HasSubstr("turn 1"));
  EXPECT_THAT(second("{\"id\":\"b\",\"turns\":[[\"contact\",\"\"]]}"), HasSubstr("empty"));
  EXPECT_THAT(second("{\"id\":\"b\",\"services\":1,\"turns\":[[\"contact\",\"x\"]]}"), HasSubstr("services"));
  EXPECT_THAT(second("{\"id\":\"a\",\"turns\":[[\"contact\",\"x\"]]}"), HasSubstr("there already"));
  EXPECT_THAT(fault_of("\n\n").sentence, HasSubstr("no dialogue"));
}

TEST(ServerUrl, IsPlainHttpWithHostAndPort) {
  const auto server = parse_server_url("http://localhost:8080/");
  ASSERT_TRUE(server);
  EXPECT_EQ(server->host, "localhost");
  EXPECT_EQ(server->port, "8080");
  EXPECT_EQ(parse_server_url("http://[::1]:81")->host, "::1");
  EXPECT_EQ(parse_server_url("http://[::1]:81")->port, "81");
  EXPECT_EQ(parse_server_url("http://h")->port, "80");
  for (const auto* url : {"", "localhost:8080", "https://h", "http://", "http://h:", "http://h:x", "http://h/path", "http://a@h",
                          "http://h:123456"})
    EXPECT_FALSE(parse_server_url(url)) << url;
}

TEST(Pace, SpreadsTurnsEvenlyAndMakesUpForALateTimer) {
  pace ten(10);
  const pace::time start{};
  ten.begin(start);
  EXPECT_TRUE(ten.may_go(start));
  ten.went(start);
  EXPECT_FALSE(ten.may_go(start + std::chrono::milliseconds(99)));
  EXPECT_TRUE(ten.may_go(start + std::chrono::milliseconds(100)));
  ten.went(start + std::chrono::milliseconds(150));  // late: the next one is due at 200 all the same
  EXPECT_FALSE(ten.may_go(start + std::chrono::milliseconds(199)));
  EXPECT_TRUE(ten.may_go(start + std::chrono::milliseconds(200)));
}

TEST(Pace, ALongSilenceIsNotMadeUpFor) {
  pace hundred(100);
  const pace::time start{};
  hundred.begin(start);
  const auto later = start + std::chrono::hours(1);
  int at_once = 0;
  for (; hundred.may_go(later); ++at_once) hundred.went(later);
  EXPECT_LE(at_once, 12);
}

TEST(Pace, ZeroIsNoLimit) {
  pace none(0);
  none.went({});
  EXPECT_TRUE(none.may_go({}));
  EXPECT_FALSE(none.limited());
}

TEST(Tally, QuantilesAreByNearestRank) {
  std::vector<std::uint32_t> us;
  for (std::uint32_t i = 1000; i >= 1; --i) us.push_back(i * 1000);
  const auto q = quantiles_of(us);
  EXPECT_EQ(q.p50_ms, 500);
  EXPECT_EQ(q.p99_ms, 990);
  EXPECT_EQ(q.max_ms, 1000);
  std::vector<std::uint32_t> none;
  EXPECT_EQ(quantiles_of(none).max_ms, 0);
  std::vector<std::uint32_t> one{7000};
  EXPECT_EQ(quantiles_of(one).p50_ms, 7);
}

TEST(Tally, AnythingThatMustBeZeroIsAFlaw) {
  EXPECT_TRUE(tally{}.flawless());
  for (const auto member : {&tally::gaps, &tally::doubled, &tally::lost, &tally::refused, &tally::given_up, &tally::unfinished}) {
    tally counted;
    counted.*member = 1;
    EXPECT_FALSE(counted.flawless());
  }
}

TEST(Frames, AreObjectsWhoseMembersMayBeMissing) {
  const auto frame = read_frame(R"({"op":"ack","data":{"a":"b"},"n":1})");
  EXPECT_EQ(text_of(frame, "op"), "ack");
  EXPECT_EQ(text_of(frame, "n"), "");
  EXPECT_EQ(text_of(frame, "missing"), "");
  EXPECT_EQ(text_of(object_of(frame, "data"), "a"), "b");
  EXPECT_TRUE(object_of(frame, "op").empty());
  EXPECT_THROW(read_frame("[]"), replay_failed);
  EXPECT_THROW(read_frame("{"), replay_failed);
  EXPECT_EQ(json_text("a\"\\\n"), R"("a\"\\\n")");
}

}  // namespace
}  // namespace signalbox
