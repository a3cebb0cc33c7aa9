/// HTML from people, made safe to show and to send: parsed as a browser would, and written anew from what an allow-list knows.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox {

/// Nothing is passed through: every tag, attribute, address and style of the result was named here and written here, every text is
/// escaped. Elements that hold something other than text for the reader (script, style, svg, math, template, noscript, forms' fields,
/// comments) go with all that is in them; of others that aren't known only the text stays. Links and images point to http, https,
/// mailto and (images) cid. The result means the same whoever parses it, since it has no element that changes how text is read.
///
/// Nothing for a text of more than `html_bytes_max` bytes or `html_tags_max` tags, or one that would become so: parsing what is nested
/// on purpose is dear.
[[nodiscard]] std::optional<std::string> safe_html(std::string_view html);

inline constexpr std::size_t html_bytes_max = 32 * 1024;
inline constexpr std::size_t html_tags_max = 500;  ///< every `<` counts
inline constexpr std::size_t html_depth_max = 64;  ///< deeper elements leave their text

}  // namespace signalbox
