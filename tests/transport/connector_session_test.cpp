#include <algorithm>
#include <boost/json/serialize.hpp>

#include "tests/transport/server_rig.hpp"

namespace signalbox {
namespace {

using connector_socket = server_rig;

constexpr std::string_view hello = R"({"op":"hello","token":"connector-token","connector":"test/1"})";

TEST_F(connector_socket, WelcomeTellsTheLimitsAndEachChannelWithItsOffset) {
  edge.offsets[acme.second] = "page \"7\"";
  serve();
  auto client = connector();
  EXPECT_EQ(text_at(welcome, "/op"), "\"welcome\"");
  EXPECT_EQ(text_at(welcome, "/credit"), "4096");
  EXPECT_EQ(text_at(welcome, "/max_batch"), "512");
  EXPECT_EQ(text_at(welcome, "/max_frame"), "1048576");
  EXPECT_EQ(text_at(welcome, "/channels/0"),
            R"({"id":")" + to_text(acme.first) + R"(","name":"first","type":"custom","on":true,"offset":null})");
  EXPECT_EQ(text_at(welcome, "/channels/1/offset"), R"("page \"7\"")");
}

TEST_F(connector_socket, TokensThatMayNotCloseWithTheirCode) {
  edge.tokens["no-channels"] = {acme.account, std::nullopt, token_id{50}, {}};
  edge.tokens["gone-channels"] = {acme.account, std::nullopt, token_id{51}, {channel_id{1}}};
  serve();
  const auto code_of = [&](std::string_view token) {
    auto client = socket_client::connector(running->port());
    client.text(R"({"op":"hello","token":")" + std::string{token} + "\"}");
    return client.close_code();
  };
  EXPECT_EQ(code_of("nonsense"), 4401);
  EXPECT_EQ(code_of(""), 4401);
  EXPECT_EQ(code_of("ada-token"), 4403);
  EXPECT_EQ(code_of("operator-token"), 4403);
  EXPECT_EQ(code_of("no-channels"), 4403);
  EXPECT_EQ(code_of("gone-channels"), 4403);
  expect_others_untouched();
}

TEST_F(connector_socket, FramesOutOfTurnOrShapeCloseWith4400) {
  serve();
  for (const auto& frame :
       {std::string{hello}, std::string{"{"}, std::string{}, std::string{"[]"}, std::string{R"({"op":"dance"})"},
        std::string{R"({"op":"publish","seq":1})"}, publish(1, {"{}"}), std::string(100'000, '[')})
    EXPECT_EQ(connector_code_after(frame), 4400) << frame.substr(0, 60);
  for (const auto& frame :
       {publish(1, {message("early")}), std::string{R"({"op":"status","statuses":[]})"}, std::string{R"({"op":"hello"})"},
        std::string{R"({"op":"hello","token":7})"}, std::string{R"({"op":"hello","token":"connector-token","connector":7})"}}) {
    auto client = socket_client::connector(running->port());
    client.text(frame);
    EXPECT_EQ(client.close_code(), 4400) << frame;
    EXPECT_FALSE(client.close_reason.empty());
  }
  EXPECT_TRUE(edge.published.empty());
  EXPECT_GT(sample(R"(signalbox_bad_frames_total{kind="connector"})"), 0) << counted.exposition();
  expect_others_untouched();
}

TEST_F(connector_socket, ASeqThatDoesNotRiseCloses) {
  edge.hold_publishes = true;
  serve();
  for (const auto second : {5, 4}) {
    auto client = connector();
    client.text(publish(5, {message("a")}));
    client.text(publish(second, {message("b")}));
    EXPECT_EQ(client.close_code(), 4400);
  }
  EXPECT_EQ(edge.published.size(), 2u) << "the second of each was not taken";
}

TEST_F(connector_socket, BrokenFramingClosesAndTouchesNobodyElse) {
  serve();
  auto binary = connector();
  binary.binary("\xff");
  EXPECT_EQ(binary.close_code(), 4400);
  auto unmasked = connector();
  unmasked.raw.send(socket_client::frame(0x1, "{}", false));
  EXPECT_EQ(unmasked.close_code(), 1002);
  auto reserved = connector();
  reserved.raw.send(socket_client::frame(0x5, "{}"));
  EXPECT_EQ(reserved.close_code(), 1002);
  auto garbled = connector();
  garbled.text("{\"op\":\"\xff\"}");
  EXPECT_EQ(garbled.close_code(), 1007);
  auto large = connector();
  large.text(R"({"op":"publish","seq":1,"messages":[],"x":")" + std::string(frame_bytes_max, 'x') + "\"}");
  EXPECT_EQ(large.close_code(), 1009);
  auto control = connector();
  control.raw.send(socket_client::frame(0x9, std::string(126, 'p')));
  EXPECT_EQ(control.close_code(), 1002);
  expect_others_untouched();
}

TEST_F(connector_socket, FramesMayComeInPiecesOfAnySize) {
  serve();
  auto client = connector();
  client.raw.send_slowly(socket_client::frame(0x1, publish(1, {message("slow")})));
  EXPECT_EQ(text_at(client.read(), "/seq"), "1");
  const auto whole = publish(2, {message("split"), message("again")});
  client.raw.send(socket_client::frame(0x1, whole.substr(0, 1), true, false));
  for (std::size_t at = 1; at + 1 < whole.size(); ++at)
    client.raw.send(socket_client::frame(0x0, whole.substr(at, 1), true, false));
  client.raw.send(socket_client::frame(0x0, whole.substr(whole.size() - 1)));
  const auto ack = client.read();
  EXPECT_EQ(text_at(ack, "/seq"), "2");
  EXPECT_EQ(text_at(ack, "/credit"), "2");
}

TEST_F(connector_socket, AHelloThatNeverComesClosesWith4400) {
  options.limits.hello_within = milliseconds{30};
  serve();
  auto client = socket_client::connector(running->port());
  EXPECT_EQ(client.close_code(), 4400);
}

TEST_F(connector_socket, WhatWasPublishedReachesTheEdgeWhole) {
  serve();
  auto client = connector();
  client.text(R"({"op":"publish","seq":3,"offset":"o","messages":[)" + message("a") + "]}");
  client.read();
  ASSERT_EQ(edge.published.size(), 1u);
  const auto& frame = *edge.published[0];
  EXPECT_EQ(frame.account, acme.account);
  EXPECT_EQ(frame.connector, acme.connector);
  EXPECT_EQ(frame.offset, "o");
  EXPECT_GT(frame.received_ns, 0u);
  EXPECT_GT(frame.received_at, earliest_time);
}

TEST_F(connector_socket, AnAckNamesOnlyWhatWasNotSimplyAcceptedInOrder) {
  edge.on_publish = [](inbound_frame& frame) {
    for (std::size_t i = 0; i < frame.messages.size(); ++i) {
      auto& result = frame.results[i];
      const auto id = frame.messages[i].external_id;
      if (result.status == publish_status::rejected) continue;
      result.status = id == "dup" ? publish_status::duplicate : id == "off" ? publish_status::dropped : publish_status::accepted;
      if (id == "dup") result.message = message_id{1};
    }
  };
  serve();
  auto client = connector();
  auto foreign = message("foreign");
  foreign.replace(foreign.find("chn_"), 17, "chn_0000000000001");
  client.text(publish(9, {message("ok"), message("dup"), foreign, message("off"), message("bad", R"(,"at":7)"), message("dup")}));
  const auto ack = client.read();
  EXPECT_EQ(text_at(ack, "/credit"), "6");
  EXPECT_EQ(
      text_at(ack, "/results"),
      R"([{"id":"dup","status":"duplicate","message":"msg_0000000000001"},{"id":"foreign","status":"rejected","code":"not_found",)"
      R"("pointer":"/channel","detail":"doesn't exist, or isn't this token's"},{"id":"off","status":"dropped"},)"
      R"({"id":"bad","status":"rejected","code":"invalid","pointer":"/at","detail":"must be a time as in RFC 3339"},)"
      R"({"id":"dup","status":"duplicate","message":"msg_0000000000001"}])");
}

TEST_F(connector_socket, AFrameOfRejectedMessagesIsAckedWithoutTheEdge) {
  serve();
  auto client = connector();
  client.text(publish(1, {message("bad", R"(,"at":7)")}));
  EXPECT_EQ(text_at(client.read(), "/results/0/status"), "\"rejected\"");
  client.text(publish(2, {}));
  EXPECT_EQ(text_at(client.read(), "/credit"), "0");
  EXPECT_TRUE(edge.published.empty());
  client.text(R"({"op":"publish","seq":3,"offset":"o","messages":[]})");
  EXPECT_EQ(text_at(client.read(), "/seq"), "3");
  EXPECT_EQ(edge.published.size(), 1u) << "an offset is kept even alone";
}

TEST_F(connector_socket, FramesAnsweredOutOfOrderAreAckedInOrderAndTogether) {
  edge.hold_publishes = true;
  serve();
  auto client = connector();
  for (const auto seq : {10, 20, 30, 40})
    client.text(publish(seq, {message("m" + std::to_string(seq)), message("n" + std::to_string(seq))}));
  edge.wait_until([&] { return edge.published.size() == 4; });
  edge.answer_publish(2);
  edge.answer_publish(1);
  edge.answer_publish(0);
  std::uint64_t credit = 0, seq = 0;
  while (seq != 30) {
    const auto ack = client.read();
    const auto now = std::stoull(text_at(ack, "/seq"));
    EXPECT_GT(now, seq);
    seq = now;
    credit += std::stoull(text_at(ack, "/credit"));
    if (seq == 30) {
      EXPECT_EQ(credit, 6u);
    }
  }
  edge.answer_publish(3);
  EXPECT_EQ(text_at(client.read(), "/seq"), "40");
}

TEST_F(connector_socket, NothingIsAckedBeforeTheFirstFrameIs) {
  edge.hold_publishes = true;
  serve();
  auto client = connector();
  client.text(publish(1, {message("a")}));
  client.text(publish(2, {message("b")}));
  edge.wait_until([&] { return edge.published.size() == 2; });
  edge.answer_publish(1);
  const auto sink = edge.any_connector();
  sink->channel_changed(*edge.configuration(acme.account)->channels.find(acme.first));
  EXPECT_EQ(text_at(client.read(), "/op"), "\"channel\"") << "no ack was due before it";
  edge.answer_publish(0);
  const auto ack = client.read();
  EXPECT_EQ(text_at(ack, "/seq"), "2");
  EXPECT_EQ(text_at(ack, "/credit"), "2");
}

TEST_F(connector_socket, BeyondTheCreditItIsNotRead) {
  options.limits.credit = 4;
  edge.hold_publishes = true;
  serve();
  auto client = connector();
  EXPECT_EQ(text_at(welcome, "/credit"), "4");
  client.text(publish(1, {message("a"), message("b"), message("c")}));
  client.text(publish(2, {message("d"), message("e")}));
  client.text(publish(3, {message("f")}));
  edge.wait_until([&] { return edge.published.size() == 2; });
  auto other = agent();
  other.text(R"({"op":"close","ref":"r","conversation":"cnv_0000000000001"})");
  EXPECT_EQ(text_at(other.read(), "/ok"), "true") << "only this socket waits";
  EXPECT_EQ(edge.published.size(), 2u);
  edge.answer_publish(0);
  edge.answer_publish(1);
  edge.wait_until(
      [&] { return std::any_of(edge.published.begin(), edge.published.end(), [](const auto& f) { return f->seq == 3; }); });
}

TEST_F(connector_socket, AtTwiceTheCreditItIsClosedUnpublished) {
  options.limits.credit = 4;
  edge.hold_publishes = true;
  serve();
  auto client = connector();
  client.text(publish(1, {message("a"), message("b"), message("c")}));
  client.text(publish(2, {message("d"), message("e"), message("f"), message("g"), message("h")}));
  EXPECT_EQ(client.close_code(), 4429);
  EXPECT_EQ(edge.published.size(), 1u);
  edge.wait_until([&] { return edge.detached == 1; });
  edge.answer_publish(0);
  EXPECT_EQ(sample("signalbox_unacknowledged_messages"), 0);
}

TEST_F(connector_socket, DeliveriesGoOutTogetherAndStatusesComeBack) {
  serve();
  auto client = connector();
  edge.wait_until([&] { return edge.attached == 1; });
  std::vector<delivery> all;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    delivery one;
    one.message = {i};
    one.channel = acme.first;
    one.thread = "t\"";
    one.to_id = "c";
    one.to_email = i == 2 ? "c@example.org" : "";
    one.body = R"("text":"yes","html":"<b>")";
    one.attempt = static_cast<std::uint32_t>(i);
    all.push_back(one);
  }
  edge.any_connector()->deliver(all);
  const auto frame = client.read();
  EXPECT_EQ(text_at(frame, "/op"), "\"deliver\"");
  EXPECT_EQ(frame.at("messages").as_array().size(), 3u);
  EXPECT_EQ(text_at(frame, "/messages/1"),
            R"({"id":"msg_0000000000002","channel":")" + to_text(acme.first) +
                R"(","thread":"t\"","to":{"id":"c","email":"c@example.org"},"text":"yes","html":"<b>","attempt":2})");
  client.text(
      R"({"op":"status","statuses":[{"id":"msg_0000000000001","status":"sent"},{"id":"msg_0000000000002","status":"failed","error":"no"}]})");
  edge.wait_until([&] { return edge.reported.size() == 2; });
  EXPECT_EQ(edge.reported[1].message, message_id{2});
  EXPECT_EQ(edge.reported[1].error, "no");
}

TEST_F(connector_socket, DeliveriesThatAreNotReadCloseWith4408) {
  options.limits.connector_backlog_bytes_max = 100'000;
  serve();
  auto client = socket_client{running->port(), "/v1/connect", "signalbox.connect.v1", 4096};
  client.text(hello);
  client.read();
  edge.wait_until([&] { return edge.attached == 1; });
  delivery one;
  one.body = R"("text":")" + std::string(50'000, 'x') + '"';
  const auto sink = edge.any_connector();
  for (int i = 0; i < 400; ++i) sink->deliver({one});
  EXPECT_EQ(client.close_code(), 4408);
  expect_others_untouched();
}

