#include "rules/login_attempts.hpp"

#include <gtest/gtest.h>

#include <string>

namespace signalbox {
namespace {

using namespace std::chrono_literals;

constexpr time_point noon = std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 12h;
constexpr auto home = "198.51.100.7:40000";

std::string client(int number) { return "10.0." + std::to_string(number / 250) + '.' + std::to_string(number % 250) + ":5"; }

TEST(LoginAttempts, AnEmailHasItsFailuresWhicheverClientsTheyComeFrom) {
  login_attempts attempts{{10, 100}, 7};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(attempts.begin("ada@acme.example", client(i), noon).granted) << i;
  const auto refused = attempts.begin("ada@acme.example", client(10), noon);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.next, 6s);
  EXPECT_FALSE(attempts.begin("  ADA@Acme.Example ", client(11), noon).granted) << "it is the same address";
  EXPECT_TRUE(attempts.begin("ben@acme.example", client(10), noon).granted);
  EXPECT_FALSE(attempts.begin("ada@acme.example", client(12), noon + 5999ms).granted);
  EXPECT_TRUE(attempts.begin("ada@acme.example", client(12), noon + 6s).granted);
  EXPECT_FALSE(attempts.begin("ada@acme.example", client(12), noon + 6s).granted);
}

TEST(LoginAttempts, AClientHasItsFailuresWhicheverEmailsItTries) {
  login_attempts attempts{{10, 100}, 7};
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(attempts.begin("user" + std::to_string(i), "198.51.100.7:" + std::to_string(i), noon).granted) << i;
  const auto refused = attempts.begin("another", home, noon);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.next, 600ms);
  EXPECT_FALSE(attempts.begin("another", "::ffff:198.51.100.7:1", noon).granted);
  EXPECT_TRUE(attempts.begin("another", "198.51.100.8:40000", noon).granted);
}

TEST(LoginAttempts, OfIPv6TheWhole64IsOneClient) {
  login_attempts attempts{{0, 3}, 7};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(attempts.begin("a", "2001:db8:1:2::" + std::to_string(i) + ":443", noon).granted);
  EXPECT_FALSE(attempts.begin("a", "2001:db8:1:2:3:4:5:6:443", noon).granted);
  EXPECT_TRUE(attempts.begin("a", "2001:db8:1:3::1:443", noon).granted);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(attempts.begin("a", "fe80::1%eth" + std::to_string(i) + ":443", noon).granted);
  EXPECT_FALSE(attempts.begin("a", "fe80::1%eth9:443", noon).granted);
}

TEST(LoginAttempts, WhatWasRightDoesNotCount) {
  login_attempts attempts{{2, 3}, 7};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(attempts.begin("ada", home, noon).granted) << i;
    attempts.give_back("Ada", home);
  }
  EXPECT_TRUE(attempts.begin("ada", home, noon).granted);
  EXPECT_TRUE(attempts.begin("ada", home, noon).granted);
  EXPECT_FALSE(attempts.begin("ada", home, noon).granted) << "those under way count";
}

TEST(LoginAttempts, ARefusedAttemptTakesNothingFromTheOtherBudget) {
  login_attempts attempts{{1, 3}, 7};
  EXPECT_TRUE(attempts.begin("ada", home, noon).granted);
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(attempts.begin("ada", home, noon).granted);
  EXPECT_TRUE(attempts.begin("ben", home, noon).granted);
  EXPECT_TRUE(attempts.begin("eve", home, noon).granted);
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(attempts.begin("zoe" + std::to_string(i), home, noon).granted);
  EXPECT_TRUE(attempts.begin("zoe0", client(1), noon).granted);
}

TEST(LoginAttempts, NoLimitIsNone) {
  login_attempts neither{{0, 0}, 7}, email_alone{{1, 0}, 7}, address_alone{{0, 1}, 7};
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(neither.begin("ada", home, noon).granted);
  neither.give_back("ada", home);
  EXPECT_TRUE(email_alone.begin("ada", home, noon).granted);
  EXPECT_TRUE(email_alone.begin("ben", home, noon).granted);
  EXPECT_FALSE(email_alone.begin("ada", client(1), noon).granted);
  EXPECT_TRUE(address_alone.begin("ada", home, noon).granted);
  EXPECT_FALSE(address_alone.begin("ben", home, noon).granted);
  EXPECT_TRUE(address_alone.begin("ada", client(1), noon).granted);
}

TEST(AllowanceTable, WhoIsNearTheLimitIsForgottenLast) {
  allowance_table table{{10, 10, 1min}, 8, 7};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(table.take("ada", noon).granted);
  for (int i = 0; i < 100'000; ++i) EXPECT_TRUE(table.take("made up " + std::to_string(i), noon).granted);
  EXPECT_FALSE(table.take("ada", noon).granted) << "a flood of other names doesn't make it whole";
  EXPECT_TRUE(table.take("made up 0", noon).granted);
}

TEST(AllowanceTable, GivingBackToAForgottenNameGivesNobodyAnything) {
  allowance_table table{{1, 1, 1min}, 8, 7};
  table.give_back("never seen");
  EXPECT_TRUE(table.take("never seen", noon).granted);
  EXPECT_FALSE(table.take("never seen", noon).granted);
}

}  // namespace
}  // namespace signalbox
