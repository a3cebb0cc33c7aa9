#include "app/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace signalbox {
namespace {

using testing::StartsWith;

TEST(Passwords, MatchTheirOwnHashOnly) {
  const auto hash = hash_password("correct horse");
  EXPECT_THAT(hash, StartsWith("$argon2id$"));
  EXPECT_TRUE(password_matches(hash, "correct horse"));
  EXPECT_FALSE(password_matches(hash, "correct horse "));
  EXPECT_FALSE(password_matches(hash, ""));
  EXPECT_NE(hash, hash_password("correct horse")) << "the salt must differ";
}

TEST(Passwords, NothingMatchesAnEmptyOrForeignHash) {
  EXPECT_FALSE(password_matches("", ""));
  EXPECT_FALSE(password_matches("", "x"));
  EXPECT_FALSE(password_matches("plain", "plain"));
  EXPECT_FALSE(password_matches(std::string(4096, 'a'), "x"));
  EXPECT_FALSE(password_matches(std::string("$argon2id$\0x", 12), "x"));
}

TEST(Passwords, MayBeOfAnyBytes) {
  const std::string odd("\0pass\xff\n", 7);
  EXPECT_TRUE(password_matches(hash_password(odd), odd));
  EXPECT_FALSE(password_matches(hash_password(odd), std::string(1, '\0')));
}

TEST(Tokens, AreReadBackAsTheyWereMade) {
  const auto secret = random_digits(token_secret_digits);
  const auto text = token_text(account_id{12345}, token_id{~0ull}, secret);
  EXPECT_EQ(text.size(), 56u);
  const auto parts = parse_token(text);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->account, account_id{12345});
  EXPECT_EQ(parts->token, token_id{~0ull});
  EXPECT_EQ(parts->secret, secret);
}

TEST(Tokens, NoOtherTextIsOne) {
  const auto text = token_text(account_id{1}, token_id{2}, random_digits(token_secret_digits));
  EXPECT_FALSE(parse_token(""));
  EXPECT_FALSE(parse_token(text.substr(1)));
  EXPECT_FALSE(parse_token(text.substr(0, text.size() - 1)));
  EXPECT_FALSE(parse_token(text + "0"));
  EXPECT_FALSE(parse_token("sbX_" + text.substr(4)));
  auto lower = text;
  lower.back() = 'a';
  EXPECT_FALSE(parse_token(lower));
  auto foreign = text;
  foreign[5] = 'U';
  EXPECT_FALSE(parse_token(foreign));
}

TEST(Tokens, TheirHashIsSha256) {
  const auto hash = hash_secret("abc");
  ASSERT_EQ(hash.size(), 32u);
  EXPECT_EQ(static_cast<unsigned char>(hash[0]), 0xba);
  EXPECT_EQ(static_cast<unsigned char>(hash[31]), 0xad);
  EXPECT_NE(hash, hash_secret("abd"));
}

TEST(Tokens, AreNeverTheSameTwice) {
  std::set<std::string> all;
  for (int i = 0; i < 1000; ++i) all.insert(random_digits(token_secret_digits));
  EXPECT_EQ(all.size(), 1000u);
  EXPECT_NE(make_admin_token(), make_admin_token());
}

TEST(Tokens, SameBytesNeedsTheSameLength) {
  EXPECT_TRUE(same_bytes("abc", "abc"));
  EXPECT_TRUE(same_bytes("", ""));
  EXPECT_FALSE(same_bytes("abc", "abd"));
  EXPECT_FALSE(same_bytes("abc", "ab"));
}

TEST(AdminToken, MatchesItselfOnly) {
  const admin_token token("the operator's");
  EXPECT_TRUE(token.matches("the operator's"));
  EXPECT_FALSE(token.matches("the operator'"));
  EXPECT_FALSE(token.matches(""));
}

}  // namespace
}  // namespace signalbox
