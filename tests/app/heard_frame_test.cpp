#include "app/conformance/heard_frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport/wire/connector_frames.hpp"

namespace signalbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

heard_frame hear(std::string_view bytes) {
  return hear_frame(bytes, [](std::string_view channel) { return channel == "chn_0000000000001"; });
}

std::string message(std::string_view members) {
  return std::string(R"({"op":"publish","seq":1,"messages":[{"channel":"chn_0000000000001",)").append(members).append("}]}");
}

constexpr std::string_view good = R"("thread":"t","id":"m","from":{"id":"c"},"text":"x")";

TEST(HeardFrame, AHelloIsItsToken) {
  const auto heard = hear(R"({"op":"hello","token":"s","connector":"shop/1"})");
  EXPECT_THAT(heard.wrong, IsEmpty());
  EXPECT_EQ(std::get<heard_hello>(heard.what).token, "s");
  EXPECT_EQ(std::get<heard_hello>(heard.what).connector, "shop/1");
}

TEST(HeardFrame, APublishIsItsMessages) {
  const auto heard = hear(message(good));
  ASSERT_THAT(heard.wrong, IsEmpty());
  const auto& publish = std::get<heard_publish>(heard.what);
  EXPECT_EQ(publish.seq, 1u);
  EXPECT_EQ(publish.offset, std::nullopt);
  ASSERT_EQ(publish.messages.size(), 1u);
  EXPECT_EQ(publish.messages[0].id, "m");
  EXPECT_EQ(publish.messages[0].thread, "t");
  EXPECT_EQ(publish.messages[0].sender, "c");
}

TEST(HeardFrame, AMembersOrderAndANullAreNoOtherContent) {
  const auto content = [](std::string_view members) {
    return std::get<heard_publish>(hear(message(members)).what).messages.at(0).content;
  };
  const auto one = content(R"("thread":"t","id":"m","from":{"id":"c","name":"n"},"text":"x")");
  EXPECT_EQ(one, content(R"("text":"x","html":null,"from":{"name":"n","id":"c"},"id":"m","thread":"t")"));
  EXPECT_NE(one, content(R"("thread":"t","id":"m","from":{"id":"c","name":"N"},"text":"x")"));
  EXPECT_NE(one, content(R"("thread":"t","id":"m","from":{"id":"c","name":"n"},"text":"y")"));
}

TEST(HeardFrame, AStatusIsTheIdsThatItAnswers) {
  const auto heard = hear(R"({"op":"status","statuses":[{"id":"a","status":"sent"},{"id":"b","status":"failed","error":"no"}]})");
  EXPECT_THAT(heard.wrong, IsEmpty());
  EXPECT_THAT(std::get<heard_status>(heard.what).ids, ElementsAre("a", "b"));
}

struct wrong_frame {
  std::string bytes;
  std::string sentence;
};

