#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/transport/server_rig.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox {
namespace {

using agent_socket = server_rig;

agent_event event_at(std::uint64_t cursor, const std::shared_ptr<const std::string>& body) {
  agent_event out;
  out.cursor = cursor;
  out.prev = cursor - 1;
  out.what.kind = event_kind::message;
  out.what.conversation = {3};
  out.what.message = {cursor};
  out.what.body = *body;
  out.keep = body;
  return out;
}

std::shared_ptr<const std::string> body_of(std::size_t bytes) {
  return std::make_shared<const std::string>(R"("from":{"id":"c"},"text":")" + std::string(bytes, 'x') + '"');
}

std::string cursor_text(std::uint64_t position) {
  std::string out;
  append_id_digits(out, position);
  return out;
}

TEST_F(agent_socket, WelcomeTellsTheUserTheCursorAndWhatIsOpen) {
  edge.on_attach_agent = [&](const principal& who, std::optional<std::uint64_t>) {
    agent_greeting out;
    out.who = *edge.configurations.at(*who.account)->users.find(*who.user);
    out.cursor = 33;
    out.availability = {presence::available, presence_reason::manual, std::nullopt};
    conversation open;
    open.id = {3};
    out.open = {open, open};
    return out;
  };
  serve();
  auto client = agent();
  EXPECT_EQ(text_at(welcome, "/op"), "\"welcome\"");
  EXPECT_EQ(text_at(welcome, "/user/first_name"), "\"Ben\"");
  EXPECT_EQ(text_at(welcome, "/cursor"), "\"0000000000011\"");
  EXPECT_EQ(text_at(welcome, "/resumed"), "false");
  EXPECT_EQ(text_at(welcome, "/reason"), "absent");
  EXPECT_EQ(text_at(welcome, "/availability/status"), "\"available\"");
  EXPECT_EQ(text_at(welcome, "/open/1/id"), "\"cnv_0000000000003\"");
}

TEST_F(agent_socket, ACursorIsResumedFromOrSaidToBeTooOld) {
  serve();
  auto resuming = agent("ben-token", R"(,"cursor":"0000000000011")");
  EXPECT_EQ(text_at(welcome, "/resumed"), "true");
  EXPECT_EQ(edge.agent_cursors.begin()->second, 33u);
  for (const auto& garbage : {"", "nonsense", "-1", "18446744073709551615"}) {
    auto lost = agent("ben-token", R"(,"cursor":")" + std::string{garbage} + '"');
    EXPECT_EQ(text_at(welcome, "/resumed"), "false");
    EXPECT_EQ(text_at(welcome, "/reason"), "\"cursor_too_old\"");
  }
}

TEST_F(agent_socket, TokensThatMayNotCloseWithTheirCode) {
  serve();
  const auto code_of = [&](std::string_view token) {
    auto client = socket_client::agent(running->port());
    client.text(R"({"op":"hello","token":")" + std::string{token} + "\"}");
    return client.close_code();
  };
  EXPECT_EQ(code_of("nonsense"), 4401);
  EXPECT_EQ(code_of("connector-token"), 4403);
  EXPECT_EQ(code_of("operator-token"), 4403);
  expect_others_untouched();
}

TEST_F(agent_socket, FramesOutOfTurnOrShapeCloseWith4400) {
  serve();
  for (const auto& frame : {R"({"op":"hello","token":"ben-token"})", "", "{", "[]", R"({"op":"dance"})", R"({"op":"ack"})",
                            R"({"op":"ack","cursor":"x"})", R"({"op":"reply","conversation":"cnv_0000000000003"})",
                            R"({"op":"availability","status":"asleep"})"})
    EXPECT_EQ(agent_code_after(frame), 4400) << frame;
  for (const auto& frame :
       {R"({"op":"ack","cursor":"0000000000001"})", R"({"op":"hello"})", R"({"op":"hello","token":"ben-token","cursor":7})"}) {
    auto client = socket_client::agent(running->port());
    client.text(frame);
    EXPECT_EQ(client.close_code(), 4400) << frame;
  }
  auto binary = agent();
  binary.binary("{}");
  EXPECT_EQ(binary.close_code(), 4400);
  auto large = agent();
  large.text(std::string(frame_bytes_max + 1, 'x'));
  EXPECT_EQ(large.close_code(), 1009);
  expect_others_untouched();
}

TEST_F(agent_socket, AHelloThatNeverComesClosesWith4400) {
  options.limits.hello_within = milliseconds{30};
  serve();
  auto client = socket_client::agent(running->port());
  EXPECT_EQ(client.close_code(), 4400);
}

TEST_F(agent_socket, EventsPushedTogetherComeInOneFrame) {
  serve();
  auto client = agent();
  edge.wait_until([&] { return edge.attached == 1; });
  const auto body = body_of(5);
  EXPECT_TRUE(edge.any_agent()->push({event_at(2, body), event_at(3, body), event_at(4, body)}));
  const auto frame = client.read();
  EXPECT_EQ(text_at(frame, "/op"), "\"events\"");
  ASSERT_EQ(frame.at("events").as_array().size(), 3u);
  EXPECT_EQ(text_at(frame, "/events/2/cursor"), '"' + cursor_text(4) + '"');
  EXPECT_EQ(text_at(frame, "/events/2/prev"), '"' + cursor_text(3) + '"');
  EXPECT_EQ(text_at(frame, "/events/2/data/message/text"), "\"xxxxx\"");
}

