#include "transport/wire/base64.hpp"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(Base64, IsTheStandardAlphabetPadded) {
  for (const auto good : {"", "QQ==", "QUI=", "QUJD", "QUJDRA==", "+/+/", "abcdefghijklmnopqrstuvwxyz0123456789ABCD"})
    EXPECT_TRUE(is_base64(good)) << good;
  for (const auto bad : {"Q", "QQ", "QQ=", "QUJ", "====", "Q===", "QQ==QQ==", "=QQQ", "Q=Q=", "QQ=Q", "-_-_", "QUJ\n", "QU D",
                         "QUJD\n", "QUJé", "hello world!"})
    EXPECT_FALSE(is_base64(bad)) << bad;
  EXPECT_FALSE(is_base64(std::string_view{"QU\0D", 4}));
}

}  // namespace
}  // namespace signalbox