TEST_F(connector_socket, AChannelThatChangesOrGoesIsTold) {
  serve();
  auto client = connector();
  edge.wait_until([&] { return edge.attached == 1; });
  auto now = *edge.configuration(acme.account)->channels.find(acme.first);
  now.on = false;
  now.name = "renamed";
  edge.any_connector()->channel_changed(now);
  EXPECT_EQ(json::serialize(client.read()),
            R"({"op":"channel","id":")" + to_text(acme.first) + R"(","on":false,"name":"renamed"})");
  edge.any_connector()->channel_gone(acme.first);
  EXPECT_EQ(json::serialize(client.read()),
            R"({"op":"channel","id":")" + to_text(acme.first) + R"(","on":false,"name":"renamed"})");
  client.text(publish(1, {message("a")}));
  EXPECT_EQ(text_at(client.read(), "/results/0/code"), "\"not_found\"");
}

TEST_F(connector_socket, EachReasonToCloseHasItsCode) {
  serve();
  const std::vector<std::pair<close_reason, int>> codes{{close_reason::going_away, 1001},   {close_reason::restarting, 1012},
                                                        {close_reason::unauthorised, 4401}, {close_reason::forbidden, 4403},
                                                        {close_reason::replaced, 4409},     {close_reason::too_slow, 4408}};
  std::uint64_t rounds = 0;
  for (const auto& [why, code] : codes) {
    auto client = connector();
    ++rounds;
    edge.wait_until([&] { return edge.attached == rounds; });
    edge.any_connector()->close(why);
    EXPECT_EQ(client.close_code(), code);
    edge.wait_until([&] { return edge.detached == rounds; });
  }
}

