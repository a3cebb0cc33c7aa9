#include "app/event_waits.hpp"

#include <gtest/gtest.h>

#include <future>
#include <mutex>

namespace signalbox {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;
constexpr std::uint8_t group = 3;

struct EventWaits : testing::Test {
  using answer = outcome<account_events_page>;

  std::future<answer> wait(std::uint64_t after, milliseconds time, token_id token = {1}, bool* hung_up = nullptr) {
    account_events_query query;
    query.after = after;
    query.wait = time;
    if (hung_up) query.hung_up = gone;
    auto told = std::make_shared<std::promise<answer>>();
    waits.add(principal{account_id{7}, user_id{8}, token, {}}, group, query,
              [told](answer said) { told->set_value(std::move(said)); });
    return told->get_future();
  }
  /// Whatever was asked for before is done.
  void settle() {
    auto other = wait(0, milliseconds{0}, token_id{99});
    (void)other.get();
  }
  void grow(std::uint64_t to) {
    std::function<void()> wake;
    {
      const std::lock_guard lock{mutex};
      newest = to;
      wake = std::exchange(watcher, nullptr);
    }
    if (wake) wake();
  }
  answer read(const account_events_query& query) {
    const std::lock_guard lock{mutex};
    ++looks;
    if (lost) return refuse(refusal_code::unauthorized, "revoked");
    account_events_page page;
    if (newest > *query.after) page.items.emplace_back();
    page.next = std::max(newest, *query.after);
    return page;
  }
  static const account_events_page& page(const answer& of) { return std::get<account_events_page>(of); }
  static bool is_waiting(const std::future<answer>& of) { return of.wait_for(0s) == std::future_status::timeout; }

  std::mutex mutex;
  std::uint64_t newest = 10;
  int looks = 0, watches = 0;
  bool lost = false;
  std::function<void()> watcher;
  std::shared_ptr<std::atomic<bool>> gone = std::make_shared<std::atomic<bool>>(false);
  probes told;
  boost::asio::thread_pool pool{2};
  event_waits waits{pool,
                    [this](std::uint8_t of, std::function<void()> wake) {
                      const std::lock_guard lock{mutex};
                      EXPECT_EQ(of, group);
                      EXPECT_FALSE(watcher) << "one watch, however many wait";
                      ++watches;
                      watcher = std::move(wake);
                    },
                    [this](const principal&, const account_events_query& query) { return read(query); }, told};
  [[nodiscard]] bool exposes(std::string_view sample) const {
    return told.exposition().find(std::string{"\nsignalbox_event_waits "}.append(sample) + '\n') != std::string::npos;
  }

  ~EventWaits() override {
    waits.stop();
    pool.join();
  }
};

TEST_F(EventWaits, AnswerAsSoonAsSomethingHappens) {
  auto one = wait(10, 30s), two = wait(10, 30s);
  settle();
  EXPECT_TRUE(is_waiting(one) && is_waiting(two));
  grow(11);
  for (auto* each : {&one, &two}) {
    ASSERT_EQ(each->wait_for(patience), std::future_status::ready);
    const auto said = each->get();
    EXPECT_EQ(page(said).items.size(), 1u);
    EXPECT_EQ(page(said).next, 11u);
  }
}

TEST_F(EventWaits, WhatCameBeforeItBeganToWaitIsNotMissed) {
  auto one = wait(9, 30s);
  ASSERT_EQ(one.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(page(one.get()).items.size(), 1u);
}

TEST_F(EventWaits, EndEmptyWhenTheTimeIsOver) {
  auto one = wait(10, 20ms);
  ASSERT_EQ(one.wait_for(patience), std::future_status::ready);
  const auto said = one.get();
  EXPECT_TRUE(page(said).items.empty());
  EXPECT_FALSE(page(said).more);
  EXPECT_EQ(page(said).next, 10u);
  for (int i = 0; i < 20; ++i) (void)wait(10, 1ms).get();
  EXPECT_EQ(watches, 1) << "those that ended leave nothing at the log";
}

TEST_F(EventWaits, OfOneTokenAreBounded) {
  std::vector<std::future<answer>> all;
  for (std::size_t i = 0; i < event_waits_per_token_max; ++i) all.push_back(wait(10, 30s));
  const auto no = wait(10, 30s).get();
  ASSERT_TRUE(std::holds_alternative<refusal>(no));
  EXPECT_EQ(std::get<refusal>(no).code, refusal_code::rate_limited);
  auto other = wait(10, 30s, token_id{2});
  settle();
  EXPECT_TRUE(is_waiting(other));
  grow(11);
  for (auto& one : all) EXPECT_EQ(one.wait_for(patience), std::future_status::ready);
  auto again = wait(11, 30s);
  settle();
  EXPECT_TRUE(is_waiting(again)) << "what ended no longer counts";
}

TEST_F(EventWaits, ThatNobodyListensToMakeRoom) {
  bool hung_up = true;
  std::vector<std::future<answer>> all;
  for (std::size_t i = 0; i < event_waits_per_token_max; ++i) all.push_back(wait(10, 30s, {1}, &hung_up));
  settle();
  *gone = true;
  auto fresh = wait(10, 30s);
  settle();
  EXPECT_TRUE(is_waiting(fresh));
  for (auto& one : all) EXPECT_EQ(one.wait_for(patience), std::future_status::ready);
}

TEST_F(EventWaits, AreCountedWhileTheyWait) {
  auto one = wait(10, 30s), two = wait(10, 30s);
  settle();
  EXPECT_TRUE(exposes("2")) << told.exposition();
  grow(11);
  ASSERT_EQ(one.wait_for(patience), std::future_status::ready);
  ASSERT_EQ(two.wait_for(patience), std::future_status::ready);
  EXPECT_TRUE(exposes("0"));
}

TEST_F(EventWaits, WhoLostTheTokenIsTold) {
  auto one = wait(10, 30s);
  settle();
  {
    const std::lock_guard lock{mutex};
    lost = true;
  }
  grow(11);
  ASSERT_EQ(one.wait_for(patience), std::future_status::ready);
  EXPECT_TRUE(std::holds_alternative<refusal>(one.get()));
}

TEST_F(EventWaits, ALogThatGrowsForOthersIsLookedAtSeldom) {
  auto one = wait(1'000'000, 30s);
  settle();
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) {
    grow(20 + static_cast<std::uint64_t>(i));
    std::this_thread::sleep_for(1ms);
  }
  settle();
  const auto most = (std::chrono::steady_clock::now() - began) / event_waits::look_every + 4;
  const std::lock_guard lock{mutex};
  EXPECT_LE(looks, most);
  EXPECT_TRUE(is_waiting(one));
}

TEST_F(EventWaits, AreAllAnsweredAtTheEnd) {
  auto one = wait(10, 30s);
  settle();
  waits.stop();
  ASSERT_EQ(one.wait_for(patience), std::future_status::ready);
  EXPECT_TRUE(page(one.get()).items.empty());
  auto late = wait(10, 30s);
  ASSERT_EQ(late.wait_for(patience), std::future_status::ready);
}

}  // namespace
}  // namespace signalbox
