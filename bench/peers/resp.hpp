/// Redis' protocol, version 2, as a client needs it, over bytes that somebody else reads and writes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace signalbox::load::resp {

class bad_reply : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Appends a command as an array of bulk strings.
void append_command(std::string& out, std::initializer_list<std::string_view> words);
/// The same in two steps: a header for `words` words, then each.
void append_array(std::string& out, std::size_t words);
void append_bulk(std::string& out, std::string_view word);

enum class kind { simple, error, integer, bulk, array, null };

/// One element. Of an array only the count: its elements follow as tokens.
struct token {
  resp::kind kind{};
  std::string_view text;     ///< simple, error, bulk
  std::int64_t integer = 0;  ///< integer; of an array how many elements
};

/// Takes one token from the front of `input`; nothing when more bytes are needed, and then `input` is as before. Throws bad_reply.
[[nodiscard]] std::optional<token> next_token(std::string_view& input);

/// How many bytes the whole reply at the front of `input` has, nested elements and all; nothing when more are needed.
[[nodiscard]] std::optional<std::size_t> reply_bytes(std::string_view input);

}  // namespace signalbox::load::resp