TEST_F(connector_socket, ASocketThatBreaksIsDetachedAndItsFramesMayStillBeAnswered) {
  edge.hold_publishes = true;
  serve();
  {
    auto client = connector();
    client.text(publish(1, {message("a")}));
    edge.wait_until([&] { return edge.published.size() == 1; });
    client.raw.abort();
  }
  edge.wait_until([&] { return edge.detached == 1; });
  edge.answer_publish(0);
  wait_until_alone();
  EXPECT_EQ(sample("signalbox_unacknowledged_messages"), 0);
}

TEST_F(connector_socket, GoingDownDrainsThenAcksThenCloses) {
  edge.hold_publishes = true;
  serve();
  auto client = connector();
  client.text(publish(1, {message("a")}));
  edge.wait_until([&] { return edge.published.size() == 1; });
  std::thread ending{[&] { running->stop(); }};
  EXPECT_EQ(text_at(client.read(), "/op"), "\"drain\"");
  edge.answer_publish(0);
  EXPECT_EQ(text_at(client.read(), "/seq"), "1");
  EXPECT_EQ(client.close_code(), 1012);
  ending.join();
  EXPECT_EQ(running->connections(), 0u);
}

TEST_F(connector_socket, GoingDownEndsBesideSocketsThatNeverAnswer) {
  options.limits.flush_within = milliseconds{30};
  options.limits.goodbye_within = milliseconds{30};
  edge.hold_publishes = true;
  serve();
  auto never_acked = connector();
  never_acked.text(publish(1, {message("a")}));
  edge.wait_until([&] { return edge.published.size() == 1; });
  auto silent = socket_client::connector(running->port());
  running->stop();
  EXPECT_EQ(running->connections(), 0u);
}

