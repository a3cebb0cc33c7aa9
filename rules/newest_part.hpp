/// A47: the newest part of an e-mail: what its writer wrote, without the earlier mail that stands below it.
#pragma once

#include <string_view>

namespace signalbox {

/// The beginning of `text` before the first sign of earlier mail that goes on to the end: a block of lines that begin with `>`
/// (RFC 3676, 4.5) and the line or two that introduce it (whatever the language: they end with a colon), a separator such as
/// `-----Original Message-----`, or a ruled line followed by header lines, as Outlook writes them. Without trailing white space.
/// All of `text` when there is none, and when nothing would be left: a mail that only passes another one on is shown whole.
/// Answers between the lines of a quotation are kept with it.
[[nodiscard]] std::string_view newest_part(std::string_view text);

}  // namespace signalbox