TEST_F(agent_socket, EventsPushedByManyThreadsAllCome) {
  options.io_threads = 2;
  serve();
  auto client = agent();
  edge.wait_until([&] { return edge.attached == 1; });
  const auto sink = edge.any_agent();
  const auto body = body_of(100);
  constexpr std::uint64_t threads = 4, each = 500;
  std::vector<std::thread> pushing;
  for (std::uint64_t t = 0; t < threads; ++t)
    pushing.emplace_back([&, t] {
      for (std::uint64_t i = 1; i <= each; ++i) EXPECT_TRUE(sink->push({event_at(t * each + i, body)}));
    });
  std::vector<std::uint64_t> last(threads, 0);
  std::size_t came = 0, frames = 0;
  for (; came < threads * each; ++frames) {
    const auto frame = client.read();
    for (const auto& one : frame.at("events").as_array()) {
      const auto cursor = *parse_cursor(std::string_view{one.at("cursor").as_string()});
      auto& before = last[(cursor - 1) / each];
      EXPECT_GT(cursor, before) << "each thread's order is kept";
      before = cursor;
      ++came;
    }
  }
  for (auto& thread : pushing) thread.join();
  EXPECT_EQ(came, threads * each);
}

TEST_F(agent_socket, FramesOfEventsStaySmallEnoughForAnyClient) {
  serve();
  auto client = agent();
  edge.wait_until([&] { return edge.attached == 1; });
  const auto body = body_of(100'000);
  std::vector<agent_event> many;
  for (std::uint64_t i = 2; i < 22; ++i) many.push_back(event_at(i, body));
  EXPECT_TRUE(edge.any_agent()->push(std::move(many)));
  std::size_t came = 0;
  while (came < 20) {
    const auto frame = client.read();
    EXPECT_LT(json::serialize(frame).size(), 1u << 20);
    came += frame.at("events").as_array().size();
  }
}

TEST_F(agent_socket, ASlowReaderIsClosedWith4408AndTakesNothingMore) {
  options.limits.agent_backlog_bytes_max = 100'000;
  serve();
  auto slow = agent();  // not read from now on
  edge.wait_until([&] { return edge.attached == 1; });
  const auto sink = edge.any_agent();
  const auto body = body_of(20'000);
  std::uint64_t pushed = 1;
  while (sink->push({event_at(++pushed, body)})) ASSERT_LT(pushed, 10'000u) << "the backlog has no bound";
  EXPECT_FALSE(sink->push({event_at(++pushed, body)}));
  EXPECT_EQ(slow.close_code(), 4408);
  edge.wait_until([&] { return edge.detached == 1; });
  EXPECT_EQ(sample(R"(signalbox_queue_depth{queue="agent_backlog"})"), 0);
  expect_others_untouched();
}

TEST_F(agent_socket, TheBacklogIsBoundedInEventsToo) {
  options.limits.agent_backlog_events_max = 100;
  serve();
  auto slow = agent();
  edge.wait_until([&] { return edge.attached == 1; });
  const auto sink = edge.any_agent();
  const auto body = body_of(100'000);
  std::uint64_t pushed = 1;
  while (sink->push({event_at(++pushed, body)})) ASSERT_LT(pushed, 10'000u);
  EXPECT_EQ(slow.close_code(), 4408);
}

TEST_F(agent_socket, AcksAreCountedForTheSession) {
  serve();
  auto client = agent();
  client.text(R"({"op":"ack","cursor":"0000000000011"})");
  edge.wait_until([&] { return !edge.acknowledged.empty(); });
  EXPECT_EQ(edge.acknowledged[0].second, 33u);
}

TEST_F(agent_socket, CommandsAreAnsweredWithTheirRef) {
  std::vector<std::string> keys;
  edge.on_command = [&](const principal& by, conversation_id which, const conversation_command& what,
                        const std::optional<std::string>& key) -> outcome<conversation> {
    EXPECT_EQ(by.user, acme.ben);
    keys.push_back(*key);
    if (std::holds_alternative<unassign>(what)) return refuse(refusal_code::view_only, "may not act");
    conversation now;
    now.id = which;
    return now;
  };
  serve();
  auto client = agent();
  client.text(R"({"op":"reply","ref":"r\"1","conversation":"cnv_0000000000003","text":"yes"})");
  auto result = client.read();
  EXPECT_EQ(text_at(result, "/op"), "\"result\"");
  EXPECT_EQ(text_at(result, "/ref"), R"("r\"1")");
  EXPECT_EQ(text_at(result, "/ok"), "true");
  EXPECT_EQ(text_at(result, "/data/conversation/id"), "\"cnv_0000000000003\"");
  EXPECT_NE(text_at(result, "/data/message"), "absent");
  client.text(R"({"op":"unassign","ref":"r2","conversation":"cnv_0000000000003"})");
  result = client.read();
  EXPECT_EQ(text_at(result, "/ok"), "false");
  EXPECT_EQ(text_at(result, "/problem/code"), "\"view_only\"");
  client.text(R"({"op":"assign","ref":"r3","conversation":"cnv_0000000000003"})");
  result = client.read();
  EXPECT_EQ(text_at(result, "/problem/code"), "\"invalid\"");
  EXPECT_EQ(text_at(result, "/problem/errors/0/pointer"), "\"/user\"");
  client.text(R"({"op":"typing","conversation":"cnv_0000000000003"})");
  client.text(R"({"op":"close","ref":"r4","conversation":"cnv_0000000000003"})");
  EXPECT_EQ(text_at(client.read(), "/ref"), "\"r4\"") << "typing without a ref has no result";
  EXPECT_EQ(keys, (std::vector<std::string>{"r\"1", "r2", "", "r4"}));
}

TEST_F(agent_socket, AvailabilityIsSetAndAnsweredWhenAsked) {
  serve();
  auto client = agent();
  client.text(R"({"op":"availability","status":"away"})");
  client.text(R"({"op":"availability","status":"available","ref":"a"})");
  const auto result = client.read();
  EXPECT_EQ(text_at(result, "/ref"), "\"a\"");
  EXPECT_EQ(text_at(result, "/data/status"), "\"available\"");
  client.text(R"({"op":"availability","status":"asleep","ref":"b"})");
  EXPECT_EQ(text_at(client.read(), "/problem/code"), "\"invalid\"");
}

TEST_F(agent_socket, ResultsAndEventsTakeTurns) {
  // However slow the reader is here, the result isn't to come by the closing of the socket.
  options.limits.agent_backlog_bytes_max = std::size_t{1} << 30;
  options.limits.agent_backlog_events_max = 100'000'000;
  serve();
  auto client = agent();
  edge.wait_until([&] { return edge.attached == 1; });
  const auto body = body_of(10);
  std::atomic<bool> enough = false;
  const auto sink = edge.any_agent();
  std::thread pushing{[&] {
    for (std::uint64_t i = 2; !enough; ++i)
      if (!sink->push({event_at(i, body)})) return;
  }};
  client.text(R"({"op":"close","ref":"r","conversation":"cnv_0000000000003"})");
  while (text_at(client.read(), "/op") != "\"result\"") {
  }
  enough = true;
  pushing.join();
}

TEST_F(agent_socket, TooManyUnansweredCommandsStopTheReading) {
  options.limits.agent_commands_max = 3;
  serve();
  auto client = agent();
  for (int i = 0; i < 20; ++i)
    client.text(R"({"op":"close","ref":"r)" + std::to_string(i) + R"(","conversation":"cnv_0000000000003"})");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(text_at(client.read(), "/ref"), "\"r" + std::to_string(i) + '"');
}

TEST_F(agent_socket, ARevokedTokenClosesWith4401) {
  serve();
  auto client = agent();
  edge.wait_until([&] { return edge.attached == 1; });
  const auto sink = edge.any_agent();
  sink->close(close_reason::unauthorised);
  EXPECT_EQ(client.close_code(), 4401);
  edge.wait_until([&] { return edge.detached == 1; });
  EXPECT_FALSE(sink->push({}));
}

TEST_F(agent_socket, GoingDownFlushesWhatIsReadyThenCloses) {
  serve();
  auto client = agent();
  edge.wait_until([&] { return edge.attached == 1; });
  const auto body = body_of(50'000);
  std::vector<agent_event> many;
  for (std::uint64_t i = 2; i < 32; ++i) many.push_back(event_at(i, body));
  EXPECT_TRUE(edge.any_agent()->push(std::move(many)));
  std::thread ending{[&] { running->stop(); }};
  EXPECT_EQ(client.close_code(), 1012);
  ending.join();
  std::size_t came = 0;
  for (const auto& text : client.seen) came += json::parse(text).at("events").as_array().size();
  EXPECT_EQ(came, 30u);
}

TEST_F(agent_socket, AThousandIdleSocketsAreServedAndLeaveNothingBehind) {
  options.io_threads = 2;
  serve();
  {
    std::vector<socket_client> all;
    for (int i = 0; i < 1000; ++i) all.push_back(agent());
    EXPECT_EQ(running->connections(), 1000u);
    EXPECT_EQ(sample(R"(signalbox_sockets{kind="agent"})"), 1000);
    expect_others_untouched();
    edge.wait_until([&] { return edge.agents.size() >= 1000; });
    std::vector<std::shared_ptr<agent_sink>> sinks;
    {
      const std::lock_guard guard{edge.lock};
      for (const auto& [number, sink] : edge.agents) sinks.push_back(sink);
    }
    const auto body = body_of(10);
    for (const auto& sink : sinks) sink->push({event_at(2, body)});
    for (auto& client : all) EXPECT_EQ(text_at(client.read(), "/events/0/type"), "\"message.created\"");
  }
  wait_until_alone();
  EXPECT_EQ(sample(R"(signalbox_sockets{kind="agent"})"), 0);
}

}  // namespace
}  // namespace signalbox
