/// Comparing names as people mean them.
#pragma once

#include <string>
#include <string_view>

namespace signalbox {

/// ASCII letters in lower case, everything else as it is: for e-mail addresses and subdomains.
[[nodiscard]] inline std::string fold_case(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Without white space at both ends.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

}  // namespace signalbox
