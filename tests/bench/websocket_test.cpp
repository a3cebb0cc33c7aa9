#include "bench/load/websocket.hpp"

#include <gtest/gtest.h>

namespace signalbox::load::websocket {
namespace {

// What a server does with a client's frame.
std::string unmasked(std::string frame) {
  const auto second = static_cast<unsigned char>(frame[1]);
  EXPECT_TRUE(second & 0x80);
  std::size_t header = 2, size = second & 0x7F;
  const auto width = size == 126 ? 2u : size == 127 ? 8u : 0u;
  if (width > 0) size = 0;
  for (std::size_t i = 0; i < width; ++i) size = size << 8 | static_cast<unsigned char>(frame[header++]);
  const auto key = frame.substr(header, 4);
  header += 4;
  EXPECT_EQ(frame.size(), header + size);
  auto payload = frame.substr(header);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
  return payload;
}

std::string from_server(std::string_view payload, bool final = true, opcode op = opcode::text) {
  std::string out;
  out.push_back(static_cast<char>((final ? 0x80 : 0) | static_cast<int>(op)));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(payload.size()));
  } else if (payload.size() <= 0xFFFF) {
    out.push_back(126);
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size() & 0xFF));
  } else {
    out.push_back(127);
    for (int i = 7; i >= 0; --i) out.push_back(static_cast<char>(payload.size() >> (8 * i)));
  }
  out += payload;
  return out;
}

TEST(WebSocketFrame, MaskedPayloadsOfEveryLengthClassComeBack) {
  for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 125u, 126u, 127u, 65'535u, 65'536u, 100'003u}) {
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload.push_back(static_cast<char>('a' + i % 26));
    std::string frame;
    append_frame(frame, opcode::text, payload, 0xDEADBEEF);
    EXPECT_EQ(static_cast<unsigned char>(frame[0]), 0x81);
    EXPECT_EQ(unmasked(frame), payload) << size;
    EXPECT_TRUE(size < 8 || frame.find(payload) == std::string::npos) << "not masked";
  }
}

TEST(WebSocketFrame, TheMaskOfTheStandardsExample) {
  std::string frame;
  append_frame(frame, opcode::text, "Hello", 0x3D21FA37);  // 37 fa 21 3d in memory
  EXPECT_EQ(frame, std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
}

TEST(WebSocketDecoder, AMessageCutAnywhereIsWaitedFor) {
  const auto whole = from_server("one") + from_server(std::string(300, 'x')) + from_server(std::string(70'000, 'y'));
  for (const std::size_t cut : {0u, 1u, 2u, 4u, 5u, 6u, 7u, 8u, 300u, 309u, 312u, 318u, 70'000u}) {
    decoder reader;
    std::string_view input{whole.data(), cut};
    std::vector<std::string> got;
    while (const auto message = reader.next(input)) got.emplace_back(message->payload);
    input = std::string_view{whole}.substr(cut - input.size());
    while (const auto message = reader.next(input)) got.emplace_back(message->payload);
    ASSERT_EQ(got.size(), 3u) << cut;
    EXPECT_EQ(got[0], "one");
    EXPECT_EQ(got[1], std::string(300, 'x'));
    EXPECT_EQ(got[2], std::string(70'000, 'y'));
    EXPECT_TRUE(input.empty());
  }
}

TEST(WebSocketDecoder, FragmentsBecomeOneMessageAndAPingMayStandBetween) {
  const auto bytes = from_server("Hel", false) + from_server("p", true, opcode::ping) +
                     from_server("l", false, opcode::continuation) + from_server("o", true, opcode::continuation) +
                     from_server("next");
  std::string_view input{bytes};
  decoder reader;
  auto message = reader.next(input);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->op, opcode::ping);
  message = reader.next(input);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->op, opcode::text);
  EXPECT_EQ(message->payload, "Hello");
  message = reader.next(input);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->payload, "next");
  EXPECT_FALSE(reader.next(input));
}

TEST(WebSocketDecoder, WrongFramesAreRefused) {
  const auto refused = [](std::string bytes) {
    std::string_view input{bytes};
    decoder reader;
    EXPECT_THROW((void)reader.next(input), bad_frame) << testing::PrintToString(bytes);
  };
  refused(std::string("\xC1\x00", 2));                                   // reserved bit
  refused(std::string("\x81\x81zzzzz", 7));                              // masked by the server
  refused(from_server("x", true, opcode::continuation));                 // nothing to continue
  refused(from_server("x", false, opcode::ping));                        // fragmented control frame
  refused(from_server("a", false) + from_server("b"));                   // a new message inside one
  refused(std::string("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10));  // absurd size
}

TEST(WebSocketDecoder, CloseCodeIsRead) {
  EXPECT_EQ(close_code(std::string("\x11\x38", 2)), 4408);
  EXPECT_EQ(close_code(""), 1005);
}

}  // namespace
}  // namespace signalbox::load::websocket
