#include "rules/text.hpp"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

TEST(Text, KnowsUtf8) {
  for (const char* good : {"", "a", "é", "€", "😀", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC3", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF0\x80\x80\xAF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE2\x82", "\xE2\x28\xA1"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(Text, TrimsWhatShowsAsNothing) {
  EXPECT_EQ(trimmed("  Ada Lovelace \t\r\n"), "Ada Lovelace");
  EXPECT_EQ(trimmed("\u00A0\u3000\u200B x \uFEFF\u2028"), "x");
  EXPECT_EQ(trimmed("\u00A0\u2003\u3000"), "");
  EXPECT_EQ(trimmed("é"), "é");
  EXPECT_EQ(trimmed("\xA0"), "\xA0") << "a stray byte is no space";
  EXPECT_EQ(trimmed("\xFF \xFF"), "\xFF \xFF");
}

TEST(Text, S7_NamesAreNotBlankAndPlainText) {
  using namespace std::string_literals;
  for (const auto& good : {"x"s, "Ada"s, "Zoë 😀"s, "O'Neil, \"Sam\""s, std::string(10, 'x')})
    EXPECT_FALSE(name_fault(good, 20)) << good;
  for (const auto& bad :
       {""s, std::string(21, 'x'), "a\nb"s, "a\0b"s, "a\x1b[31m"s, "a\x7f"s, "a\u0085b"s, "a\u2028b"s, "a\xFF"s})
    EXPECT_TRUE(name_fault(bad, 20)) << bad;
}

TEST(Text, KnowsEmailAddresses) {
  const std::string long_local(65, 'x');
  for (const char* good : {"ada@example.com", "a@b", "first.last+tag@sub.example.co", "O'Neil@example.com", "x_1@1.example"})
    EXPECT_TRUE(is_email(good)) << good;
  for (const std::string bad : {"",
                                "ada",
                                "@",
                                "ada@",
                                "@example.com",
                                "a b@example.com",
                                "ada@exa mple.com",
                                "a@@b.c",
                                "a@b@c",
                                ".a@b.c",
                                "a.@b.c",
                                "a..b@c.d",
                                "a@.b",
                                "a@b.",
                                "a@b..c",
                                "a@-b.c",
                                "a@b-.c",
                                "a@b_c.d",
                                "a\n@b.c",
                                "a@b.c\n",
                                "a,b@c.d",
                                "<a@b.c>",
                                "\"a b\"@c.d",
                                "a@[127.0.0.1]",
                                "ä@b.c"})
    EXPECT_FALSE(is_email(bad)) << bad;
  EXPECT_FALSE(is_email(long_local + "@example.com"));
  EXPECT_FALSE(is_email("a@" + std::string(64, 'x') + ".com"));
  std::string long_domain = "a@x";
  while (long_domain.size() < 260) long_domain += ".x";
  EXPECT_FALSE(is_email(long_domain));
  EXPECT_EQ(fold_case("Ada@EXAMPLE.com"), "ada@example.com");
}

TEST(Text, S30_NamesAreComparedWithoutTheirCase) {
  const std::pair<const char*, const char*> same[] = {{"ACME", "acme"}, {"ÀÖØÞ", "àöøþ"}, {"ĀŁŽŹŸ", "āłžźÿ"},
                                                      {"ΑΣΩς", "ασωσ"}, {"ЁЖЯ", "ёжя"},   {"Ĳ", "ĳ"}};
  for (const auto& [upper, lower] : same) {
    EXPECT_EQ(fold_name(upper), lower);
    EXPECT_EQ(fold_name(lower), lower);
  }
  for (const char* as_it_is : {"×÷ß", "日本語", "123 -_", "ıĸ", ""}) EXPECT_EQ(fold_name(as_it_is), as_it_is);
  std::string text = "aé日😀";
  for (const char* left : {"aé日", "aé", "a", ""}) {
    drop_last_point(text);
    EXPECT_EQ(text, left);
  }
}

TEST(Text, KnowsSubdomains) {
  for (const char* good : {"a", "acme", "acme-2", "0", "a--b"}) EXPECT_TRUE(is_subdomain(good)) << good;
  EXPECT_TRUE(is_subdomain(std::string(63, 'a')));
  for (const char* bad : {"", "-a", "a-", "Acme", "a.b", "a b", "a_b", "é", "-"}) EXPECT_FALSE(is_subdomain(bad)) << bad;
  EXPECT_FALSE(is_subdomain(std::string(64, 'a')));
}

}  // namespace
}  // namespace signalbox
