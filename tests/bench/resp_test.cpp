#include "bench/peers/resp.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace signalbox::load::resp {
namespace {

constexpr std::string_view read_reply =
    "*1\r\n*2\r\n$4\r\nwork\r\n*2\r\n"
    "*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nm\r\n$5\r\nhe\r\nl\r\n"
    "*2\r\n$3\r\n2-0\r\n*2\r\n$1\r\nm\r\n$0\r\n\r\n";

TEST(Resp, ACommandIsAnArrayOfBulkStrings) {
  std::string out;
  append_command(out, {"XADD", "work", "*", "m", ""});
  EXPECT_EQ(out, "*5\r\n$4\r\nXADD\r\n$4\r\nwork\r\n$1\r\n*\r\n$1\r\nm\r\n$0\r\n\r\n");
}

TEST(Resp, EveryKindOfTokenIsRead) {
  std::string_view input = "+OK\r\n-ERR no\r\n:-42\r\n$3\r\na\r\n\r\n*2\r\n$-1\r\n*-1\r\n";
  std::vector<token> got;
  while (const auto next = next_token(input)) got.push_back(*next);
  ASSERT_EQ(got.size(), 7u);
  EXPECT_EQ(got[0].kind, kind::simple);
  EXPECT_EQ(got[0].text, "OK");
  EXPECT_EQ(got[1].kind, kind::error);
  EXPECT_EQ(got[1].text, "ERR no");
  EXPECT_EQ(got[2].integer, -42);
  EXPECT_EQ(got[3].kind, kind::bulk);
  EXPECT_EQ(got[3].text, "a\r\n");
  EXPECT_EQ(got[4].kind, kind::array);
  EXPECT_EQ(got[4].integer, 2);
  EXPECT_EQ(got[5].kind, kind::null);
  EXPECT_EQ(got[6].kind, kind::null);
}

TEST(Resp, AReplyIsWholeOnlyWithItsLastByte) {
  for (std::size_t cut = 0; cut < read_reply.size(); ++cut) EXPECT_FALSE(reply_bytes(read_reply.substr(0, cut))) << cut;
  EXPECT_EQ(reply_bytes(read_reply), read_reply.size());
  EXPECT_EQ(reply_bytes(std::string{read_reply} + "*1\r\n"), read_reply.size());
}

TEST(Resp, WhatIsIncompleteIsLeftAlone) {
  const std::string_view whole = "$5\r\nhello\r\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    auto input = whole.substr(0, cut);
    EXPECT_FALSE(next_token(input));
    EXPECT_EQ(input.size(), cut);
  }
}

TEST(Resp, NonsenseIsRefused) {
  std::string_view input = "!what\r\n";
  EXPECT_THROW((void)next_token(input), bad_reply);
  input = "$x\r\n";
  EXPECT_THROW((void)next_token(input), bad_reply);
}

}  // namespace
}  // namespace signalbox::load::resp
