#include "bench/peers/nats.hpp"

#include <gtest/gtest.h>

namespace {

using namespace signalbox::load;

TEST(Nats, MessagesComeWithAndWithoutAReply) {
  std::string_view input = "MSG work 1 $JS.ACK.x 5\r\nhello\r\nMSG work 1 2\r\n\r\n\r\nPING\r\n";
  const auto first = nats::next_operation(input);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->verb, nats::verb::message);
  EXPECT_EQ(first->subject, "work");
  EXPECT_EQ(first->reply, "$JS.ACK.x");
  EXPECT_EQ(first->payload, "hello");
  const auto second = nats::next_operation(input);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->reply, "");
  EXPECT_EQ(second->payload, "\r\n");
  EXPECT_EQ(nats::next_operation(input)->verb, nats::verb::ping);
  EXPECT_FALSE(nats::next_operation(input));
}

TEST(Nats, WhatIsCutWaitsForMore) {
  const std::string_view whole = "MSG work 1 5\r\nhello\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto input = whole.substr(0, size);
    EXPECT_FALSE(nats::next_operation(input)) << size;
    EXPECT_EQ(input.size(), size);
  }
}

TEST(Nats, AnErrorIsSaid) {
  for (const std::string_view bad : {"-ERR 'Unknown'\r\n", "MSG work 1 five\r\nhello\r\n", "nonsense\r\n"}) {
    auto input = bad;
    EXPECT_THROW((void)nats::next_operation(input), nats::bad_line) << bad;
  }
}

TEST(Nats, WhatIsSent) {
  std::string out;
  nats::append_publish(out, "work", "inbox.1", "hello");
  nats::append_publish(out, "$JS.ACK.x", "", "+ACK");
  nats::append_subscribe(out, "deliver", "agents", 2);
  nats::append_subscribe(out, "inbox.1", "", 1);
  EXPECT_EQ(out, "PUB work inbox.1 5\r\nhello\r\nPUB $JS.ACK.x 4\r\n+ACK\r\nSUB deliver agents 2\r\nSUB inbox.1 1\r\n");
}

}  // namespace
