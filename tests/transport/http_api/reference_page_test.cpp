#include "transport/http_api/reference_page.hpp"

#include <openssl/sha.h>

#include <array>

#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

class ReferencePage : public api_rig {};

std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

std::string base64(const unsigned char* bytes, std::size_t size) {
  constexpr auto digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < size; i += 3) {
    unsigned three = bytes[i] << 16u;
    if (i + 1 < size) three |= bytes[i + 1] << 8u;
    if (i + 2 < size) three |= bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) out += digits[three >> shift & 63u];
  }
  for (std::size_t missing = (3 - size % 3) % 3; missing > 0; --missing) out[out.size() - missing] = '=';
  return out;
}

TEST_F(ReferencePage, ItsPolicyAllowsItsOwnStyleAndScriptAndNothingElse) {
  const auto page = ask("", "GET", "/v1/docs");
  EXPECT_EQ(page.status(), 200);
  EXPECT_EQ(page.answer.content_type, "text/html; charset=utf-8");
  const auto policy = page.header("content-security-policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; ")) << policy;
  EXPECT_EQ(policy.find("unsafe"), policy.npos) << policy;
  for (const auto* tag : {"style", "script"}) {
    const auto content = between(page.answer.body, '<' + std::string{tag} + '>', "</" + std::string{tag} + '>');
    EXPECT_GT(content.size(), 1000u) << tag;
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
    const auto source = std::string{tag} + "-src 'sha256-" + base64(digest.data(), digest.size()) + '\'';
    EXPECT_NE(policy.find(source), policy.npos) << source << " isn't in " << policy;
  }
}

TEST_F(ReferencePage, ItLoadsNothingButTheDescription) {
  const std::string page{reference_page()};
  for (const auto* loading : {" src=", "<link", "@import", "url(", "import("})
    EXPECT_EQ(page.find(loading), page.npos) << loading;
  EXPECT_NE(page.find("fetch(\"/v1/openapi.yaml\")"), page.npos);
}

}  // namespace
}  // namespace signalbox
