#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {

namespace {

class Inbound : public api_rig {
protected:
  static std::string message(std::string_view id, std::string_view more = "") {
    return R"({"thread":"t","id":")" + std::string{id} + R"(","from":{"id":"v"},"text":"hello")" + std::string{more} + "}";
  }
  told publish(std::string_view token, std::string messages) {
    return ask(token, "POST", path("/v1/channels/", acme.first, "/messages"), R"({"messages":[)" + std::move(messages) + "]}");
  }
};

TEST_F(Inbound, EveryMessageGetsItsResultInOrder) {
  edge.on_publish = [](inbound_frame& frame) {
    frame.results.at(0) = {publish_status::accepted, message_id{1}, conversation_id{2}, {}};
    frame.results.at(1) = {publish_status::duplicate, message_id{1}, std::nullopt, {}};
    frame.results.at(3) = {publish_status::dropped, std::nullopt, std::nullopt, {}};
  };
  const auto done =
      publish("connector-token", message("a") + ',' + message("a") + ',' + message("b", R"(,"text":7)") + ',' + message("c"));
  ASSERT_EQ(done.status(), 200) << done.answer.body;
  EXPECT_EQ(done.at("/results/0/id"), "a");
  EXPECT_EQ(done.at("/results/0/status"), "accepted");
  EXPECT_EQ(done.at("/results/0/message"), to_text(message_id{1}));
  EXPECT_EQ(done.at("/results/0/conversation"), to_text(conversation_id{2}));
  EXPECT_EQ(done.at("/results/1/status"), "duplicate");
  EXPECT_EQ(done.at("/results/2/status"), "rejected");
  EXPECT_EQ(done.at("/results/2/code"), "invalid");
  EXPECT_EQ(done.at("/results/2/pointer"), "/text");
  EXPECT_EQ(done.at("/results/2/detail"), "must be a string of Unicode");
  EXPECT_EQ(done.at("/results/0/detail"), "absent");
  EXPECT_EQ(done.at("/results/3/status"), "dropped");
  EXPECT_EQ(done.body().at("results").as_array().size(), 4u);
}

TEST_F(Inbound, TheFrameSaysWhoseItIs) {
  publish("connector-token", message("a"));
  ASSERT_EQ(edge.published.size(), 1u);
  const auto& frame = *edge.published.front();
  EXPECT_EQ(frame.account, acme.account);
  EXPECT_EQ(frame.connector, edge.tokens.at("connector-token").token);
  EXPECT_EQ(frame.received_at, now);
  EXPECT_GT(frame.received_ns, 0u);
  EXPECT_FALSE(frame.has_offset);
  EXPECT_EQ(frame.messages.at(0).channel, acme.first);
  EXPECT_EQ(frame.messages.at(0).body, R"("from":{"id":"v"},"text":"hello")");
}

TEST_F(Inbound, AMessageMayNameThePathsChannelAndNoOther) {
  const auto done = publish("connector-token", message("a", R"(,"channel":")" + to_text(acme.first) + '"') + ',' +
                                                   message("b", R"(,"channel":")" + to_text(acme.second) + '"'));
  EXPECT_EQ(done.at("/results/0/status"), "accepted");
  EXPECT_EQ(done.at("/results/1/status"), "rejected");
  EXPECT_EQ(done.at("/results/1/code"), "not_found");
}

TEST_F(Inbound, WhatTheRouterDidNotTakeSaysWhatToDo) {
  edge.on_publish = [](inbound_frame& frame) {
    frame.results.at(0) = {publish_status::rejected, std::nullopt, std::nullopt, refusal_code::unavailable};
    frame.results.at(2) = {publish_status::rejected, std::nullopt, std::nullopt, refusal_code::not_found};
  };
  const auto done = publish("connector-token", message("a") + ',' + message("b", R"(,"at":7)") + ',' + message("c"));
  EXPECT_EQ(done.at("/results/0/code"), "unavailable");
  EXPECT_EQ(done.at("/results/0/detail"), "was not taken: send it again");
  EXPECT_EQ(done.at("/results/0/pointer"), "absent") << "nothing in the message is wrong";
  EXPECT_EQ(done.at("/results/1/pointer"), "/at");
  EXPECT_EQ(done.at("/results/2/pointer"), "/channel") << "deleted since";
}

TEST_F(Inbound, AFaultThatRefusesTheBatchSaysWhichMessageItIsIn) {
  EXPECT_EQ(publish("connector-token", message("a") + ',' + message("b") + R"(,{"thread":"t"})").pointers(),
            std::vector<std::string>{"/messages/2/id"});
  EXPECT_EQ(publish("connector-token", message("a") + ",7").pointers(), std::vector<std::string>{"/messages/1"});
  EXPECT_TRUE(edge.published.empty());
}

TEST_F(Inbound, NothingAtAllIsFine) {
  const auto done = publish("connector-token", "");
  EXPECT_EQ(done.status(), 200);
  EXPECT_EQ(done.answer.body, R"({"results":[]})");
}

TEST_F(Inbound, WhatCannotBeReadIsRefusedAsAWhole) {
  const auto where = path("/v1/channels/", acme.first, "/messages");
  for (const auto* body : {"{}", R"({"messages":7})", R"({"messages":{}})", R"({"messages":[7]})", R"({"messages":[{}]})",
                           R"({"messages":[],"messages":[]})", R"({"messages":[}])"}) {
    const auto no = ask("connector-token", "POST", where, body);
    EXPECT_EQ(no.status(), 422) << body;
    EXPECT_EQ(no.code(), "invalid") << body;
  }
  std::string many = message("m");
  for (int i = 0; i < 512; ++i) many += ',' + message("m");
  EXPECT_EQ(publish("connector-token", many).code(), "too_large");
  EXPECT_TRUE(edge.published.empty());
}

TEST_F(Inbound, AConnectorServesTheChannelsOfItsTokenOnly) {
  auto& token = edge.tokens.at("connector-token");
  token.channels = {acme.second};
  EXPECT_EQ(publish("connector-token", message("a")).status(), 404);
  token.channels = {acme.first};
  EXPECT_EQ(publish("connector-token", message("a")).status(), 200);
  EXPECT_EQ(ask("connector-token", "POST", "/v1/channels/nonsense/messages", R"({"messages":[]})").status(), 404);
  change(delete_channel{acme.first});
  EXPECT_EQ(publish("connector-token", message("a")).status(), 404);
}

TEST_F(Inbound, UsersPublishWhereTheyMayActOrWhatTheyAdminister) {
  EXPECT_EQ(publish("ben-token", message("a")).status(), 200);
  change(set_access{acme.inbox, {access_mode::specific, {acme.ben}, {}, 1}, std::nullopt});
  EXPECT_EQ(publish("ben-token", message("a")).status(), 200);
  EXPECT_EQ(publish("ada-token", message("a")).status(), 200) << "administers";
  change(set_access{acme.inbox, {access_mode::specific, {acme.ada}, {}, 1}, std::nullopt});
  EXPECT_EQ(publish("ben-token", message("a")).code(), "access_denied");
}

TEST_F(Inbound, TheAnswerComesWhenItIsDurableNotBefore) {
  edge.hold_publishes = true;
  bool answered = false;
  http_request_view request;
  request.method = "POST";
  request.path = {"v1", "channels", to_text(acme.first), "messages"};
  request.headers = {{"Authorization", "Bearer connector-token"}, {"Content-Type", "application/json"}};
  request.body = R"({"messages":[)" + message("a") + "]}";
  api.handle(std::move(request), [&](const http_answer& answer) {
    answered = true;
    EXPECT_EQ(answer.status, 200);
  });
  EXPECT_FALSE(answered);
  edge.answer_publish(0);
  EXPECT_TRUE(answered);
}

}  // namespace

}  // namespace signalbox