TEST(HeardFrame, SaysInWordsWhatIsWrong) {
  const std::vector<wrong_frame> table{
      {"{", "not JSON"},
      {"[]", "an array instead of an object"},
      {"{}", "op is missing"},
      {R"({"op":7})", "op is a number instead of a string"},
      {R"({"op":"subscribe"})", "unknown op \"subscribe\""},
      {R"({"op":"hello"})", "without token"},
      {R"({"op":"hello","token":5})", "token is a number instead of a string"},
      {R"({"op":"hello","token":"t","connector":null})", "connector is null"},
      {R"({"op":"publish","messages":[]})", "seq is missing"},
      {R"({"op":"publish","seq":"1","messages":[]})", "seq is a string instead of a whole number"},
      {R"({"op":"publish","seq":-1,"messages":[]})", "seq is a number instead of a whole number"},
      {R"({"op":"publish","seq":1})", "messages are missing"},
      {R"({"op":"publish","seq":1,"messages":{}})", "messages are an object instead of an array"},
      {R"({"op":"publish","seq":1,"offset":3,"messages":[]})", "offset is a number instead of a string"},
      {R"({"op":"publish","seq":1,"messages":["m"]})", "a message that is a string"},
      {message(R"("thread":"t","from":{"id":"c"},"text":"x")"), "a message without id"},
      {message(R"("thread":"t","id":1,"from":{"id":"c"},"text":"x")"), "id is a number"},
      {message(R"("id":"m","from":{"id":"c"},"text":"x")"), "\"m\" without thread"},
      {message(R"("thread":"","id":"m","from":{"id":"c"},"text":"x")"), "thread is empty"},
      {message(R"("thread":"a\u0001","id":"m","from":{"id":"c"},"text":"x")"), "control characters"},
      {message(R"("thread":"t","id":"m","from":"c","text":"x")"), "from is a string instead of an object"},
      {message(R"("thread":"t","id":"m","from":{},"text":"x")"), "a from without id"},
      {message(R"("thread":"t","id":"m","from":{"id":"c","name":1},"text":"x")"), "name is a number"},
      {message(R"("thread":"t","id":"m","from":{"id":"c"})"), "without text"},
      {message(R"("thread":"t","id":"m","from":{"id":"c"},"text":null)"), "text is null instead of a string"},
      {message(std::string(good) + R"(,"at":"yesterday")"), "at is \"yesterday\""},
      {message(std::string(good) + R"(,"attachments":{})"), "attachments are an object"},
      {message(std::string(good) + R"(,"attachments":[{"name":"n","type":"t","size":1}])"), "exactly one of url and data"},
      {message(std::string(good) + R"(,"attachments":[{"name":"n","type":"t","size":"1","url":"http://x"}])"),
       "size is a string"},
      {message(std::string(good) + R"(,"attachments":[{"name":"n","type":"t","size":1,"url":"file:/x"}])"),
       "neither http nor https"},
      {message(R"("thread":")" + std::string(257, 't') + R"(","id":"m","from":{"id":"c"},"text":"x")"), "thread has 257 bytes"},
      {message(R"("thread":"t","id":"m","from":{"id":"c"},"text":")" + std::string(262145, 'x') + '"'), "text has 262145 bytes"},
      {R"({"op":"publish","seq":1,"messages":[{"channel":"chn_0000000000002",)" + std::string(good) + "}]}",
       "not one of the welcome's"},
      {R"({"op":"status"})", "statuses are missing"},
      {R"({"op":"status","statuses":[{"id":"msg_0000000000001","status":"seen"}]})", "status \"seen\""},
      {R"({"op":"status","statuses":[{"status":"sent"}]})", "a status without id"},
      {R"({"op":"status","statuses":[7]})", "a status that is a number"},
  };
  for (const auto& each : table) {
    const auto heard = hear(each.bytes);
    ASSERT_FALSE(heard.wrong.empty()) << each.bytes.substr(0, 200);
    EXPECT_THAT(heard.wrong.front(), HasSubstr(each.sentence)) << each.bytes.substr(0, 200);
  }
}

/// What the router itself would say: true when it takes the frame with everything in it.
bool router_takes(std::string_view bytes) {
  const channel_id known[] = {*parse_id<channel_id>("chn_0000000000001")};
  const auto read = read_connector_frame(bytes, {known, std::nullopt});
  if (std::holds_alternative<bad_frame>(read)) return false;
  const auto* publish = std::get_if<connector_publish>(&read);
  if (!publish) return true;
  const auto& results = publish->frame->results;
  return std::none_of(results.begin(), results.end(), [](const auto& each) { return each.status == publish_status::rejected; });
}

TEST(HeardFrame, AgreesWithTheRouterOnWhatIsWrong) {
  const std::string many(2000, 'e');
  const std::vector<std::string> table{
      R"({"op":"hello","token":"s"})",
      R"({"op":"hello","token":"s","connector":"shop/1","more":[1]})",
      R"({"op":"hello","token":"s","connector":")" + many + "\"}",
      R"({"op":"publish","seq":0,"offset":null,"messages":[]})",
      R"({"op":"publish","seq":1.5,"messages":[]})",
      R"({"op":"publish","seq":1,"offset":")" + many + many + many + R"(","messages":[]})",
      message(good),
      message(std::string(good) + R"(,"subject":"s","html":"<b>","at":"2026-03-01T09:30:00.000Z","attachments":[])"),
      message(std::string(good) + R"(,"subject":")" + many + '"'),
      message(std::string(good) + R"(,"at":"2026-03-01T09:30:00+01:00")"),
      message(std::string(good) + R"(,"at":"2026-13-01T09:30:00Z")"),
      message(std::string(good) + R"(,"attachments":[{"name":"n","type":"t","size":1,"url":"https://x"}])"),
      message(std::string(good) + R"(,"attachments":[{"name":"n","type":"t","size":1,"data":"eA=="}])"),
      message(std::string(good) + R"(,"attachments":[{"name":"n","type":"t","size":1,"data":"eA==","url":"https://x"}])"),
      message(std::string(good) + R"(,"attachments":null,"html":null,"subject":null,"at":null)"),
      message(R"("thread":"t","id":"m","from":{"id":"c","name":null,"email":"a@b.example","phone":"1","cookie":"k"},"text":"")"),
      message(R"("thread":"t","id":"m","from":{"id":""},"text":"x")"),
      message(R"("thread":"t","id":"m","from":{"id":"c","cookie":7},"text":"x")"),
      R"({"op":"status","statuses":[]})",
      R"({"op":"status","statuses":[{"id":"msg_0000000000001","status":"read","error":null}]})",
      R"({"op":"status","statuses":[{"id":"msg_0000000000001","status":"accepted"}]})",
      R"({"op":"status","statuses":[{"id":"msg_0000000000001","status":"failed","error":")" + many + R"("}]})",
  };
  for (const auto& each : table) EXPECT_EQ(hear(each).wrong.empty(), router_takes(each)) << each.substr(0, 300);
}

}  // namespace
}  // namespace signalbox
