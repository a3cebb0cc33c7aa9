// A41: what else goes on while conversations are moved: messages that stream, settling, kills and restarts.
#include <map>
#include <set>

#include "tests/actors/moves.hpp"

namespace signalbox {
namespace {

/// A part whose last message goes to another inbox is answered late, though its first is durable early: a round of settling that comes
/// meanwhile says that all is indexed, and after a crash the log before it isn't read again.
TEST_F(Moves, WhatIsDurableWhenARoundBeginsIsIndexedWhenItEnds) {
  staff(1);
  const auto moved = write("b", "b");
  ASSERT_EQ(move(moved, second), std::nullopt);
  const auto in_log = [&] {
    std::map<std::string, time_point> ids;
    for (const auto& one : w->log(company))
      if (!one.external_id.empty()) ids.emplace(one.external_id, one.at);
    return ids;
  };
  std::size_t partly = 0;
  for (std::size_t jobs = 0; jobs < 60; ++jobs) {
    const auto number = std::to_string(jobs);
    const auto frame = w->publish(company, chat, {{"a", "a" + number}, {"b", "b" + number}});
    w->run_some(jobs);
    const auto durable = in_log();
    partly += durable.contains("a" + number) && !durable.contains("b" + number) ? 1 : 0;
    bool ended = false;
    caf::anon_send(*w->actors().channel(company, chat), settle{1000 + jobs, 1000, [&](bool more) { ended = !more; }});
    for (int i = 0; i < 1000 && !ended; ++i) w->run_some(1);
    ASSERT_TRUE(ended);
    for (const auto& [id, at] : durable)
      EXPECT_TRUE(
          w->disk->get(family::message_ids, keys::message_id(company, keys::id_bucket_of(at), chat, keys::hash_external_id(id))))
          << id << " after " << jobs << " jobs";
    w->run();
    EXPECT_TRUE(w->was_answered(frame));
  }
  EXPECT_GT(partly, 0u) << "nothing was tried";
}

TEST_F(Moves, TwoAtOnceEndInOneOfTheTwoOrders) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    w->seed = seed;
    w->shuffled = true;
    const auto thread = "t" + std::to_string(seed);
    const auto which = write(thread, "a" + std::to_string(seed));
    answers = 0;
    ask_to_move(which, second);
    ask_to_move(which, third);
    const auto frame = w->publish(company, chat, {{thread, "b" + std::to_string(seed)}});
    w->run();
    EXPECT_EQ(answers, 2);
    EXPECT_TRUE(w->was_answered(frame));
    const auto in = inbox_of(which);
    EXPECT_TRUE(in == second || in == third);
    EXPECT_EQ(messages(which), (ids{"a" + std::to_string(seed), "b" + std::to_string(seed)}));
    int moves = 0;
    for (const auto& one : history(which)) moves += one.what.kind == event_kind::move ? 1 : 0;
    EXPECT_EQ(moves, 2);
  }
  expect_whole();
}

TEST_F(Moves, MessagesThatStreamKeepTheirOrderHoweverOftenItIsMoved) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    w->seed = seed;
    w->shuffled = true;
    const auto s = std::to_string(seed);
    const auto which = write("t" + s, s + "-0");
    ids sent{s + "-0"};
    std::vector<frame_pointer> frames;
    const inbox_id way[] = {second, first, third, second, first, first};
    for (int i = 1; i <= 12; ++i) {
      const auto id = s + "-" + std::to_string(i);
      std::vector<written> all{{"t" + s, id}};
      if (i % 3 == 0) all.push_back({"other" + s, id + "o"});
      if (i % 4 == 0) all.insert(all.begin(), {"another" + s, id + "a"});
      frames.push_back(w->publish(company, chat, all));
      sent.push_back(id);
      if (i % 2 == 0) ask_to_move(which, way[i / 2 - 1]);
      if (i % 5 == 0) w->run();
    }
    w->run();
    for (const auto& one : frames) {
      ASSERT_TRUE(w->was_answered(one));
      for (const auto& result : one->results) EXPECT_EQ(result.status, publish_status::accepted);
    }
    EXPECT_EQ(messages(which), sent) << "seed " << seed;
  }
  std::map<std::string, int> times;
  for (const auto& one : w->log(company))
    if (one.kind == event_kind::message) ++times[std::string{one.external_id}];
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
  expect_whole();
}

