/// A refusal is a normal "no" with a reason: nothing was changed. The edge shows it as a problem response (RFC 9457).
/// Something broken is an exception instead, and never reaches a client with its text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace signalbox {

enum class refusal_code {
  invalid,             ///< 422 the body or a field of it is wrong; `errors` says where
  unauthorized,        ///< 401 no token, or one that is unknown, expired or revoked
  access_denied,       ///< 403 the caller may not do this at all (S12, S20)
  view_only,           ///< 403 may view, not act (S14)
  not_found,           ///< 404 unknown, or another account's
  plan_limit,          ///< 403 the account's plan doesn't include it (S4, S73)
  seat_required,       ///< 403 needs a paid seat (S48, S60, S61)
  channel_off,         ///< 409 sending on a channel that is switched off (S78)
  from_name_taken,     ///< 409 S30
  address_unverified,  ///< 409 S36
  address_taken,       ///< 409 S36, A4, and a user's e-mail that is in use
  version_conflict,    ///< 412 If-Match names a version of before
  conflict,            ///< 409 the state doesn't allow it (already closed, already assigned, …); `detail` says which
  rate_limited,        ///< 429
  too_large,           ///< 413
  unavailable,         ///< 503 going down, or what would answer was just restarted: try again
  internal,            ///< 500 a defect of ours; logged with the request's id
};

/// The stable code of protocol and problem responses, e.g. `plan_limit`.
[[nodiscard]] std::string_view to_text(refusal_code code);

/// One wrong place in a body: an RFC 6901 pointer and a sentence.
struct field_error {
  std::string pointer;
  std::string detail;
  bool operator==(const field_error&) const = default;
};

struct refusal {
  refusal_code code{};
  std::string detail;               ///< one sentence for the reader at the other end
  std::vector<field_error> errors;  ///< only for `invalid`
  bool operator==(const refusal&) const = default;
};

[[nodiscard]] inline refusal refuse(refusal_code code, std::string detail) { return {code, std::move(detail), {}}; }
[[nodiscard]] inline refusal invalid_field(std::string pointer, std::string detail) {
  return {refusal_code::invalid, "the request is not valid", {{std::move(pointer), std::move(detail)}}};
}

/// Either the value or why not.
template <class T>
using outcome = std::variant<T, refusal>;

struct done {
  bool operator==(const done&) const = default;
};

}  // namespace signalbox
