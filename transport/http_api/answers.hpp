/// Answers as HTTP carries them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "rules/account.hpp"
#include "rules/refusal.hpp"
#include "transport/http_exchange.hpp"

namespace signalbox {

[[nodiscard]] http_answer json_answer(int status, std::string body);
/// A configuration resource: with the ETag that a later If-Match may name.
[[nodiscard]] http_answer resource_answer(int status, version_number version, std::string body);
/// A resource that was just made, and where it is from now on.
[[nodiscard]] http_answer created_answer(version_number version, std::string body, std::string location);
/// 204.
[[nodiscard]] http_answer empty_answer();
[[nodiscard]] http_answer text_answer(std::string content_type, std::string body);

/// application/problem+json, with the headers that its status asks for (WWW-Authenticate, Retry-After).
[[nodiscard]] http_answer problem_answer(const refusal& why, std::string_view request_id);
/// The same, and when to try again: in whole seconds, at least one.
void set_retry_after(http_answer& in, std::chrono::microseconds after);
/// The two that only HTTP has.
[[nodiscard]] http_answer method_not_allowed(std::string allow, std::string_view request_id);
[[nodiscard]] http_answer unsupported_media_type(std::string_view request_id);

}  // namespace signalbox
