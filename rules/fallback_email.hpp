/// Section 3 of the rules as values: an inbox's fallback e-mail address, and the two domains that the operator gives to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/time.hpp"

namespace signalbox {

/// The operator's (`[mail]` of the configuration), in lower case: S33, S34.
struct mail_domains {
  std::string paid = "inbox.signalbox.example";
  std::string free = "free.signalbox.example";
  bool operator==(const mail_domains&) const = default;
};

enum class from_name_mode { agent_and_company, company };  // S27
enum class from_address_mode { default_address, custom };  // S32

/// A code on its way to somebody who says that they can read mail at `address` (S36). Only its hash is kept.
struct pending_verification {
  std::string address;    ///< in the form of fold_case
  std::string code_hash;  ///< 32 bytes
  time_point sent_at{};
  time_point expires_at{};
  std::uint32_t attempts_left = 0;
  bool operator==(const pending_verification&) const = default;
};

/// Provisioned with the inbox and for as long as it lives (S5, S25).
struct fallback_email {
  std::string username;  ///< before the @ of the default address; empty only in a record of before, until it is provisioned
  bool send = true;      // S26
  from_name_mode name_mode = from_name_mode::agent_and_company;
  std::string company;
  from_address_mode address_mode = from_address_mode::default_address;
  std::optional<std::string> custom;    ///< as it was typed; always a verified one
  std::optional<std::string> verified;  ///< the last address that was, in the form of fold_case; reserved on the server
  std::optional<pending_verification> pending;
  std::string signature_html;  ///< sanitised by the edge when it was saved, and again when it is shown (S41)
  bool signature_on = false;
  bool original_sender = true;  // S44
  std::uint64_t version = 1;
  bool operator==(const fallback_email&) const = default;
};

/// A mail of the server's own, to be sent. In the store until something sends it.
struct outgoing_mail {
  std::uint64_t id = 0;
  std::string to, subject, text;
  time_point created_at{};
  bool operator==(const outgoing_mail&) const = default;
};

inline constexpr std::size_t signature_bytes_max = 32 * 1024;
inline constexpr std::uint32_t verification_attempts = 5;
inline constexpr std::chrono::minutes verification_lifetime{30};
inline constexpr std::chrono::minutes verification_pause{1};  ///< between two codes of one inbox

[[nodiscard]] std::string_view to_text(from_name_mode of);
[[nodiscard]] std::string_view to_text(from_address_mode of);
[[nodiscard]] std::optional<from_name_mode> parse_from_name_mode(std::string_view text);
[[nodiscard]] std::optional<from_address_mode> parse_from_address_mode(std::string_view text);

}  // namespace signalbox