TEST_F(connector_socket, AHalfOpenPeerIsNoticed) {
  options.limits.idle_ping = milliseconds{30};
  serve();
  auto half_open = connector();  // never reads again, so never answers a ping
  edge.wait_until([&] { return edge.detached == 1; });
  wait_until_alone();
}

TEST_F(connector_socket, APeerThatAnswersPingsStays) {
  options.limits.idle_ping = milliseconds{20};
  serve();
  auto client = connector();
  for (int pings = 0; pings < 5;) {
    const auto head = client.raw.receive_exactly(2);
    ASSERT_EQ(static_cast<unsigned char>(head[0]), 0x89) << "a ping";
    const auto payload = client.raw.receive_exactly(static_cast<unsigned char>(head[1]));
    client.raw.send(socket_client::frame(0xA, payload));
    ++pings;
  }
  client.text(publish(1, {message("a")}));
  EXPECT_EQ(text_at(client.read(), "/seq"), "1");
}

TEST_F(connector_socket, BeingPausedByCreditIsNotSilence) {
  options.limits.credit = 2;
  options.limits.idle_ping = milliseconds{50};
  edge.hold_publishes = true;
  serve();
  auto client = connector();
  client.text(publish(1, {message("a"), message("b"), message("c")}));
  edge.wait_until([&] { return edge.published.size() == 1; });
  std::this_thread::sleep_for(milliseconds{400});  // eight times what makes a silent peer suspicious
  edge.answer_publish(0);
  EXPECT_EQ(text_at(client.read(), "/credit"), "3");
  client.text(publish(2, {message("d")}));
  edge.wait_until([&] { return edge.published.size() == 2; });
  edge.answer_publish(1);
  EXPECT_EQ(text_at(client.read(), "/seq"), "2");
  wait_until_alone();  // which it is, once it is read again and still says nothing
}

}  // namespace
}  // namespace signalbox
