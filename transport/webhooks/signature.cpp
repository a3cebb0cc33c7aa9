#include "transport/webhooks/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace signalbox {

std::string webhook_signature(const std::vector<std::string>& secrets, time_point at, std::string_view id,
                              std::string_view body) {
  const auto seconds = std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  std::string what;
  what.reserve(seconds.size() + id.size() + body.size() + 2);
  what.append(seconds).append(".").append(id).append(".").append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "t=" + seconds;
  for (const auto& secret : secrets) {
    unsigned size = 0;
    if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(what.data()),
             what.size(), digest.data(), &size) == nullptr)
      throw std::runtime_error("a webhook's delivery could not be signed");
    out += ",v1=";
    for (unsigned i = 0; i < size; ++i) {
      out += digits[digest[i] >> 4];
      out += digits[digest[i] & 15];
    }
  }
  return out;
}

}  // namespace signalbox
