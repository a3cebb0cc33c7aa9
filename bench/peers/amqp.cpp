#include "bench/peers/amqp.hpp"

namespace signalbox::load::amqp {
namespace {

constexpr char frame_end = '\xCE';
constexpr std::size_t frame_head_bytes = 7;

void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i > 0; --i) out += static_cast<char>(value >> 8 * (i - 1));
}

}  // namespace

std::uint64_t reader::number(std::size_t bytes) {
  std::uint64_t out = 0;
  for (const auto each : take(bytes)) out = out << 8 | static_cast<std::uint8_t>(each);
  return out;
}

std::string_view reader::take(std::size_t bytes) {
  if (left_.size() < bytes) throw bad_frame("a frame ends too early");
  const auto out = left_.substr(0, bytes);
  left_.remove_prefix(bytes);
  return out;
}

std::optional<frame> next_frame(std::string_view& input) {
  if (input.size() < frame_head_bytes) return std::nullopt;
  if (input.starts_with("AMQP")) throw bad_frame("the server speaks another version");
  reader head{input.substr(0, frame_head_bytes)};
  frame out;
  out.type = static_cast<frame_type>(head.octet());
  out.channel = head.short_uint();
  const std::size_t size = head.long_uint();
  if (input.size() < frame_head_bytes + size + 1) return std::nullopt;
  out.payload = input.substr(frame_head_bytes, size);
  if (input[frame_head_bytes + size] != frame_end) throw bad_frame("a frame without its end");
  input.remove_prefix(frame_head_bytes + size + 1);
  return out;
}

writer& writer::number(std::uint64_t value, std::size_t bytes) {
  append_number(bytes_, value, bytes);
  return *this;
}

writer& writer::short_string(std::string_view value) {
  number(value.size(), 1);
  bytes_ += value;
  return *this;
}

writer& writer::long_string(std::string_view value) {
  number(value.size(), 4);
  bytes_ += value;
  return *this;
}

void append_frame(std::string& out, frame_type type, std::uint16_t channel, std::string_view payload) {
  append_number(out, static_cast<std::uint8_t>(type), 1);
  append_number(out, channel, 2);
  append_number(out, payload.size(), 4);
  out += payload;
  out += frame_end;
}

void append_method(std::string& out, std::uint16_t channel, method what, const writer& arguments) {
  std::string payload;
  append_number(payload, static_cast<std::uint32_t>(what), 4);
  payload += arguments.bytes();
  append_frame(out, frame_type::method, channel, payload);
}

}  // namespace signalbox::load::amqp
