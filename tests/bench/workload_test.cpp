#include "bench/load/workload.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <map>
#include <set>

#include "bench/load/ledger.hpp"

namespace signalbox::load {
namespace {

const std::vector<std::string> four_channels{"chn_0000000000001", "chn_0000000000002", "chn_0000000000003", "chn_0000000000004"};

std::vector<stamp> messages_of(const workload_shape& shape, int count) {
  workload all{shape, std::vector<std::string>(shape.producers, four_channels[0])};
  std::vector<stamp> out;
  std::string json;
  for (int i = 0; i < count; ++i) {
    json.clear();
    out.push_back(all.append(json, static_cast<std::uint32_t>(i) % shape.producers, 0));
  }
  return out;
}

TEST(Stamp, ComesBackFromItsText) {
  const stamp what{
      .number = 123'456'789'012, .thread = 987'654'321, .turn = 1'234'567, .last = true, .intended = 123'456'789'012'345'678};
  std::string text(stamp_bytes, '?');
  write_stamp(text.data(), what);
  EXPECT_EQ(read_stamp(text + " and so on"), what);
}

TEST(Stamp, OtherTextHasNone) {
  EXPECT_FALSE(read_stamp(""));
  EXPECT_FALSE(read_stamp("Hello, I ordered last week and the parcel should have come yesterday"));
  std::string text(stamp_bytes, '?');
  write_stamp(text.data(), {});
  text[31] = '?';
  EXPECT_FALSE(read_stamp(text));
  EXPECT_FALSE(read_stamp(std::string_view{text}.substr(1)));
}

TEST(Workload, AMessageIsJsonOfTheWantedSize) {
  for (const std::size_t bytes : {message_bytes_min(), std::size_t{300}, std::size_t{5'000}}) {
    workload all{{.message_bytes = bytes}, four_channels};
    std::string json;
    const auto what = all.append(json, 2, 77);
    EXPECT_EQ(json.size(), bytes);
    const auto message = boost::json::parse(json).as_object();
    EXPECT_EQ(message.at("channel"), "chn_0000000000003");
    EXPECT_EQ(read_stamp(message.at("text").as_string()), what);
    EXPECT_EQ(read_stamp(std::string_view{json}.substr(all.stamp_at())), what);
    EXPECT_EQ(message.at("from").at("name"), "Ada Example");
    EXPECT_EQ(what.intended, 77u);
  }
}

TEST(Workload, IdsAndThreadsAreDistinctAndTurnsRise) {
  std::map<std::uint32_t, std::uint32_t> next_turn;
  std::uint64_t number = 0;
  for (const auto& each : messages_of({.threads_live = 100}, 20'000)) {
    EXPECT_EQ(each.number, number++);
    EXPECT_EQ(each.turn, next_turn[each.thread]++);
  }
}

TEST(Workload, AThreadStaysWithItsProducer) {
  std::map<std::uint32_t, std::uint32_t> producer_of;
  const auto all = messages_of({.threads_live = 100}, 20'000);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto producer = static_cast<std::uint32_t>(i % 4);
    EXPECT_EQ(producer_of.try_emplace(all[i].thread, producer).first->second, producer);
  }
}

TEST(Workload, TheShareOfOpeningMessagesIsKept) {
  for (const double share : {0.05, 0.1, 0.5, 1.0}) {
    int opened = 0;
    for (const auto& each : messages_of({.opening_share = share, .threads_live = 200}, 50'000)) opened += each.turn == 0;
    EXPECT_NEAR(opened / 50'000.0, share, 0.01);
  }
}

TEST(Workload, LiveThreadsAreBoundedAndNothingFollowsTheLastMessage) {
  for (const double share : {0.1, 0.5, 0.9, 1.0}) {
    std::set<std::uint32_t> live, ended;
    std::size_t most = 0;
    for (const auto& each : messages_of({.opening_share = share, .threads_live = 200}, 50'000)) {
      ASSERT_FALSE(ended.contains(each.thread));
      live.insert(each.thread);
      if (each.last) {
        live.erase(each.thread);
        ended.insert(each.thread);
      }
      most = std::max(most, live.size());
    }
    EXPECT_LE(most, 2 * 200u + 4);
    EXPECT_GT(ended.size(), 1'000u);
  }
}

TEST(Workload, TheSameSeedGivesTheSameDigestAndAnyChangeAnother) {
  const workload_shape shape;
  EXPECT_EQ(workload::digest(shape), workload::digest(shape));
  auto other = shape;
  other.seed = 2;
  EXPECT_NE(workload::digest(shape), workload::digest(other));
  other = shape;
  other.message_bytes = 301;
  EXPECT_NE(workload::digest(shape), workload::digest(other));
  other = shape;
  other.opening_share = 0.11;
  EXPECT_NE(workload::digest(shape), workload::digest(other));
}

TEST(Ledger, AllOnceAndInOrderIsNoViolation) {
  ledger book{thread_promise::kept};
  book.sent(3);
  book.received({.number = 0, .thread = 0, .turn = 0}, 5);
  book.received({.number = 2, .thread = 1, .turn = 0}, 6);
  book.received({.number = 1, .thread = 0, .turn = 1}, 5);
  book.close();
  EXPECT_EQ(book.violations(), 0u);
}

TEST(Ledger, WhatNeverCameIsAViolation) {
  ledger book{thread_promise::kept};
  book.sent(2);
  book.received({.number = 1, .thread = 0, .turn = 0}, 0);
  EXPECT_EQ(book.missing(), 1u);
  book.close();
  EXPECT_EQ(book.violations(), 1u);
}

TEST(Ledger, TwiceIsAViolation) {
  ledger book{thread_promise::none};
  book.sent(1);
  book.received({.number = 0}, 0);
  book.received({.number = 0}, 1);
  EXPECT_EQ(book.violations(), 1u);
  EXPECT_EQ(book.received(), 1u);
}

TEST(Ledger, NeverSentIsAViolation) {
  ledger book{thread_promise::none};
  book.sent(1);
  book.received({.number = 1}, 0);
  EXPECT_EQ(book.violations(), 1u);
}

TEST(Ledger, OutOfOrderIsAViolationOnlyWhereOrderIsPromised) {
  for (const auto promise : {thread_promise::kept, thread_promise::none}) {
    ledger book{promise};
    book.sent(2);
    book.received({.number = 1, .thread = 0, .turn = 1}, 0);
    book.received({.number = 0, .thread = 0, .turn = 0}, 0);
    EXPECT_EQ(book.violations() > 0, promise == thread_promise::kept);
  }
}

TEST(Ledger, AThreadThatChangesItsAgentIsAViolationOnlyWherePromised) {
  for (const auto promise : {thread_promise::kept, thread_promise::none}) {
    ledger book{promise};
    book.sent(2);
    book.received({.number = 0, .thread = 0, .turn = 0}, 0);
    book.received({.number = 1, .thread = 0, .turn = 1}, 1);
    EXPECT_EQ(book.violations() > 0, promise == thread_promise::kept);
  }
}

TEST(Ledger, OnlyTheFirstViolationsAreKeptInWords) {
  ledger book{thread_promise::none};
  for (int i = 0; i < 1'000; ++i) book.violated("again");
  EXPECT_EQ(book.violations(), 1'000u);
  EXPECT_LE(book.first_violations().size(), 10u);
}

}  // namespace
}  // namespace signalbox::load
