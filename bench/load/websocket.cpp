#include "bench/load/websocket.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace signalbox::load::websocket {
namespace {

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const unsigned char c : bytes) out = out << 8 | c;
  return out;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

void append_frame(std::string& out, opcode op, std::string_view payload, std::uint32_t mask) {
  out.push_back(static_cast<char>(0x80 | static_cast<std::uint8_t>(op)));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else if (payload.size() <= 0xFFFF) {
    out.push_back(static_cast<char>(0x80 | 126));
    append_big_endian(out, payload.size(), 2);
  } else {
    out.push_back(static_cast<char>(0x80 | 127));
    append_big_endian(out, payload.size(), 8);
  }
  std::array<char, 8> key{};
  std::memcpy(key.data(), &mask, 4);
  std::memcpy(key.data() + 4, &mask, 4);
  out.append(key.data(), 4);
  const auto at = out.size();
  out += payload;
  auto* bytes = out.data() + at;
  std::size_t i = 0;
  std::uint64_t wide_key = 0;
  std::memcpy(&wide_key, key.data(), 8);
  for (; i + 8 <= payload.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, 8);
    word ^= wide_key;
    std::memcpy(bytes + i, &word, 8);
  }
  for (; i < payload.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ key[i % 4]);
}

std::string upgrade_request(std::string_view host, std::string_view target, std::string_view subprotocol) {
  std::string out = "GET ";
  out.append(target).append(" HTTP/1.1\r\nHost: ").append(host);
  out += "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  out += "Sec-WebSocket-Key: c2lnbmFsYm94IGxvYWQgIQ==\r\n";
  if (!subprotocol.empty()) out.append("Sec-WebSocket-Protocol: ").append(subprotocol).append("\r\n");
  out += "\r\n";
  return out;
}

std::uint16_t close_code(std::string_view payload) {
  return payload.size() < 2 ? 1005 : static_cast<std::uint16_t>(read_big_endian(payload.substr(0, 2)));
}

std::optional<message> decoder::next(std::string_view& input) {
  if (parts_given_) {
    parts_.clear();
    parts_given_ = false;
  }
  while (input.size() >= 2) {
    const auto first = static_cast<std::uint8_t>(input[0]);
    const auto second = static_cast<std::uint8_t>(input[1]);
    if (first & 0x70) throw bad_frame("the server set a reserved bit");
    if (second & 0x80) throw bad_frame("the server masked a frame");
    const auto op = static_cast<opcode>(first & 0x0F);
    const bool final = first & 0x80;
    std::size_t header = 2;
    std::uint64_t size = second & 0x7F;
    if (size >= 126) {
      const std::size_t width = size == 126 ? 2 : 8;
      header += width;
      if (input.size() < header) return std::nullopt;
      size = read_big_endian(input.substr(2, width));
    }
    if (size > payload_bytes_max || parts_.size() + size > payload_bytes_max)
      throw bad_frame("the server sent too large a frame");
    if (input.size() < header + size) return std::nullopt;
    const auto payload = input.substr(header, size);
    input.remove_prefix(header + size);

    if (static_cast<std::uint8_t>(op) >= 8) {
      if (!final || size > 125) throw bad_frame("the server sent a fragmented or long control frame");
      return message{op, payload};
    }
    if ((op == opcode::continuation) != (parts_op_ != opcode::continuation)) throw bad_frame("a fragment is out of place");
    if (final && op != opcode::continuation) return message{op, payload};
    if (op != opcode::continuation) parts_op_ = op;
    parts_.reserve(parts_.size() + payload.size() + slack);
    parts_ += payload;
    if (!final) continue;
    parts_given_ = true;
    return message{std::exchange(parts_op_, opcode::continuation), parts_};
  }
  return std::nullopt;
}

}  // namespace signalbox::load::websocket
