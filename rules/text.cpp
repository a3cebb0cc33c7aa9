#include "rules/text.hpp"

#include <algorithm>

#include "rules/account_changes.hpp"

namespace signalbox {
namespace {

struct decoded {
  char32_t point = 0;
  std::size_t bytes = 0;
};

/// The first code point of a text that isn't empty, or nothing if it isn't UTF-8 there.
std::optional<decoded> first_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return decoded{lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return std::nullopt;
  char32_t point = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (next & 0x3Fu);
  }
  constexpr char32_t smallest[] = {0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < smallest[bytes - 2] || point > 0x10FFFF || surrogate) return std::nullopt;
  return decoded{point, bytes};
}

bool is_blank(char32_t point) {
  if (point >= 0x09 && point <= 0x0D) return true;
  if (point >= 0x2000 && point <= 0x200D) return true;  // spaces of all widths, and zero-width ones
  constexpr std::u32string_view others = U"\x20\x85\xA0\x1680\x2028\x2029\x202F\x205F\x2060\x3000\xFEFF";
  return others.find(point) != std::u32string_view::npos;
}

bool is_control(char32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029; }

char32_t folded(char32_t point) {
  const auto within = [point](char32_t first, char32_t last) { return point >= first && point <= last; };
  if (within('A', 'Z') || (within(0xC0, 0xDE) && point != 0xD7) || within(0x391, 0x3A9) || within(0x410, 0x42F))
    return point + 32;
  if (within(0x400, 0x40F)) return point + 80;
  if (point == 0x178) return 0xFF;
  if (point == 0x3C2) return 0x3C3;  // a sigma at a word's end
  const bool even_upper = (within(0x100, 0x12F) || within(0x132, 0x137) || within(0x14A, 0x177) || within(0x460, 0x481));
  const bool odd_upper = within(0x139, 0x148) || within(0x179, 0x17E);
  if (even_upper && point % 2 == 0) return point + 1;
  if (odd_upper && point % 2 == 1) return point + 1;
  return point;
}

void append_point(std::string& out, char32_t point) {
  const auto tail = [&out, point](int shift) { out += static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

/// Whether every part between dots passes, empty ones among them.
template <class Judge>
bool all_parts(std::string_view text, Judge passes) {
  for (;;) {
    const auto dot = text.find('.');
    if (!passes(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = first_point(text);
    if (!first) return false;
    text.remove_prefix(first->bytes);
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty()) {
    const auto first = first_point(text);
    if (!first || !is_blank(first->point)) break;
    text.remove_prefix(first->bytes);
  }
  while (!text.empty()) {
    auto start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    const auto last = first_point(text.substr(start));
    if (!last || last->bytes != text.size() - start || !is_blank(last->point)) break;
    text.remove_suffix(last->bytes);
  }
  return text;
}

std::optional<std::string> name_fault(std::string_view text, std::size_t bytes_max) {
  if (!is_utf8(text)) return "is not valid UTF-8";
  if (text.empty()) return "must not be empty";
  if (text.size() > bytes_max) return "is longer than " + std::to_string(bytes_max) + " bytes";
  while (!text.empty()) {
    const auto first = first_point(text);
    if (is_control(first->point)) return "holds a control character or a line break";
    text.remove_prefix(first->bytes);
  }
  return std::nullopt;
}

bool is_email(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || text.size() > email_bytes_max) return false;
  const auto local = text.substr(0, at);
  const auto domain = text.substr(at + 1);
  static constexpr std::string_view allowed = "!#$%&'*+-/=?^_`{|}~";
  const auto is_atom = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(),
                                        [](char c) { return is_alphanumeric(c) || allowed.find(c) != std::string_view::npos; });
  };
  return local.size() <= 64 && all_parts(local, is_atom) && all_parts(domain, is_label);
}

std::string fold_case(std::string_view text) {
  std::string folded{text};
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

std::string fold_name(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto first = first_point(text);
    if (!first) return out.append(text);
    append_point(out, folded(first->point));
    text.remove_prefix(first->bytes);
  }
  return out;
}

void drop_last_point(std::string& text) {
  while ((static_cast<unsigned char>(text.back()) & 0xC0) == 0x80 && text.size() > 1) text.pop_back();
  text.pop_back();
}

bool is_subdomain(std::string_view text) { return is_label(text) && text == fold_case(text); }

void append_html(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      out += c;
  }
}

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) append_html(out, c);
}

}  // namespace signalbox