TEST_F(Moves, AnOffsetIsNotDurableBeforeAMessageThatItCovers) {
  const auto which = write("t", "1");
  EXPECT_FALSE(move(which, second));
  const auto key = keys::offset(company, chat, w->connector_token);
  // What the store says of the offset at every commit, beside what is in the log by then.
  w->disk->before_commit([&](std::span<const change_set* const>) {
    const auto offset = w->disk->get(family::state, key);
    if (!offset) return;
    std::set<std::string> there;
    for (const auto& one : w->log(company)) there.emplace(one.external_id);
    for (int i = 2; i <= std::stoi(*offset); ++i) EXPECT_TRUE(there.contains(std::to_string(i))) << i << " by " << *offset;
  });
  std::vector<frame_pointer> frames;
  for (int i = 2; i <= 9; ++i)
    frames.push_back(w->publish(company, chat, {{i % 2 == 0 ? "t" : "u", std::to_string(i)}}, std::to_string(i)));
  w->run();
  for (const auto& one : frames) EXPECT_TRUE(w->was_answered(one));
  EXPECT_EQ(w->disk->get(family::state, key), "9");
  w->disk->before_commit({});
}

TEST_F(Moves, AKillAtAnyCommitLeavesItInExactlyOneInbox) {
  for (std::uint64_t at = 0; at < 8; ++at) {
    const auto thread = "t" + std::to_string(at);
    const auto which = write(thread, std::to_string(at) + "-1");
    w->disk->forget_unsynced(at % 2 == 0);
    w->disk->fail_after(at, 0);
    ask_to_move(which, second);
    std::vector<frame_pointer> frames;
    for (int i = 2; i < 6; ++i)
      frames.push_back(w->publish(company, chat, {{thread, std::to_string(at) + "-" + std::to_string(i)}}));
    w->run();
    std::set<std::string> acknowledged;
    for (const auto& one : frames)
      if (w->was_answered(one) && one->results[0].status == publish_status::accepted)
        acknowledged.emplace(one->messages[0].external_id);
    w = std::make_unique<world>(w->crash());
    const auto in = inbox_of(which);
    EXPECT_TRUE(in == first || in == second);
    const auto here = listed(first);
    const auto there = listed(second);
    EXPECT_EQ(std::count(here.begin(), here.end(), which) + std::count(there.begin(), there.end(), which), 1);
    auto kept = messages(which);
    for (const auto& id : acknowledged) EXPECT_EQ(std::count(kept.begin(), kept.end(), id), 1) << id;
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    // Sent again, all are there once.
    for (int i = 2; i < 6; ++i) (void)w->publish(company, chat, {{thread, std::to_string(at) + "-" + std::to_string(i)}});
    w->run();
    kept = messages(which);
    EXPECT_EQ(std::set<std::string>(kept.begin(), kept.end()).size(), 5u);
    EXPECT_EQ(kept.size(), 5u);
    expect_whole();
  }
}

TEST_F(Moves, ARestartInPlaceAnywhereLosesAndDoublesNothing) {
  for (int n = 0; n < 40; ++n) {
    const auto s = std::to_string(n);
    w->seed = static_cast<std::uint64_t>(n) + 1;
    w->shuffled = true;
    const auto which = write("t" + s, s + "-1");
    EXPECT_FALSE(move(which, second));
    answers = 0;
    std::vector<std::vector<written>> parts{{{"t" + s, s + "-2"}, {"u" + s, s + "-3"}},
                                            {{"u" + s, s + "-4"}, {"t" + s, s + "-5"}}};
    std::vector<frame_pointer> frames;
    for (const auto& one : parts) frames.push_back(w->publish(company, chat, one));
    ask_to_move(which, n % 2 == 0 ? first : third);
    parts.push_back({{"t" + s, s + "-6"}});
    frames.push_back(w->publish(company, chat, parts.back()));
    w->run_and_restart_after(n);
    EXPECT_FALSE(w->fatal) << *w->fatal;
    EXPECT_EQ(answers, 1) << "a move was never answered, at " << n;
    for (const auto& one : frames) EXPECT_TRUE(w->was_answered(one)) << "at " << n;
    for (const auto& one : parts) {  // what was refused is sent again
      const auto again = w->publish(company, chat, one);
      w->run();
      ASSERT_TRUE(w->was_answered(again)) << "at " << n;
      for (const auto& result : again->results) EXPECT_NE(result.status, publish_status::rejected) << "at " << n;
    }
    auto kept = messages(which);
    EXPECT_EQ(kept.front(), s + "-1");
    std::sort(kept.begin(), kept.end());
    EXPECT_EQ(kept, (ids{s + "-1", s + "-2", s + "-5", s + "-6"})) << "at " << n;
    w->logged.clear();
  }
  std::map<std::string, int> times;
  for (const auto& one : w->log(company))
    if (one.kind == event_kind::message) ++times[std::string{one.external_id}];
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
  expect_whole();
}

}  // namespace
}  // namespace signalbox
