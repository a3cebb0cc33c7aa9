/// What people type: names, e-mail addresses, subdomains, and comparing them as people mean them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox {

/// ASCII letters in lower case, everything else as it is: e-mail addresses and subdomains are compared in this form.
[[nodiscard]] std::string fold_case(std::string_view text);

/// Names as people compare them: upper and lower case of Latin, Greek and Cyrillic letters are one (Unicode's simple folding of
/// these), everything else is as it is.
[[nodiscard]] std::string fold_name(std::string_view text);

/// Takes the last character off, with all its bytes. @pre `text` is UTF-8 and not empty
void drop_last_point(std::string& text);

/// Without white space (Unicode's, and what shows as nothing) at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Well-formed UTF-8: no overlong forms, no surrogates.
[[nodiscard]] bool is_utf8(std::string_view text);

/// What is wrong with a trimmed text as a name, in words for its author; nothing: it will do. Names aren't empty, are UTF-8
/// of at most `bytes_max` bytes, and hold no control characters or line breaks.
[[nodiscard]] std::optional<std::string> name_fault(std::string_view text, std::size_t bytes_max);

/// `local@domain`: a dot-atom of ASCII and host name labels. Quoted and non-ASCII local parts and address literals are refused.
[[nodiscard]] bool is_email(std::string_view text);

/// One DNS label in lower case: 1–63 of a–z, 0–9 and '-', which stands at neither end.
[[nodiscard]] bool is_subdomain(std::string_view text);

/// As text within HTML, in an element or a quoted attribute.
void append_html(std::string& out, char c);
void append_html(std::string& out, std::string_view text);

}  // namespace signalbox
