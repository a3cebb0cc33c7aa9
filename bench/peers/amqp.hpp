/// AMQP 0-9-1 frames as this load needs them (the specification: sections 2.3 and 4.2), over bytes that somebody else reads and writes.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace signalbox::load::amqp {

class bad_frame : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What a connection begins with.
inline constexpr std::string_view protocol_header{"AMQP\0\0\x09\x01", 8};

enum class frame_type : std::uint8_t { method = 1, header = 2, body = 3, heartbeat = 8 };

/// Class and method in one number, as they stand behind each other on the wire.
enum class method : std::uint32_t {
  connection_start = 10u << 16 | 10,
  connection_start_ok = 10u << 16 | 11,
  connection_tune = 10u << 16 | 30,
  connection_tune_ok = 10u << 16 | 31,
  connection_open = 10u << 16 | 40,
  connection_open_ok = 10u << 16 | 41,
  connection_close = 10u << 16 | 50,
  channel_open = 20u << 16 | 10,
  channel_open_ok = 20u << 16 | 11,
  channel_close = 20u << 16 | 40,
  queue_declare = 50u << 16 | 10,
  queue_declare_ok = 50u << 16 | 11,
  basic_qos = 60u << 16 | 10,
  basic_qos_ok = 60u << 16 | 11,
  basic_consume = 60u << 16 | 20,
  basic_consume_ok = 60u << 16 | 21,
  basic_publish = 60u << 16 | 40,
  basic_deliver = 60u << 16 | 60,
  basic_ack = 60u << 16 | 80,
  basic_nack = 60u << 16 | 120,
  confirm_select = 85u << 16 | 10,
  confirm_select_ok = 85u << 16 | 11
};

struct frame {
  frame_type type{};
  std::uint16_t channel = 0;
  std::string_view payload;
};

/// Takes one frame from the front of `input`; nothing when more bytes are needed. Throws bad_frame.
[[nodiscard]] std::optional<frame> next_frame(std::string_view& input);

/// Takes values from the front of a payload. Throws bad_frame when it ends too early.
class reader {
public:
  explicit reader(std::string_view payload) : left_(payload) {}
  std::uint8_t octet() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t short_uint() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t long_uint() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t longlong_uint() { return number(8); }
  std::string_view short_string() { return take(octet()); }
  amqp::method method() { return static_cast<amqp::method>(long_uint()); }

private:
  std::uint64_t number(std::size_t bytes);
  std::string_view take(std::size_t bytes);
  std::string_view left_;
};

/// The arguments of a method.
class writer {
public:
  writer& octet(std::uint8_t value) { return number(value, 1); }
  writer& short_uint(std::uint16_t value) { return number(value, 2); }
  writer& long_uint(std::uint32_t value) { return number(value, 4); }
  writer& longlong_uint(std::uint64_t value) { return number(value, 8); }
  writer& short_string(std::string_view value);
  writer& long_string(std::string_view value);
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
  writer& number(std::uint64_t value, std::size_t bytes);
  std::string bytes_;
};

void append_frame(std::string& out, frame_type type, std::uint16_t channel, std::string_view payload);
void append_method(std::string& out, std::uint16_t channel, method what, const writer& arguments);

}  // namespace signalbox::load::amqp
