#include "rules/webhook_address.hpp"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(WebhookAddress, AddressesOfNoPublicNetworkAreSeenInEveryForm) {
  for (const auto* url : {"http://127.0.0.1/", "https://127.0.0.1", "http://127.0.0.1:8080/in?x#y", "http://127.1/",
                          "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1", "http://127.0.0.1./", "http://10.0.0.1",
                          "http://192.168.1.1?x", "http://169.254.169.254/latest", "http://0/", "http://[::1]/",
                          "https://[::ffff:127.0.0.1]:443/", "http://[fd00::1]", "HTTP://[FE80::1]/"})
    EXPECT_TRUE(names_private_address(url)) << url;
}

TEST(WebhookAddress, PublicOnesAndNamesAreNot) {
  for (const auto* url :
       {"https://hooks.acme.example/in", "http://localhost/", "http://1.1.1.1/", "http://[2606:4700::1111]:443/",
        "http://10.example/", "http://127.0.0.1.example/", "http://example/127.0.0.1", "http://example?http://127.0.0.1",
        "127.0.0.1", "", "://", "http://", "http://[", "http://[]", "http://[::1", "http://[127.0.0.1]/"})
    EXPECT_FALSE(names_private_address(url)) << url;
}

}  // namespace
}  // namespace signalbox
