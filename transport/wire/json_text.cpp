// Strings, numbers and times as JSON.
#include "transport/wire/json_out.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace signalbox {
namespace {

/// For each byte: 0 as it stands, 'u' as \u00XX, else the letter after the backslash.
constexpr auto escape_letters = [] {
  std::array<char, 256> out{};
  for (std::size_t c = 0; c < 0x20; ++c) out[c] = 'u';
  out['\b'] = 'b';
  out['\f'] = 'f';
  out['\n'] = 'n';
  out['\r'] = 'r';
  out['\t'] = 't';
  out['"'] = '"';
  out['\\'] = '\\';
  return out;
}();

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const char letter = escape_letters[byte];
    if (letter == 0) continue;
    out.append(text, done, at - done);
    done = at + 1;
    out += '\\';
    out += letter;
    if (letter == 'u') out.append("00").append({hex[byte >> 4], hex[byte & 15]});
  }
  out.append(text, done);
}

/// The length of the well-formed sequence at the front, 0 when there is none.
std::size_t sequence_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : 4;
  return size <= text.size() && simdjson::validate_utf8(text.data(), size) ? size : 0;
}

void append_repaired(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto size = sequence_size(text);
    if (size == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      append_escaped(out, text.substr(0, size));
      text.remove_prefix(size);
    }
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (simdjson::validate_utf8(text.data(), text.size())) {
    append_escaped(out, text);
  } else {
    append_repaired(out, text);
  }
  out += '"';
}

void append_json_string_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_bool(std::string& out, bool value) { out += value ? "true" : "false"; }

void append_json_time(std::string& out, time_point at) {
  // An event says the same time three times, and its neighbours often the same again.
  thread_local time_point known_at = time_point::min();
  thread_local std::string known;
  if (at != known_at) {
    known.assign(1, '"');
    append_time(known, at);
    known += '"';
    known_at = at;
  }
  out += known;
}

void append_json_time(std::string& out, const std::optional<time_point>& at) {
  if (at) {
    append_json_time(out, *at);
  } else {
    out += "null";
  }
}

}  // namespace signalbox
