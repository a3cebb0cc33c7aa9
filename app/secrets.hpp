/// Passwords, bearer tokens and randomness, on libsodium. Nothing here logs, and no secret is in an exception's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/ids.hpp"

namespace signalbox {

/// argon2id in its encoded form, with libsodium's interactive limits: a tenth of a second and 64 MiB, so never on an I/O or
/// actor thread. Throws std::bad_alloc when the memory isn't there.
[[nodiscard]] std::string hash_password(std::string_view password);

/// As dear as hashing. False for an empty or foreign hash too.
[[nodiscard]] bool password_matches(std::string_view hash, std::string_view password);

/// Does what `password_matches` costs and answers nothing: for an unknown user, so that the time doesn't tell.
void waste_password_time(std::string_view password);

void fill_random(std::span<std::byte> out);
[[nodiscard]] std::uint64_t random_number();
/// `count` digits of Crockford's base 32, 5 random bits each.
[[nodiscard]] std::string random_digits(std::size_t count);

inline constexpr std::size_t token_secret_digits = 26;  ///< 130 random bits

/// `sbx_` + account + token + secret; an operator never has one.
[[nodiscard]] std::string token_text(account_id account, token_id token, std::string_view secret);

struct token_parts {
  account_id account;
  token_id token;
  std::string_view secret;  ///< points into the text that was parsed
};
/// Nothing for any text that `token_text` can't have made.
[[nodiscard]] std::optional<token_parts> parse_token(std::string_view text);

/// 32 bytes of SHA-256: what is kept of a token's secret. A fast hash will do for 130 random bits.
[[nodiscard]] std::string hash_secret(std::string_view secret);

/// In a time that depends on the lengths only.
[[nodiscard]] bool same_bytes(std::string_view a, std::string_view b);

/// The operator's token, kept as its hash, compared in constant time.
class admin_token {
public:
  explicit admin_token(std::string_view text) : hash_(hash_secret(text)) {}
  /// Of one that was made before: `hash` is what `hash()` gave.
  [[nodiscard]] static admin_token of_hash(std::string hash) {
    admin_token out{""};
    out.hash_ = std::move(hash);
    return out;
  }
  [[nodiscard]] const std::string& hash() const { return hash_; }
  [[nodiscard]] bool matches(std::string_view bearer) const { return same_bytes(hash_, hash_secret(bearer)); }

private:
  std::string hash_;
};

/// A fresh operator's token: `sba_` and 26 digits.
[[nodiscard]] std::string make_admin_token();

}  // namespace signalbox
