#include "transport/http_api/reference_page.hpp"

#include <openssl/evp.h>

#include <array>

namespace signalbox {

namespace {

constexpr std::string_view style_place = "<!-- style -->", script_place = "<!-- script -->";

void put(std::string& into, std::string_view place, std::string_view what) {
  if (const auto at = into.find(place); at != std::string::npos) into.replace(at, place.size(), what);
}

/// As a policy names an element's content: `'sha256-…'`.
std::string source_of(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> text{};
  const auto length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return "'sha256-" + std::string{text.begin(), text.begin() + length} + "'";
}

}  // namespace

std::string_view reference_page() {
  static const std::string page = [] {
    std::string out{reference_sources().html};
    put(out, style_place, "<style>" + std::string{reference_sources().style} + "</style>");
    put(out, script_place, "<script>" + std::string{reference_sources().script} + "</script>");
    return out;
  }();
  return page;
}

const std::string& reference_page_policy() {
  static const std::string policy = "default-src 'none'; style-src " + source_of(reference_sources().style) + "; script-src " +
                                    source_of(reference_sources().script) +
                                    "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return policy;
}

}  // namespace signalbox
