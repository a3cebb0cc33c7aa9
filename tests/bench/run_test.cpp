#include "bench/load/run.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <utility>

#include "bench/load/report.hpp"

namespace signalbox::load {
namespace {

// A server in memory that does what it is told wrong.
class fake_target final : public target {
public:
  bool loses_one = false, doubles_one = false, forgets_acks = false, mangles = false;
  std::uint64_t room_left = 1'000'000;
  std::uint32_t longest_frame = 0;

  [[nodiscard]] std::string name() const override { return "fake"; }
  [[nodiscard]] std::uint32_t producers() const override { return 4; }
  [[nodiscard]] std::uint64_t room(std::uint32_t) const override { return room_left; }
  stamp append(workload& from, std::uint32_t producer, ns_time intended) override {
    std::string json;
    const auto what = from.append(json, producer, intended);
    arrived_.push_back(json.substr(from.stamp_at()));
    longest_frame = std::max(longest_frame, ++frame_);
    ++unacknowledged_[producer];
    return what;
  }
  void end_frame(std::uint32_t) override { frame_ = 0; }
  void write(std::uint32_t) override {}
  void poll(std::chrono::nanoseconds, target_observer& observer) override {
    for (; !arrived_.empty(); arrived_.pop_front()) {
      if (std::exchange(loses_one, false)) continue;
      observer.received(0, mangles ? "who is this?" : std::string_view{arrived_.front()});
      if (std::exchange(doubles_one, false)) observer.received(0, arrived_.front());
    }
    for (std::uint32_t p = 0; p < 4 && !forgets_acks; ++p) observer.acknowledged(p, std::exchange(unacknowledged_[p], 0));
  }
  [[nodiscard]] std::vector<int> server_pids() const override { return {}; }

private:
  std::deque<std::string> arrived_;
  std::array<std::uint64_t, 4> unacknowledged_{};
  std::uint32_t frame_ = 0;
};

struct Run : testing::Test {
  run_result go() {
    plan.seconds = 0.2;
    plan.warmup = 0.02;
    plan.drain_seconds_max = 0.1;
    auto result = run_once({&server, &work, &book}, plan);
    book.close();
    return result;
  }
  fake_target server;
  workload work{{}, std::vector<std::string>(4, "chn_0000000000000")};
  ledger book{thread_promise::kept};
  run_plan plan{.rate = 5'000};
};

TEST_F(Run, EverythingSentIsAccountedFor) {
  const auto result = go();
  EXPECT_EQ(book.violations(), 0u);
  EXPECT_EQ(book.sent(), work.messages());
  EXPECT_EQ(book.missing(), 0u);
  EXPECT_GT(result.to_agent.count(), 0u);
  EXPECT_EQ(result.to_agent.count(), result.to_ack.count());
  EXPECT_LE(server.longest_frame, 64u);
}

TEST_F(Run, AMessageAFrameIsKept) {
  plan.frame_messages = 1;
  (void)go();
  EXPECT_EQ(server.longest_frame, 1u);
}

TEST_F(Run, ALostMessageIsAViolationAndNotSustained) {
  server.loses_one = true;
  EXPECT_FALSE(go().sustained);
  EXPECT_GT(book.violations(), 0u);
}

TEST_F(Run, ADoubledMessageIsAViolation) {
  server.doubles_one = true;
  (void)go();
  EXPECT_EQ(book.violations(), 1u);
}

TEST_F(Run, AcknowledgementsThatNeverComeAreAViolation) {
  server.forgets_acks = true;
  EXPECT_FALSE(go().sustained);
  EXPECT_GT(book.violations(), 0u);
}

TEST_F(Run, AMessageThatNobodySentIsAViolation) {
  server.mangles = true;
  EXPECT_FALSE(go().sustained);
  EXPECT_GT(book.violations(), 0u);
}

TEST_F(Run, NoRoomIsABacklogAndNotALoss) {
  server.room_left = 0;
  EXPECT_FALSE(go().sustained);
  EXPECT_EQ(book.violations(), 0u);
}

TEST_F(Run, AsFastAsItGoesSendsWholeFrames) {
  plan.rate.reset();
  server.room_left = 64;
  const auto result = go();
  EXPECT_EQ(book.violations(), 0u);
  EXPECT_EQ(server.longest_frame, 64u);
  EXPECT_EQ(result.offered, 0);
}

TEST(Report, TheRatioToAPeerNeedsBothMaxima) {
  report all;
  EXPECT_FALSE(all.ratio_of_maxima("redis-always"));
  run_result ours, theirs, others;
  ours.sustained = theirs.sustained = others.sustained = true;
  ours.received_rate = 300;
  theirs.received_rate = 200;
  others.received_rate = 100;
  all.rows.push_back({"signalbox", run_mode::maximum, ours});
  EXPECT_FALSE(all.ratio_of_maxima("redis-always"));
  all.rows.push_back({"redis-always", run_mode::rate, theirs});
  all.rows.push_back({"nats-jetstream", run_mode::maximum, others});
  EXPECT_FALSE(all.ratio_of_maxima("redis-always"));
  all.rows.push_back({"redis-always", run_mode::maximum, theirs});
  EXPECT_EQ(all.ratio_of_maxima("redis-always"), 1.5);
  EXPECT_EQ(all.ratio_of_maxima("nats-jetstream"), 3);
}

}  // namespace
}  // namespace signalbox::load
