#include "app/secrets.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <vector>

namespace signalbox {

namespace {

constexpr std::string_view token_prefix = "sbx_";
constexpr std::string_view admin_prefix = "sba_";
constexpr std::string_view digit_alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void need_sodium() {
  static const int ready = sodium_init();
  if (ready < 0) throw std::runtime_error("libsodium cannot be initialised");
}

}  // namespace

std::string hash_password(std::string_view password) {
  need_sodium();
  std::array<char, crypto_pwhash_STRBYTES> encoded{};
  if (crypto_pwhash_str_alg(encoded.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                            crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw std::bad_alloc();
  return encoded.data();
}

bool password_matches(std::string_view hash, std::string_view password) {
  need_sodium();
  if (hash.empty() || hash.size() >= crypto_pwhash_STRBYTES || hash.find('\0') != std::string_view::npos) return false;
  std::array<char, crypto_pwhash_STRBYTES> encoded{};
  std::copy(hash.begin(), hash.end(), encoded.begin());
  return crypto_pwhash_str_verify(encoded.data(), password.data(), password.size()) == 0;
}

void waste_password_time(std::string_view password) {
  static const std::string of_nobody = hash_password("nobody's");
  [[maybe_unused]] const bool never = password_matches(of_nobody, password);
}

void fill_random(std::span<std::byte> out) {
  need_sodium();
  randombytes_buf(out.data(), out.size());
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  fill_random(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

std::string random_digits(std::size_t count) {
  std::vector<std::byte> bytes(count);
  fill_random(bytes);
  std::string out(count, '0');
  std::transform(bytes.begin(), bytes.end(), out.begin(),
                 [](std::byte b) { return digit_alphabet[std::to_integer<unsigned>(b) % 32]; });
  return out;
}

std::string token_text(account_id account, token_id token, std::string_view secret) {
  std::string out(token_prefix);
  append_id_digits(out, account.value);
  append_id_digits(out, token.value);
  return out.append(secret);
}

std::optional<token_parts> parse_token(std::string_view text) {
  if (text.size() != token_prefix.size() + 2 * id_digits + token_secret_digits || !text.starts_with(token_prefix))
    return std::nullopt;
  text.remove_prefix(token_prefix.size());
  const auto account = parse_id_digits(text.substr(0, id_digits));
  const auto token = parse_id_digits(text.substr(id_digits, id_digits));
  const auto secret = text.substr(2 * id_digits);
  if (!account || !token || secret.find_first_not_of(digit_alphabet) != std::string_view::npos) return std::nullopt;
  return token_parts{account_id{*account}, token_id{*token}, secret};
}

std::string hash_secret(std::string_view secret) {
  std::string out(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(secret.data()),
                     secret.size());
  return out;
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string make_admin_token() { return std::string(admin_prefix) + random_digits(token_secret_digits); }

}  // namespace signalbox
