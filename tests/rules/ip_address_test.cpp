#include "rules/ip_address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace signalbox {
namespace {

/// As the system's own library reads it.
std::optional<ip_address> by_inet_pton(const std::string& text) {
  ip_address out;
  out.v4 = inet_pton(AF_INET, text.c_str(), out.octets.data()) == 1;
  if (out.v4 || inet_pton(AF_INET6, text.c_str(), out.octets.data()) == 1) return out;
  return std::nullopt;
}

TEST(IpAddress, OrdinaryFormsAreReadAsTheSystemDoes) {
  for (const auto* text : {"1.2.3.4", "255.255.255.255", "::", "::1", "1::", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1",
                           "64:ff9b::8.8.8.8", "1:2:3:4:5:6:1.2.3.4", "2001:DB8::aBc", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"}) {
    const auto read = parse_ip_address(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read, by_inet_pton(text)) << text;
    EXPECT_EQ(read->bytes().size(), read->v4 ? 4u : 16u);
  }
}

TEST(IpAddress, OfIPv4EveryFormThatLibrariesTakeForOne) {
  const auto loopback = parse_ip_address("127.0.0.1");
  for (const auto* text : {"127.1", "127.0.1", "2130706433", "0x7f000001", "0X7F.1", "0177.0.0.1", "127.0.0.1.", "0x7f.0x0.0x1"})
    EXPECT_EQ(parse_ip_address(text), loopback) << text;
  EXPECT_EQ(parse_ip_address("0"), parse_ip_address("0.0.0.0"));
  EXPECT_EQ(parse_ip_address("0x"), parse_ip_address("0.0.0.0"));
}

TEST(IpAddress, WhatIsNoneIsAName) {
  for (const auto* text : {"",
                           ".",
                           "example",
                           "1.2.3.4.5",
                           "256.1.1.1",
                           "1.2.3.256",
                           "1..2",
                           "4294967296",
                           "0x100000000",
                           "08.1.1.1",
                           "1.2.3.4..",
                           "0xg",
                           "a.1",
                           ":",
                           ":::",
                           "1:2",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "::1::",
                           "12345::",
                           "1::g",
                           "1:",
                           ":1",
                           "::1:",
                           "1.2.3.4::",
                           "::1.2.3",
                           "::1.2.3.4:5",
                           "::1.2.3.4.",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "fe80::1%eth0",
                           "[::1]",
                           " 1.2.3.4"})
    EXPECT_EQ(parse_ip_address(text), std::nullopt) << text;
}

TEST(IpAddress, OfIPv6ExactlyWhatTheSystemTakes) {
  std::mt19937 chance{7};
  const std::string_view letters = "01af:::.";
  for (int i = 0; i < 200'000; ++i) {
    std::string text(1 + chance() % 20, ':');
    for (char& c : text) c = letters[chance() % letters.size()];
    if (text.find(':') == std::string::npos) continue;
    EXPECT_EQ(parse_ip_address(text), by_inet_pton(text)) << text;
  }
}

TEST(IpAddress, AClientIsAnIPv4AddressOrAWhole64) {
  const auto client = [](const char* text) { return client_network(*parse_ip_address(text)); };
  EXPECT_EQ(client("::ffff:198.51.100.7"), client("198.51.100.7")) << "as a socket that listens on both sees it";
  EXPECT_NE(client("198.51.100.7"), client("198.51.100.8"));
  EXPECT_EQ(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
  EXPECT_NE(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
  EXPECT_NE(client("::1"), client("0.0.0.0"));
}

}  // namespace
}  // namespace signalbox
