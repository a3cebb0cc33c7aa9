/// The text protocol of NATS as this load needs it, over bytes that somebody else reads and writes.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace signalbox::load::nats {

class bad_line : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

enum class verb { connected, message, ping, pong, ok };

struct operation {
  nats::verb verb{};
  std::string_view subject, reply, payload;  ///< of a message; `reply` may be empty
};

/// Takes one operation from the front of `input`; nothing when more bytes are needed. Throws bad_line, for -ERR too.
[[nodiscard]] std::optional<operation> next_operation(std::string_view& input);

/// `reply` may be empty.
void append_publish(std::string& out, std::string_view subject, std::string_view reply, std::string_view payload);
/// `group` may be empty.
void append_subscribe(std::string& out, std::string_view subject, std::string_view group, unsigned number);

}  // namespace signalbox::load::nats
