#include "bench/peers/resp.hpp"

#include <charconv>

namespace signalbox::load::resp {
namespace {

void append_header(std::string& out, char mark, std::size_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.push_back(mark);
  out.append(digits, end);
  out += "\r\n";
}

std::int64_t read_integer(std::string_view text) {
  std::int64_t out = 0;
  const auto [stopped, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (wrong != std::errc{} || stopped != text.data() + text.size()) throw bad_reply("not a number: " + std::string{text});
  return out;
}

}  // namespace

void append_array(std::string& out, std::size_t words) { append_header(out, '*', words); }

void append_bulk(std::string& out, std::string_view word) {
  append_header(out, '$', word.size());
  out += word;
  out += "\r\n";
}

void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  append_array(out, words.size());
  for (const auto word : words) append_bulk(out, word);
}

std::optional<token> next_token(std::string_view& input) {
  const auto line_end = input.find("\r\n");
  if (line_end == std::string_view::npos) return std::nullopt;
  const auto line = input.substr(1, line_end - 1);
  const auto after_line = line_end + 2;
  token out;
  std::size_t taken = after_line;
  switch (input.front()) {
    case '+':
    case '-':
      out.kind = input.front() == '+' ? kind::simple : kind::error;
      out.text = line;
      break;
    case ':':
      out.kind = kind::integer;
      out.integer = read_integer(line);
      break;
    case '$':
    case '*': {
      const auto size = read_integer(line);
      if (size < 0) {
        out.kind = kind::null;
      } else if (input.front() == '*') {
        out.kind = kind::array;
        out.integer = size;
      } else {
        const auto bytes = static_cast<std::size_t>(size);
        if (input.size() < after_line + bytes + 2) return std::nullopt;
        out.kind = kind::bulk;
        out.text = input.substr(after_line, bytes);
        taken += bytes + 2;
      }
      break;
    }
    default:
      throw bad_reply("a reply can't begin with '" + std::string{input.substr(0, 1)} + "'");
  }
  input.remove_prefix(taken);
  return out;
}

std::optional<std::size_t> reply_bytes(std::string_view input) {
  const auto all = input.size();
  for (std::int64_t left = 1; left > 0; --left) {
    if (input.empty()) return std::nullopt;
    const auto next = next_token(input);
    if (!next) return std::nullopt;
    if (next->kind == kind::array) left += next->integer;
  }
  return all - input.size();
}

}  // namespace signalbox::load::resp
