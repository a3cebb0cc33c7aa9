#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "transport/wire/connector_frames.hpp"
#include "transport/wire/publish_body.hpp"

namespace signalbox {
namespace {

namespace json = boost::json;
using namespace std::string_literals;

constexpr channel_id mine{5}, other{6};
const std::vector<channel_id> scope{mine, other};

connector_frame read(std::string_view bytes) { return read_connector_frame(bytes, {scope, std::nullopt}); }

std::string reason_of(std::string_view bytes) {
  const auto frame = read(bytes);
  const auto* bad = std::get_if<bad_frame>(&frame);
  return bad ? bad->reason : "";
}

frame_pointer published(std::string_view bytes) {
  auto frame = read(bytes);
  auto* publish = std::get_if<connector_publish>(&frame);
  EXPECT_TRUE(publish) << bytes << ": " << reason_of(bytes);
  return publish ? publish->frame : std::make_shared<inbound_frame>();
}

std::string publish_of(std::string_view messages) {
  return R"({"op":"publish","seq":1,"messages":[)" + std::string{messages} + "]}";
}

std::string with(std::string_view members) {
  return R"({"channel":")" + to_text(mine) + R"(","thread":"t","id":"m1",)" + std::string{members} + '}';
}
std::string good() { return with(R"("from":{"id":"c"},"text":"x")"); }

/// The one message's code; `pending` when it was not rejected.
std::string result_of(std::string_view message) {
  const auto frame = published(publish_of(message));
  if (frame->results.size() != 1) return "none";
  return frame->results[0].status == publish_status::pending ? "pending" : std::string{to_text(frame->results[0].code)};
}

std::string body_of(std::string_view message) {
  const auto frame = published(publish_of(message));
  EXPECT_EQ(frame->results.at(0).status, publish_status::pending) << message;
  return std::string{frame->messages.at(0).body};
}

TEST(PublishFrame, EveryFieldIsRead) {
  const auto frame =
      published(R"({"op":"publish","seq":42,"offset":"o\"1","messages":[{"channel":")" + to_text(mine) +
                R"(","thread":"th\u00e9","id":"m\/1","from":{"id":"c1","name":"Cl\u00e9o","email":"c@example.org",)"
                R"("phone":"+49","cookie":"k"},"text":"hi","subject":"s","at":"2026-03-01T09:30:00.125+01:00"}]})");
  EXPECT_EQ(frame->seq, 42u);
  EXPECT_TRUE(frame->has_offset);
  EXPECT_EQ(frame->offset, "o\"1");
  ASSERT_EQ(frame->messages.size(), 1u);
  const auto& m = frame->messages[0];
  EXPECT_EQ(m.channel, mine);
  EXPECT_EQ(m.thread, "thé");
  EXPECT_EQ(m.external_id, "m/1");
  EXPECT_EQ(m.from_id, "c1");
  EXPECT_EQ(m.from_name, "Cléo");
  EXPECT_EQ(m.from_email, "c@example.org");
  EXPECT_EQ(m.from_phone, "+49");
  EXPECT_EQ(m.from_cookie, "k");
  EXPECT_EQ(m.subject, "s");
  ASSERT_TRUE(m.sent_at);
  EXPECT_EQ(to_text(*m.sent_at), "2026-03-01T08:30:00.125Z");
  EXPECT_EQ(frame->results[0].status, publish_status::pending);
}

TEST(PublishFrame, MembersInTheUsualOrderAreNotCopied) {
  const auto frame = published(publish_of(with(R"("from":{"id":"c","name":"N"},"text":"a \"b\" \n","html":"<b>","at":null)")));
  const auto body = frame->messages.at(0).body;
  EXPECT_EQ(body, R"("from":{"id":"c","name":"N"},"text":"a \"b\" \n","html":"<b>")");
  EXPECT_GE(body.data(), frame->text.data());
  EXPECT_LT(body.data(), frame->text.data() + frame->text.size());
  EXPECT_TRUE(frame->arena.empty());
}

TEST(PublishFrame, AnyOtherOrderShowsTheSameBody) {
  const auto wanted = R"("from":{"id":"c"},"text":"x","html":"y")";
  EXPECT_EQ(body_of(with(R"("text":"x","from":{"id":"c"},"html":"y")")), wanted);
  EXPECT_EQ(body_of(with(R"("html":"y","subject":"s","text":"x","from":{"id":"c"})")), wanted);
  EXPECT_EQ(body_of(with(R"("from":{"id":"c"},"subject":"s","text":"x","html":"y")")), wanted);
  EXPECT_EQ(body_of(with(R"("from":{"id":"c"},"text":"x","unknown":[1,{"a":null}],"html":"y")")), wanted);
  EXPECT_EQ(body_of(R"({"from":{"id":"c"},"text":"x","html":"y","id":"1","thread":"t","channel":")" + to_text(mine) + "\"}"),
            wanted);
}

TEST(PublishFrame, OnlyWhatIsKnownIsShown) {
  EXPECT_EQ(body_of(with(R"("from":{"id":"c","admin":true,"name":"N"},"text":"x")")),
            R"("from":{"id":"c","name":"N"},"text":"x")");
  EXPECT_EQ(body_of(with(R"("from":{"id":"a","id":"c"},"text":"x","text":"z")")), R"("from":{"id":"c"},"text":"z")");
  EXPECT_EQ(body_of(with(R"("from":{"id":"c"},"text":"x","html":null)")), R"("from":{"id":"c"},"text":"x")");
  EXPECT_EQ(body_of(with(R"("from":{"id":"c"},"text":"x","attachments":[{"name":"a","type":"t","size":3,"data":"QQ==","x":1}])")),
            R"("from":{"id":"c"},"text":"x","attachments":[{"name":"a","type":"t","size":3,"data":"QQ=="}])");
  EXPECT_EQ(
      result_of(with(R"("from":{"id":"c"},"text":"x","attachments":[{"name":"a","type":"t","size":3,"data":"\/\/\u0041="}])")),
      "pending")
      << "escapes are JSON's";
}

TEST(PublishFrame, WhitespaceAnywhereIsFine) {
  const auto frame =
      published(" {\n\"op\" : \"publish\" ,\t\"seq\" : 7 , \"messages\" : [ { \"channel\" : \"" + to_text(mine) +
                "\" , \"thread\" : \"t\" , \"id\" : \"1\" , \"from\" : { \"id\" : \"c\" } , \"text\" : \"x\" } ] } ");
  ASSERT_EQ(frame->messages.size(), 1u);
  EXPECT_EQ(json::serialize(json::parse("{" + std::string{frame->messages[0].body} + "}")), R"({"from":{"id":"c"},"text":"x"})");
}

TEST(PublishFrame, OpMayComeLast) {
  const auto frame = published(R"({"messages":[)" + good() + R"(],"offset":"o","seq":9,"op":"publish"})");
  EXPECT_EQ(frame->seq, 9u);
  EXPECT_EQ(frame->offset, "o");
  EXPECT_EQ(frame->messages.size(), 1u);
}

TEST(PublishFrame, KeysMayBeEscaped) { EXPECT_EQ(published(R"({"\u006fp":"publish","s\u0065q":3,"messages":[]})")->seq, 3u); }

TEST(PublishFrame, NoMessagesButAnOffsetIsLegal) {
  const auto frame = published(R"({"op":"publish","seq":1,"offset":"","messages":[]})");
  EXPECT_TRUE(frame->has_offset);
  EXPECT_TRUE(frame->messages.empty());
}

TEST(PublishFrame, AWrongMessageIsRejectedAndItsNeighboursAreNot) {
  const auto frame = published(publish_of(good() + ',' + with(R"("from":{"id":"c"})") + ',' + good()));
  ASSERT_EQ(frame->results.size(), 3u);
  EXPECT_EQ(frame->results[0].status, publish_status::pending);
  EXPECT_EQ(frame->results[1].status, publish_status::rejected);
  EXPECT_EQ(frame->results[2].status, publish_status::pending);
  EXPECT_EQ(frame->messages[1].external_id, "m1");
}

/// The fault of the one message, as `pointer: detail`.
std::string fault_of(std::string_view message) {
  const auto frame = published(publish_of(good() + ',' + std::string{message} + ',' + good()));
  if (frame->faults.size() != 1 || frame->faults[0].message != 1) return "none";
  return frame->faults[0].pointer + ": " + frame->faults[0].detail;
}

TEST(PublishFrame, ARejectedMessageSaysWhereAndWhatIsWrong) {
  const std::string from = R"("from":{"id":"c"},"text":"x",)";
  const std::string long_name(external_id_bytes_max + 1, 'n');
  const std::pair<std::string, std::string> cases[] = {
      {with(R"("from":{"id":"c"})"), "/text: is required"},
      {with(R"("from":{"id":"c"},"text":7)"), "/text: must be a string of Unicode"},
      {with(R"("text":"x")"), "/from: is required"},
      {with(R"("text":"x","from":"c")"), "/from: must be an object"},
      {with(R"("text":"x","from":{})"), "/from/id: is required"},
      {with(R"("text":"x","from":{"id":""})"), "/from/id: must not be empty"},
      {with(R"("text":"x","from":{"id":"\u0000"})"), "/from/id: must have no control characters"},
      {with(R"("text":"x","from":{"id":"c","name":[]})"), "/from/name: must be a string of Unicode"},
      {with(R"("text":"x","from":{"id":"c","email":")" + std::string(255, 'e') + "\"}"), "/from/email: is too long"},
      {with(R"("text":"x","from":{"id":"c","phone":7})"), "/from/phone: must be a string of Unicode"},
      {with(R"("text":"x","from":{"id":"c","cookie":7})"), "/from/cookie: must be a string of Unicode"},
      {with(from + R"("thread":")" + long_name + '"'), "/thread: is too long"},
      {with(from + R"("id":")" + long_name + '"'), "/id: is too long"},
      {with(from + R"("channel":null)"), "/channel: is required"},
      {with(from + R"("channel":"chn_0000000000001")"), "/channel: doesn't exist, or isn't this token's"},
      {with(from + R"("html":7)"), "/html: must be a string of Unicode"},
      {with(from + R"("subject":")" + std::string(subject_bytes_max + 1, 's') + '"'), "/subject: is too long"},
      {with(from + R"("at":"yesterday")"), "/at: must be a time as in RFC 3339"},
      {with(from + R"("attachments":{})"), "/attachments: attachments is not an array"},
      {with(from + R"("attachments":[{"name":"a","type":"t","size":1,"data":""},7])"),
       "/attachments/1: an attachment is not an object"},
      {with(from + R"("attachments":[{"name":"a","type":"t","size":"1","data":""}])"),
       "/attachments/0/size: an attachment needs a size"},
      {with(from + R"("attachments":[{"name":"a","type":"t","size":1,"url":"javascript:x"}])"),
       "/attachments/0/url: an attachment's url is http or https"},
      {with(from + R"("attachments":[{"name":"a","type":"t","size":1,"data":""},{"name":"a","type":"t","size":1,"data":"QQ"}])"),
       "/attachments/1/data: an attachment's data is not base64"},
      {with(from + R"("attachments":[{"name":"a","type":"t","size":1,"data":"QQ=\n"}])"),
       "/attachments/0/data: an attachment's data is not base64"},
      {with(from + R"("attachments":[{"name":"a","type":"t","size":1}])"),
       "/attachments/0: an attachment has either a url or data"},
      {with(R"("thread":"","from":{"id":""})"), "/thread: must not be empty"},
  };
  for (const auto& [message, fault] : cases) EXPECT_EQ(fault_of(message), fault) << message.substr(0, 160);
  EXPECT_TRUE(published(publish_of(good()))->faults.empty());
}

TEST(PublishFrame, DuplicatesWithinAFrameAreNotTheEdgesBusiness) {
  const auto frame = published(publish_of(good() + ',' + good()));
  EXPECT_EQ(frame->results[0].status, publish_status::pending);
  EXPECT_EQ(frame->results[1].status, publish_status::pending);
}

TEST(PublishFrame, EachFaultHasItsCode) {
  const std::string long_name(257, 'n');
  const std::string long_text(text_bytes_max + 1, 'x');
  const auto in = [](channel_id id) {
    return R"({"channel":")" + to_text(id) + R"(","thread":"t","id":"1","from":{"id":"c"},"text":"x"})";
  };
  EXPECT_EQ(result_of(in(other)), "pending");
  EXPECT_EQ(result_of(in(channel_id{7})), "not_found");
  EXPECT_EQ(result_of(R"({"channel":"nonsense","thread":"t","id":"1","from":{"id":"c"},"text":"x"})"), "not_found");
  EXPECT_EQ(result_of(R"({"thread":"t","id":"1","from":{"id":"c"},"text":"x"})"), "invalid");
  EXPECT_EQ(result_of(R"({"channel":7,"thread":"t","id":"1","from":{"id":"c"},"text":"x"})"), "invalid");
  EXPECT_EQ(result_of(with(R"("from":{"id":"c"},"text":")" + long_text + '"')), "too_large");
  EXPECT_EQ(result_of(with(R"("from":{"id":"c"},"text":"x","html":")" + long_text + '"')), "too_large");
  EXPECT_EQ(result_of(with(R"("from":{"id":"c"},"text":"x","subject":")" + std::string(1001, 's') + '"')), "too_large");
  EXPECT_EQ(result_of(with(R"("from":{"id":"c","name":")" + std::string(201, 's') + R"("},"text":"x")")), "too_large");
  for (const auto& wrong :
       {R"("from":{"id":"c"})"s,
        R"("from":{"id":"c"},"text":7)"s,
        R"("from":{"id":"c"},"text":null)"s,
        R"("text":"x")"s,
        R"("from":"c","text":"x")"s,
        R"("from":{},"text":"x")"s,
        R"("from":{"id":""},"text":"x")"s,
        R"("from":{"id":7},"text":"x")"s,
        R"("from":{"id":")" + long_name + R"("},"text":"x")",
        R"("from":{"id":"c","email":7},"text":"x")"s,
        R"("from":{"id":"c"},"text":"x","at":"yesterday")"s,
        R"("from":{"id":"c"},"text":"x","at":"99999-01-01T00:00:00.000Z")"s,
        R"("from":{"id":"c"},"text":"x","at":"0001-01-01T00:00:00Z")"s,
        R"("from":{"id":"c"},"text":"x","at":"2026-02-30T00:00:00Z")"s,
        R"("from":{"id":"c"},"text":"x","at":7)"s,
        R"("from":{"id":"c"},"text":"x","html":[])"s,
        R"("from":{"id":"c"},"text":"x","subject":{})"s,
        R"("from":{"id":"c"},"text":"x","attachments":{})"s,
        R"("from":{"id":"c"},"text":"x","attachments":[7])"s,
        R"("from":{"id":"c"},"text":"x","attachments":[{"name":"a"}])"s,
        R"("from":{"id":"c"},"text":"x","attachments":[{"name":"a","type":"t","size":1,"url":"javascript:x"}])"s,
        R"("from":{"id":"c"},"text":"x","attachments":[{"name":"a","type":"t","size":1,"url":"https://x","data":""}])"s,
        R"("from":{"id":"c"},"text":"lone \ud800 surrogate")"s,
        R"("from":{"id":"c"},"text":"lone \udc00 surrogate")"s,
        R"("from":{"id":"c\u0000"},"text":"x")"s,
        R"("thread":"","from":{"id":"c"},"text":"x")"s,
        R"("thread":")" + long_name + R"(","from":{"id":"c"},"text":"x")"})
    EXPECT_EQ(result_of(with(wrong)), "invalid") << wrong.substr(0, 120);
}

TEST(PublishFrame, LengthsCountDecodedBytes) {
  std::string text;
  for (std::size_t i = 0; i < text_bytes_max / 4; ++i) text += "\\ud83e\\ude91";
  EXPECT_EQ(result_of(with(R"("from":{"id":"c"},"text":")" + text + '"')), "pending");
  EXPECT_EQ(result_of(with(R"("from":{"id":"c"},"text":")" + text + "x\"")), "too_large");
}

TEST(PublishFrame, OddTextIsKeptAsItCame) {
  for (const auto& odd :
       {R"("")"s, R"("\u0000 null")"s, R"("\"\\\/\b\f\n\r\t")"s, R"("🪑 𝄞 \ud834\udd1e")"s, R"("</script>")"s})
    EXPECT_EQ(body_of(with(R"("from":{"id":"c"},"text":)" + odd)), R"("from":{"id":"c"},"text":)" + odd);
}

TEST(PublishFrame, FramesThatCannotBeUsedSayWhy) {
  const auto publish = [](std::string_view members) { return R"({"op":"publish",)" + std::string{members} + '}'; };
  EXPECT_EQ(reason_of(publish(R"("messages":[])")), "seq is missing");
  EXPECT_EQ(reason_of(publish(R"("seq":1)")), "messages is missing");
  for (const auto& seq : {"\"1\""s, "-1"s, "1.5"s, "1e3"s, "18446744073709551616"s, "null"s, "[]"s})
    EXPECT_EQ(reason_of(publish(R"("messages":[],"seq":)" + seq)), "seq is not a whole number") << seq;
  EXPECT_EQ(published(publish(R"("messages":[],"seq":18446744073709551615)"))->seq, 18446744073709551615u);
  EXPECT_EQ(reason_of(publish(R"("seq":1,"messages":{})")), "messages is not an array");
  EXPECT_EQ(reason_of(publish(R"("seq":1,"messages":[7])")), "/messages/0: a message is not an object");
  EXPECT_EQ(reason_of(publish_of(good() + ',' + good() + ",{}")), "/messages/2/id: a message has no usable id");
  EXPECT_EQ(reason_of(publish(R"("seq":1,"messages":[],"offset":7)")), "offset is not a string");
  for (const auto& id : {R"(7)"s, R"("")"s, R"(null)"s, R"("a\u0007")"s, R"("\ud800")"s})
    EXPECT_EQ(reason_of(publish_of(R"({"id":)" + id + R"(,"from":{"id":"c"},"text":"x"})")),
              "/messages/0/id: a message has no usable id")
        << id;
  EXPECT_EQ(reason_of(publish_of(R"({"from":{"id":"c"},"text":"x"})")), "/messages/0/id: a message has no usable id");
  std::string many = good();
  for (std::size_t i = 1; i < publish_messages_max; ++i) many += ',' + good();
  EXPECT_EQ(published(publish_of(many))->messages.size(), publish_messages_max);
  EXPECT_EQ(reason_of(publish_of(many + ',' + good())), "too many messages in one frame");
}

TEST(PublishFrame, WhatIsNotJsonIsRefusedWhereverItStands) {
  for (const auto& bytes :
       {""s,
        "{"s,
        "null"s,
        "[]"s,
        "7"s,
        "\"hello\""s,
        "{}{}"s,
        "\0"s,
        R"({"op":"publish","seq":1,"messages":[]} trailing)"s,
        R"({"op":"publish","seq":1,"messages":[],})"s,
        R"({"op":"publish","seq":1,"messages":[)"s,
        R"({"op":"publish" "seq":1,"messages":[]})"s,
        R"({"op":"publish","seq":01,"messages":[]})"s,
        R"({"op":"publish","seq":1,"messages":[],"x":tru})"s,
        R"({"op":"publish","seq":1,"messages":[],"x":[}})"s,
        R"({"op":"publish","seq":1,"messages":[],"x":"\x"})"s,
        R"({"op":"publish","seq":1,"messages":[],"x":"\u12"})"s,
        R"({"op":"publish","seq":1,"messages":[],"x":"a":1}})"s,
        R"({"op":"publish","seq":1,"messages":[],"x":-})"s,
        R"({"op":"publish","seq":1,"messages":[],"x":1.})"s,
        "{\"op\":\"publish\",\"seq\":1,\"messages\":[],\"x\":\"\n\"}"s,
        "{\"op\":\"publish\",\"seq\":1,\"messages\":[],\"x\":\"\xff\"}"s,
        std::string(100'000, '['),
        R"({"op":)"s + std::string(100'000, '['),
        R"({"op":"publish","seq":1,"messages":[],"x":)" + std::string(200, '[') + std::string(200, ']') + "}"})
    EXPECT_FALSE(reason_of(bytes).empty()) << bytes.substr(0, 100);
  EXPECT_TRUE(reason_of(R"({"op":"publish","seq":1,"messages":[],"x":123456789012345678901234567890e999})").empty());
  EXPECT_TRUE(reason_of(R"({"op":"publish","seq":1,"messages":[],"x":[[],{"a":{"b":[true,false,null,-0.5e+7,"\ud83e\ude91"]}}]})")
                  .empty());
}

TEST(PublishFrame, EveryTruncationIsRefused) {
  const auto whole = publish_of(
      good() + ',' + with(R"("from":{"id":"c"},"text":"x","attachments":[{"name":"a","type":"t","size":1,"data":""}])"));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(reason_of(whole.substr(0, size)).empty()) << size;
  EXPECT_TRUE(reason_of(whole).empty());
}

/// Whatever a single byte becomes, the reader agrees with a parser that isn't ours on what is JSON.
TEST(PublishFrame, EveryChangedByteIsJudgedLikeByAnotherParser) {
  const auto whole = publish_of(with(R"("from":{"id":"c"},"text":"a\n\u00e9","at":null,"n":[1,-2.5e3,true,{"k":"v"}])"));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char to : {'"', '{', '}', '[', ']', ',', ':', '\\', '0', 'e', ' ', '\n', '\0', '\xff', 'x'}) {
      auto changed = whole;
      changed[at] = to;
      boost::system::error_code error;
      const auto parsed = json::parse(changed, error);
      const auto reason = reason_of(changed);
      if (error) {
        const bool lone_surrogate =
            error == json::error::illegal_leading_surrogate || error == json::error::illegal_trailing_surrogate;
        EXPECT_TRUE(!reason.empty() || lone_surrogate) << changed;
      } else {
        EXPECT_NE(reason, "not JSON") << changed;
      }
    }
  }
}

TEST(StatusFrame, StatusesAreRead) {
  auto frame = read(R"({"op":"status","statuses":[{"id":"msg_0000000000001","status":"failed","error":"unknown number"},)"
                    R"({"id":"msg_0000000000002","status":"read"}]})");
  const auto& all = std::get<connector_status>(frame).statuses;
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].message, message_id{1});
  EXPECT_EQ(all[0].status, message_status::failed);
  EXPECT_EQ(all[0].error, "unknown number");
  EXPECT_EQ(all[1].status, message_status::read);
}

TEST(StatusFrame, WrongOnesAreBadFrames) {
  for (const auto& bytes :
       {R"({"op":"status"})", R"({"op":"status","statuses":7})", R"({"op":"status","statuses":[7]})",
        R"({"op":"status","statuses":[{"id":"msg_0000000000001","status":"eaten"}]})",
        R"({"op":"status","statuses":[{"id":"msg_0000000000001","status":"accepted"}]})",
        R"({"op":"status","statuses":[{"id":"msg_1","status":"sent"}]})", R"({"op":"status","statuses":[{"status":"sent"}]})"})
    EXPECT_FALSE(reason_of(bytes).empty()) << bytes;
}

TEST(PublishBody, A47_TheNewestPartOfAnEmailIsMarkedAndTheWholeKept) {
  const std::vector<channel_id> all{mine, other}, mail{mine};
  const auto body_of = [&](channel_id on, const std::string& content) {
    auto out = read_publish_body(
        R"({"messages":[{"channel":")" + to_text(on) + R"(","thread":"t","id":"1","from":{"id":"c"},)" + content + "}]}",
        {all, std::nullopt, mail});
    const auto& frame = std::get<frame_pointer>(out);
    EXPECT_EQ(frame->results[0].status, publish_status::pending) << content;
    return std::string{frame->messages[0].body};
  };
  const std::string quoting = R"("text":"Thanks\u0021 \"Bo\"\n\nAda wrote:\n> Hello","html":"<p>Thanks!</p>")";
  EXPECT_EQ(body_of(mine, quoting), R"("from":{"id":"c"},"text":"Thanks\u0021 \"Bo\"\n\nAda wrote:\n> Hello",)"
                                    R"("newest":"Thanks! \"Bo\"","html":"<p>Thanks!</p>")");
  EXPECT_EQ(body_of(other, quoting), R"("from":{"id":"c"},)" + quoting) << "no e-mail";
  EXPECT_EQ(body_of(mine, R"("text":"Thanks!")"), R"("from":{"id":"c"},"text":"Thanks!")") << "nothing older";
  EXPECT_EQ(body_of(mine, R"("text":"> all of it")"), R"("from":{"id":"c"},"text":"> all of it")") << "nothing newer";
}

TEST(PublishBody, TheChannelOfThePathIsMeantWhenNoneIsNamed) {
  const std::vector<channel_id> only{mine};
  const publish_scope path{only, mine};
  auto read_body = [&](std::string body) { return read_publish_body(std::move(body), path); };
  auto out = read_body(R"({"messages":[{"thread":"t","id":"1","from":{"id":"c"},"text":"x"},{"channel":")" + to_text(other) +
                       R"(","thread":"t","id":"2","from":{"id":"c"},"text":"x"}]})");
  const auto& frame = std::get<frame_pointer>(out);
  EXPECT_EQ(frame->messages[0].channel, mine);
  EXPECT_EQ(frame->results[0].status, publish_status::pending);
  EXPECT_EQ(frame->results[1].code, refusal_code::not_found);
  const auto refused = [&](std::string body) {
    auto result = read_body(std::move(body));
    const auto* no = std::get_if<refusal>(&result);
    return no ? std::string{to_text(no->code)} + (no->errors.empty() ? "" : no->errors[0].pointer) : "";
  };
  EXPECT_EQ(refused("{"), "invalid");
  EXPECT_EQ(refused("[]"), "invalid");
  EXPECT_EQ(refused("{}"), "invalid/messages");
  EXPECT_EQ(refused(R"({"messages":7})"), "invalid/messages");
  EXPECT_EQ(refused(R"({"messages":[{}]})"), "invalid/messages/0/id");
  EXPECT_EQ(refused(R"({"messages":[)" + good() + ',' + good() + ",7]}"), "invalid/messages/2");
  std::string many;
  for (std::size_t i = 0; i <= publish_messages_max; ++i) many += (i ? "," : "") + good();
  EXPECT_EQ(refused(R"({"messages":[)" + many + "]}"), "too_large");
}

}  // namespace
}  // namespace signalbox
