/// The page at `/v1/docs`: web/reference/ in one piece, which reads `/v1/openapi.yaml` in the browser.
#pragma once

#include <string>
#include <string_view>

namespace signalbox {

/// HTML with its style and script inside: it loads nothing but the description.
[[nodiscard]] std::string_view reference_page();
/// Its Content-Security-Policy: exactly this style and this script, and calls to this server alone.
[[nodiscard]] const std::string& reference_page_policy();

/// The files of web/reference/, as they were when the program was built.
struct reference_files {
  std::string_view html;  ///< with `<!-- style -->` and `<!-- script -->` where those go
  std::string_view style;
  std::string_view script;
};
[[nodiscard]] const reference_files& reference_sources();

}  // namespace signalbox
