#include "rules/newest_part.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace signalbox {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::size_t introduction_lines_max = 3;  ///< `On …, somebody` broken over lines, up to its colon
constexpr std::size_t header_lines_min = 2;        ///< below a rule: From:, Sent:, …

std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

bool is_quoted(std::string_view line) { return line.starts_with('>'); }

/// `-----Original Message-----`, `---------- Forwarded message ---------`, in any language.
bool is_separator(std::string_view line) {
  const auto text = trimmed(line);
  const auto words = text.find_first_not_of('-');
  if (words == std::string_view::npos || words < 4) return false;
  return text.ends_with("----") && text.find_last_not_of('-') > words;
}

bool is_rule(std::string_view line) {
  const auto text = trimmed(line);
  return text.size() >= 10 && text.find_first_not_of('_') == std::string_view::npos;
}

/// `From: Ada`, `Gesendet: …`: a word or two before a colon and something behind it.
bool is_header(std::string_view line) {
  const auto text = trimmed(line);
  const auto colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && colon <= 24 && text.find("//") != colon + 1;
}

/// Where the quotation that goes on to the end begins, with its introduction; the number of lines when there is none.
std::size_t closing_quotation(const std::vector<std::string_view>& lines) {
  auto end = lines.size();
  while (end > 0 && trimmed(lines[end - 1]).empty()) --end;
  auto begin = end;
  while (begin > 0 && (is_quoted(lines[begin - 1]) || trimmed(lines[begin - 1]).empty())) --begin;
  while (begin < end && trimmed(lines[begin]).empty()) ++begin;
  if (begin == end) return lines.size();
  auto above = begin;
  while (above > 0 && trimmed(lines[above - 1]).empty()) --above;
  if (above == 0 || !trimmed(lines[above - 1]).ends_with(':')) return begin;
  const auto colon_line = above - 1;
  auto first = colon_line;
  while (first > 0 && colon_line - first + 1 < introduction_lines_max && !trimmed(lines[first - 1]).empty()) --first;
  // Of a longer paragraph only the last line is the introduction: the others are what was written.
  const bool whole_paragraph = first == 0 || trimmed(lines[first - 1]).empty();
  return whole_paragraph ? first : colon_line;
}

std::size_t first_separator(const std::vector<std::string_view>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_separator(lines[i])) return i;
    if (!is_rule(lines[i])) continue;
    auto next = i + 1;
    if (next < lines.size() && trimmed(lines[next]).empty()) ++next;
    std::size_t headers = 0;
    while (next + headers < lines.size() && is_header(lines[next + headers])) ++headers;
    if (headers >= header_lines_min) return i;
  }
  return lines.size();
}

}  // namespace

std::string_view newest_part(std::string_view text) {
  const auto lines = lines_of(text);
  const auto until = std::min(first_separator(lines), closing_quotation(lines));
  if (until == lines.size()) return text;
  const auto newest = text.substr(0, static_cast<std::size_t>(lines[until].data() - text.data()));
  const auto last = newest.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? text : newest.substr(0, last + 1);
}

}  // namespace signalbox
