/// RFC 6455 frames as a client needs them, over bytes that somebody else reads and writes.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace signalbox::load {

class bad_frame : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

namespace websocket {

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one final frame, masked as a client must.
void append_frame(std::string& out, opcode op, std::string_view payload, std::uint32_t mask);

/// The request that opens a socket on `target`; an empty `subprotocol` asks for none.
[[nodiscard]] std::string upgrade_request(std::string_view host, std::string_view target, std::string_view subprotocol);

struct message {
  opcode op{};  ///< never `continuation`
  std::string_view payload;
};

/// The code of a close frame's payload; 1005 when it has none.
[[nodiscard]] std::uint16_t close_code(std::string_view payload);

/// Puts fragments together. A payload is followed by at least `slack` readable bytes if the input is.
class decoder {
public:
  static constexpr std::size_t payload_bytes_max = std::size_t{64} << 20;
  static constexpr std::size_t slack = 64;

  /// Takes the next whole message from the front of `input`; nothing when more bytes are needed. What it gives is valid until
  /// the next call or until the input's bytes move. Throws bad_frame.
  [[nodiscard]] std::optional<message> next(std::string_view& input);

private:
  std::string parts_;
  opcode parts_op_ = opcode::continuation;  ///< `continuation`: no fragmented message has begun
  bool parts_given_ = false;
};

}  // namespace websocket
}  // namespace signalbox::load
