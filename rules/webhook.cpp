#include "rules/webhook.hpp"

#include <algorithm>

#include "rules/text.hpp"
#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<happening, happenings_known> happenings{
    {"conversation.created", "message.created", "comment.created", "message.status", "assignment.created", "assignment.withdrawn",
     "conversation.waiting", "conversation.updated", "availability.changed", "configuration.changed", "contact.created",
     "contact.updated", "contact.deleted", "contact.merged", "ticket.created", "ticket.updated", "ticket.deleted"}};

/// `host`, `host:port` or `[v6]:port`.
bool is_authority(std::string_view text) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return false;
    if (!rest.empty()) port = rest.substr(1);
    if (!rest.empty() && port.empty()) return false;
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return false;
  }
  if (host.empty() || host.size() > 253) return false;
  if (!text.starts_with('[') &&
      host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != std::string_view::npos)
    return false;
  if (port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return false;
  unsigned number = 0;
  for (const char digit : port) number = number * 10 + static_cast<unsigned>(digit - '0');
  return port.empty() || (number >= 1 && number <= 65'535);
}

}  // namespace

std::string_view to_text(happening of) { return happenings.of(of); }
std::optional<happening> parse_happening(std::string_view text) { return happenings.parse(text); }

bool webhook::wants(happening what) const {
  return events.empty() || std::find(events.begin(), events.end(), what) != events.end();
}

std::vector<std::string> webhook::secrets_at(time_point at) const {
  if (retired_until && at < *retired_until) return {secret, retired_secret};
  return {secret};
}

std::optional<std::string> url_fault(std::string_view url) {
  if (url.empty()) return "is required";
  if (url.size() > webhook_url_bytes_max) return "is longer than " + std::to_string(webhook_url_bytes_max) + " bytes";
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~'; }))
    return "must be visible ASCII: other characters percent-encoded";
  const auto scheme_end = url.find("://");
  const auto scheme = fold_case(url.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
  if (scheme != "http" && scheme != "https") return "must begin with https:// or http://";
  const auto rest = url.substr(scheme_end + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) return "must not hold a user name or password";
  if (!is_authority(authority)) return "must name a host, and a port from 1 to 65535 if any";
  if (rest.find('#') != std::string_view::npos) return "must not have a fragment";
  if (rest.find_first_of("\\\"<>^`{|}") != std::string_view::npos) return "must have such characters percent-encoded";
  return std::nullopt;
}

}  // namespace signalbox
