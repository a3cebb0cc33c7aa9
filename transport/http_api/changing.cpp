#include "transport/http_api/changing.hpp"

#include <charconv>

#include "rules/text.hpp"

namespace signalbox {

outcome<maybe<version_number>> read_if_match(const call& of) {
  const auto given = of.request.header("if-match");
  if (!given) return maybe<version_number>{};
  auto text = trimmed(*given);
  if (text == "*") return maybe<version_number>{};
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  version_number version = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (failed != std::errc{} || end != text.data() + text.size())
    return refuse(refusal_code::version_conflict, "If-Match names no version of this resource");
  return maybe<version_number>{version};
}

bool refused_as_stale(call& of, version_number now) {
  const auto wanted = read_if_match(of);
  if (const auto* no = std::get_if<refusal>(&wanted)) {
    of.refuse(*no);
    return true;
  }
  const auto& version = std::get<maybe<version_number>>(wanted);
  if (!version || *version == now) return false;
  of.refuse(refusal_code::version_conflict, "it was changed since: its version is " + std::to_string(now));
  return true;
}

}  // namespace signalbox
