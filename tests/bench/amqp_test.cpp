#include "bench/peers/amqp.hpp"

#include <gtest/gtest.h>

namespace {

using namespace signalbox::load;

TEST(Amqp, AFrameIsReadAsItWasWritten) {
  std::string bytes;
  amqp::append_method(bytes, 1, amqp::method::basic_ack, amqp::writer{}.longlong_uint(0x0102030405060708).octet(1));
  amqp::append_frame(bytes, amqp::frame_type::body, 1, "hello");
  EXPECT_EQ(bytes.substr(0, 11), std::string_view("\x01\x00\x01\x00\x00\x00\x0D\x00\x3C\x00\x50", 11));

  std::string_view input = bytes;
  const auto first = amqp::next_frame(input);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, amqp::frame_type::method);
  EXPECT_EQ(first->channel, 1);
  amqp::reader said{first->payload};
  EXPECT_EQ(said.method(), amqp::method::basic_ack);
  EXPECT_EQ(said.longlong_uint(), 0x0102030405060708u);
  EXPECT_EQ(said.octet(), 1);
  const auto second = amqp::next_frame(input);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->payload, "hello");
  EXPECT_TRUE(input.empty());
}

TEST(Amqp, StringsCarryTheirSizes) {
  EXPECT_EQ(amqp::writer{}.short_string("ab").long_string("c").bytes(), std::string_view("\x02"
                                                                                         "ab\x00\x00\x00\x01"
                                                                                         "c",
                                                                                         8));
}

TEST(Amqp, WhatIsCutWaitsForMore) {
  std::string bytes;
  amqp::append_frame(bytes, amqp::frame_type::body, 1, "hello");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto input = std::string_view{bytes}.substr(0, size);
    EXPECT_FALSE(amqp::next_frame(input)) << size;
    EXPECT_EQ(input.size(), size);
  }
}

TEST(Amqp, NonsenseIsSaid) {
  std::string bytes;
  amqp::append_frame(bytes, amqp::frame_type::body, 1, "hello");
  bytes.back() = 'x';
  std::string_view input = bytes;
  EXPECT_THROW((void)amqp::next_frame(input), amqp::bad_frame);
  input = amqp::protocol_header;
  EXPECT_THROW((void)amqp::next_frame(input), amqp::bad_frame);
  EXPECT_THROW((void)amqp::reader{"abc"}.long_uint(), amqp::bad_frame);
}

}  // namespace
