#include "bench/peers/nats.hpp"

#include <array>
#include <charconv>

namespace signalbox::load::nats {
namespace {

constexpr std::string_view line_end = "\r\n";

std::string_view next_word(std::string_view& line) {
  const auto begin = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(begin);
  const auto out = line.substr(0, line.find(' '));
  line.remove_prefix(out.size());
  return out;
}

}  // namespace

std::optional<operation> next_operation(std::string_view& input) {
  const auto end = input.find(line_end);
  if (end == std::string_view::npos) return std::nullopt;
  auto line = input.substr(0, end);
  auto rest = input.substr(end + line_end.size());
  const auto whole = line;
  const auto what = next_word(line);
  operation out;
  if (what == "MSG") {
    out.verb = verb::message;
    out.subject = next_word(line);
    (void)next_word(line);  // the subscription's number
    out.reply = next_word(line);
    auto size_text = next_word(line);
    if (size_text.empty()) std::swap(size_text, out.reply);
    std::size_t size = 0;
    const auto [stopped, wrong] = std::from_chars(size_text.data(), size_text.data() + size_text.size(), size);
    if (wrong != std::errc{} || stopped != size_text.data() + size_text.size())
      throw bad_line("not a message: " + std::string{whole});
    if (rest.size() < size + line_end.size()) return std::nullopt;
    out.payload = rest.substr(0, size);
    rest.remove_prefix(size + line_end.size());
  } else if (what == "PING") {
    out.verb = verb::ping;
  } else if (what == "PONG") {
    out.verb = verb::pong;
  } else if (what == "+OK") {
    out.verb = verb::ok;
  } else if (what == "INFO") {
    out.verb = verb::connected;
  } else {
    throw bad_line("NATS says: " + std::string{whole});
  }
  input = rest;
  return out;
}

void append_publish(std::string& out, std::string_view subject, std::string_view reply, std::string_view payload) {
  out += "PUB ";
  out += subject;
  out += ' ';
  if (!reply.empty()) {
    out += reply;
    out += ' ';
  }
  std::array<char, 20> digits{};
  const auto [end, wrong] = std::to_chars(digits.data(), digits.data() + digits.size(), payload.size());
  out.append(digits.data(), end);
  out += line_end;
  out += payload;
  out += line_end;
}

void append_subscribe(std::string& out, std::string_view subject, std::string_view group, unsigned number) {
  out += "SUB ";
  out += subject;
  out += ' ';
  if (!group.empty()) {
    out += group;
    out += ' ';
  }
  out += std::to_string(number);
  out += line_end;
}

}  // namespace signalbox::load::nats
