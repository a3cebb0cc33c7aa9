#include "transport/wire/json_in.hpp"

#include <cstring>

namespace signalbox::json_in {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view token_of(value& from) {
  auto token = from.raw_json_token();
  while (!token.empty() && is_space(token.back())) token.remove_suffix(1);
  if (token.empty()) throw not_json{};
  return token;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The four hexadecimal digits at `at`.
std::uint32_t code_unit(std::string_view raw, std::size_t at) {
  if (raw.size() < at + 4) throw not_json{};
  std::uint32_t unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(raw[i]);
    if (digit < 0) throw not_json{};
    unit = unit << 4 | static_cast<std::uint32_t>(digit);
  }
  return unit;
}

/// What one escape stands for, and how many bytes of source it takes.
struct escape {
  std::uint32_t code_point = 0;
  std::size_t source_size = 2;
  bool is_unicode = true;
};

escape read_escape(std::string_view raw, std::size_t at) {
  if (raw.size() < at + 2) throw not_json{};
  switch (raw[at + 1]) {
    case '"':
      return {'"'};
    case '\\':
      return {'\\'};
    case '/':
      return {'/'};
    case 'b':
      return {'\b'};
    case 'f':
      return {'\f'};
    case 'n':
      return {'\n'};
    case 'r':
      return {'\r'};
    case 't':
      return {'\t'};
    case 'u':
      break;
    default:
      throw not_json{};
  }
  const auto first = code_unit(raw, at + 2);
  if (first < 0xD800 || first > 0xDFFF) return {first, 6};
  if (first > 0xDBFF || raw.size() < at + 12 || raw[at + 6] != '\\' || raw[at + 7] != 'u') return {0xFFFD, 6, false};
  const auto second = code_unit(raw, at + 8);
  if (second < 0xDC00 || second > 0xDFFF) return {0xFFFD, 6, false};
  return {0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12};
}

std::size_t utf8_size(std::uint32_t code_point) {
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0 | c >> 6), tail(c)};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xE0 | c >> 12), tail(c >> 6), tail(c)};
  } else {
    out += {static_cast<char>(0xF0 | c >> 18), tail(c >> 12), tail(c >> 6), tail(c)};
  }
}

text checked_text(std::string_view raw) {
  text out{raw, raw.size()};
  auto at = raw.find('\\');
  while (at != std::string_view::npos) {
    const auto found = read_escape(raw, at);
    out.size -= found.source_size - utf8_size(found.code_point);
    out.is_unicode = out.is_unicode && found.is_unicode;
    at = raw.find('\\', at + found.source_size);
  }
  return out;
}

bool is_number(std::string_view token) {
  std::size_t at = 0;
  const auto digits = [&] {
    const auto from = at;
    while (at < token.size() && token[at] >= '0' && token[at] <= '9') ++at;
    return at > from;
  };
  const auto next_is = [&](std::string_view any) { return at < token.size() && any.find(token[at]) != std::string_view::npos; };
  if (next_is("-")) ++at;
  const bool leading_zero = next_is("0");
  const auto whole_at = at;
  if (!digits() || (leading_zero && at - whole_at > 1)) return false;
  if (next_is(".")) {
    ++at;
    if (!digits()) return false;
  }
  if (next_is("eE")) {
    ++at;
    if (next_is("+-")) ++at;
    if (!digits()) return false;
  }
  return at == token.size();
}

}  // namespace

void pad(std::string& text) {
  if (text.capacity() < text.size() + simdjson::SIMDJSON_PADDING) text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
}

document parse(const std::string& text) {
  thread_local simdjson::ondemand::parser parser;
  return take(parser.iterate(simdjson::padded_string_view{text.data(), text.size(), text.capacity()}));
}

void expect_end(document& of) {
  if (of.current_location().error() != simdjson::OUT_OF_BOUNDS) throw not_json{};
}

std::optional<text> read_text(value& from) {
  const auto token = token_of(from);
  if (token.front() != '"') {
    check_value(from);
    return std::nullopt;
  }
  if (token.size() < 2 || token.back() != '"') throw not_json{};
  static_cast<void>(take(from.get_raw_json_string()));  // only to step over it
  return checked_text(token.substr(1, token.size() - 2));
}

void append_decoded(std::string& out, const text& of) {
  const auto raw = of.raw;
  std::size_t done = 0;
  for (auto at = raw.find('\\'); at != std::string_view::npos; at = raw.find('\\', done)) {
    out.append(raw, done, at - done);
    const auto found = read_escape(raw, at);
    append_utf8(out, found.code_point);
    done = at + found.source_size;
  }
  out.append(raw, done);
}

std::string decoded(const text& of) {
  std::string out;
  out.reserve(of.size);
  append_decoded(out, of);
  return out;
}

std::optional<std::string> read_string(value& from) {
  const auto found = read_text(from);
  if (!found || !found->is_unicode) return std::nullopt;
  return decoded(*found);
}

std::optional<std::uint64_t> read_unsigned(value& from) {
  const auto token = token_of(from);
  const bool digits_only = token.find_first_not_of("0123456789") == std::string_view::npos;
  std::uint64_t number = 0;
  if (digits_only && is_number(token) && from.get_uint64().get(number) == simdjson::SUCCESS) return number;
  check_value(from);
  return std::nullopt;
}

std::optional<object> read_object(value& from) {
  if (token_of(from).front() == '{') return take(from.get_object());
  check_value(from);
  return std::nullopt;
}

std::optional<array> read_array(value& from) {
  if (token_of(from).front() == '[') return take(from.get_array());
  check_value(from);
  return std::nullopt;
}

bool is_null(value& from) { return token_of(from) == "null"; }

void check_value(value& from, int depth) {
  if (depth > depth_max) throw not_json{};
  const auto token = token_of(from);
  switch (token.front()) {
    case '{': {
      auto members = take(from.get_object());
      for_each_member(members, [&](const key&, value& each) { check_value(each, depth + 1); });
      return;
    }
    case '[': {
      auto elements = take(from.get_array());
      for_each_element(elements, [&](value& each) { check_value(each, depth + 1); });
      return;
    }
    case '"':
      static_cast<void>(read_text(from));
      return;
    default:
      if (token != "true" && token != "false" && token != "null" && !is_number(token)) throw not_json{};
  }
}

key::key(field& of) : begin_(of.key().raw() - 1) {
  const char* const first = of.key().raw();
  const char* at = first;
  bool escaped = false;
  for (; *at != '"'; ++at) {  // the parser found the closing quote, so it is there
    if (*at != '\\') continue;
    escaped = true;
    ++at;
  }
  name_ = {first, static_cast<std::size_t>(at - first)};
  if (!escaped) return;
  append_decoded(decoded_, checked_text(name_));
  name_ = decoded_;
}

std::string_view source_since(document& of, const char* begin) {
  const char* end = take(of.current_location());
  while (end > begin && is_space(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace signalbox::json_in
