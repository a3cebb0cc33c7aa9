// `watch` on the agent socket.
#include <atomic>
#include <thread>

#include "tests/transport/server_rig.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox {
namespace {

class watching : public server_rig {
protected:
  std::string ask(std::string_view more = "", std::string_view ref = "w") const {
    std::string out = R"({"op":"watch","ref":")" + std::string{ref} + R"(","inbox":)";
    append_json_id(out, acme.inbox);
    return out + std::string{more} + '}';
  }
  fake_edge::watch_asked asked(std::size_t index = 0) {
    edge.wait_until([&] { return edge.watches.size() > index; });
    const std::lock_guard guard{edge.lock};
    return edge.watches[index];
  }
  static view_pointer picture(std::vector<std::uint64_t> rows, std::int64_t open, version_number version = 1) {
    auto out = std::make_shared<view_picture>();
    for (const auto id : rows) {
      conversation one;
      one.id = {id};
      one.version = version;
      out->rows.push_back(one);
    }
    out->counts.open = open;
    return out;
  }
};

TEST_F(watching, AWatchIsAnsweredThenShownWholeThenByChanges) {
  serve();
  auto client = agent();
  client.text(ask(R"(,"view":"waiting","status":"open")"));
  const auto result = client.read();
  EXPECT_EQ(text_at(result, "/op"), "\"result\"");
  EXPECT_EQ(text_at(result, "/ok"), "true");
  const auto one = asked();
  EXPECT_EQ(one.what, (watched_view{acme.inbox, view::waiting, conversation_status::open}));
  one.sink->show(one.watch, picture({3, 2}, 2));
  auto frame = client.read();
  EXPECT_EQ(text_at(frame, "/op"), "\"view\"");
  EXPECT_EQ(text_at(frame, "/watch"), "\"w\"");
  EXPECT_EQ(text_at(frame, "/whole"), "true");
  EXPECT_EQ(frame.at("rows").as_array().size(), 2u);
  EXPECT_EQ(text_at(frame, "/rows/0/id"), "\"cnv_0000000000003\"");
  EXPECT_EQ(text_at(frame, "/counts/open"), "2");
  one.sink->show(one.watch, picture({4, 3}, 3));
  frame = client.read();
  EXPECT_EQ(text_at(frame, "/whole"), "false");
  ASSERT_EQ(frame.at("rows").as_array().size(), 1u) << "only what changed";
  EXPECT_EQ(text_at(frame, "/rows/0/id"), "\"cnv_0000000000004\"");
  EXPECT_EQ(text_at(frame, "/gone/0"), "\"cnv_0000000000002\"");
  EXPECT_EQ(text_at(frame, "/counts/open"), "3");
}

TEST_F(watching, AnEmptyViewIsShownToo) {
  serve();
  auto client = agent();
  client.text(ask());
  (void)client.read();
  const auto one = asked();
  one.sink->show(one.watch, picture({}, 0));
  EXPECT_EQ(text_at(client.read(), "/whole"), "true");
}

TEST_F(watching, WhatIsTheSameIsNotSent) {
  serve();
  auto client = agent();
  client.text(ask());
  (void)client.read();
  const auto one = asked();
  one.sink->show(one.watch, picture({1}, 1));
  (void)client.read();
  one.sink->show(one.watch, picture({1}, 1));
  one.sink->end_watch(one.watch, refuse(refusal_code::access_denied, "no more"));
  const auto frame = client.read();
  EXPECT_EQ(text_at(frame, "/op"), "\"unwatched\"");
  EXPECT_EQ(text_at(frame, "/watch"), "\"w\"");
  EXPECT_EQ(text_at(frame, "/problem/code"), "\"access_denied\"");
}

TEST_F(watching, ASlowReaderGetsTheNewestPictureNotAQueueOfThem) {
  serve();
  auto client = socket_client::agent(running->port(), 4096);
  client.text(R"({"op":"hello","token":"ben-token"})");
  (void)client.read();
  client.text(ask());
  (void)client.read();
  const auto one = asked();
  std::vector<std::uint64_t> rows;
  for (std::uint64_t i = 1; i <= view_rows_max; ++i) rows.push_back(i);
  constexpr version_number last = 20'000;
  for (version_number i = 1; i <= last; ++i) one.sink->show(one.watch, picture(rows, static_cast<std::int64_t>(i), i));
  std::size_t frames = 0;
  for (;; ++frames) {
    const auto frame = client.read();
    if (text_at(frame, "/counts/open") != std::to_string(last)) continue;
    EXPECT_EQ(text_at(frame, "/rows/0/version"), std::to_string(last));
    break;
  }
  EXPECT_LT(frames, last / 2);
}

TEST_F(watching, TheSameRefWatchesAnewAndUnwatchEnds) {
  serve();
  auto client = agent();
  client.text(ask());
  (void)client.read();
  const auto first = asked();
  client.text(ask(R"(,"view":"spam")"));
  (void)client.read();
  const auto second = asked(1);
  edge.wait_until([&] { return edge.unwatched.size() == 1; });
  EXPECT_EQ(edge.unwatched[0], first.watch);
  EXPECT_NE(second.watch, first.watch);
  first.sink->show(first.watch, picture({9}, 9));  // came late: nobody's any more
  second.sink->show(second.watch, picture({1}, 1));
  EXPECT_EQ(text_at(client.read(), "/rows/0/id"), "\"cnv_0000000000001\"");
  client.text(R"({"op":"unwatch","ref":"u","watch":"w"})");
  EXPECT_EQ(text_at(client.read(), "/ok"), "true");
  edge.wait_until([&] { return edge.unwatched.size() == 2; });
  EXPECT_EQ(edge.unwatched[1], second.watch);
  client.text(R"({"op":"unwatch","ref":"u2","watch":"w"})");
  EXPECT_EQ(text_at(client.read(), "/problem/code"), "\"not_found\"");
}

TEST_F(watching, RefusalsAreResultsAndTheSocketLivesOn) {
  edge.on_watch_view = [](const watched_view& what) -> std::optional<refusal> {
    if (what.view == view::spam) return refuse(refusal_code::access_denied, "no");
    return std::nullopt;
  };
  serve();
  auto client = agent();
  const auto code_of = [&](const std::string& frame) {
    client.text(frame);
    return text_at(client.read(), "/problem/code");
  };
  EXPECT_EQ(code_of(ask(R"(,"view":"spam")")), "\"access_denied\"");
  EXPECT_EQ(code_of(ask(R"(,"view":"closed")")), "\"invalid\"");
  EXPECT_EQ(code_of(ask(R"(,"view":7)")), "\"invalid\"");
  EXPECT_EQ(code_of(ask(R"(,"status":"gone")")), "\"invalid\"");
  EXPECT_EQ(code_of(R"({"op":"watch","ref":"w","inbox":"nonsense"})"), "\"invalid\"");
  EXPECT_EQ(code_of(R"({"op":"unwatch","ref":"w","watch":{}})"), "\"invalid\"");
  EXPECT_EQ(code_of(R"({"op":"unwatch","ref":"u","watch":"w"})"), "\"not_found\"") << "a refused one is none";
  EXPECT_EQ(agent_code_after(R"({"op":"watch","inbox":"inb_0000000000001"})"), 4400);
  client.text(ask());
  EXPECT_EQ(text_at(client.read(), "/ok"), "true");
}

TEST_F(watching, ASocketThatGoesWatchesNothingMore) {
  serve();
  {
    auto client = agent();
    client.text(ask());
    (void)client.read();
  }
  edge.wait_until([&] { return !edge.unwatched.empty(); });
  EXPECT_EQ(edge.unwatched[0], std::nullopt);
  wait_until_alone();
}

TEST_F(watching, EventsDontKeepAViewWaiting) {
  options.limits.agent_backlog_bytes_max = std::size_t{1} << 30;
  options.limits.agent_backlog_events_max = 100'000'000;
  serve();
  auto client = agent();
  client.text(ask());
  (void)client.read();
  const auto one = asked();
  std::atomic<bool> enough = false;
  std::thread pushing{[&] {
    const auto body = std::make_shared<const std::string>(R"("text":"x")");
    for (std::uint64_t i = 2; !enough; ++i) {
      agent_event next;
      next.cursor = i;
      next.prev = i - 1;
      next.what.kind = event_kind::message;
      next.what.body = *body;
      next.keep = body;
      if (!one.sink->push({std::move(next)})) return;
    }
  }};
  one.sink->show(one.watch, picture({1}, 1));
  while (text_at(client.read(), "/op") != "\"view\"") {
  }
  enough = true;
  pushing.join();
}

}  // namespace
}  // namespace signalbox
