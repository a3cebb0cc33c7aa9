/// Identifiers. Each kind is a type of its own, so that a user cannot be passed where an inbox is meant.
/// On the wire an id is a prefix and 13 characters of Crockford's base 32 (`cnv_01JD8Q…`): opaque to clients, and sorted
/// as text they are sorted by creation. In memory and in keys an id is 64 bits, big-endian on disk.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "rules/time.hpp"

namespace signalbox {

template <class Tag>
struct id {
  std::uint64_t value{};
  auto operator<=>(const id&) const = default;
};

// clang-format off
struct account_tag      { static constexpr std::string_view prefix = "acc_"; };
struct user_tag         { static constexpr std::string_view prefix = "usr_"; };
struct team_tag         { static constexpr std::string_view prefix = "tem_"; };
struct inbox_tag        { static constexpr std::string_view prefix = "inb_"; };
struct channel_tag      { static constexpr std::string_view prefix = "chn_"; };
struct contact_tag      { static constexpr std::string_view prefix = "ctc_"; };
struct conversation_tag { static constexpr std::string_view prefix = "cnv_"; };
struct message_tag      { static constexpr std::string_view prefix = "msg_"; };
struct ticket_tag       { static constexpr std::string_view prefix = "tkt_"; };
struct token_tag        { static constexpr std::string_view prefix = "tok_"; };
struct webhook_tag      { static constexpr std::string_view prefix = "whk_"; };
struct pipeline_tag     { static constexpr std::string_view prefix = "pip_"; };
struct stage_tag        { static constexpr std::string_view prefix = "stg_"; };
// clang-format on

using account_id = id<account_tag>;
using user_id = id<user_tag>;
using team_id = id<team_tag>;
using inbox_id = id<inbox_tag>;
using channel_id = id<channel_tag>;
using contact_id = id<contact_tag>;
using conversation_id = id<conversation_tag>;
using message_id = id<message_tag>;
using ticket_id = id<ticket_tag>;
using token_id = id<token_tag>;
using webhook_id = id<webhook_tag>;
using pipeline_id = id<pipeline_tag>;
using stage_id = id<stage_tag>;

inline constexpr std::size_t id_digits = 13;

/// Appends the 13 digits of `value` to `out`.
void append_id_digits(std::string& out, std::uint64_t value);

/// The value of exactly 13 digits (upper case, no I L O U), or nothing.
[[nodiscard]] std::optional<std::uint64_t> parse_id_digits(std::string_view digits);

template <class Tag>
void append_id(std::string& out, id<Tag> of) {
  out += Tag::prefix;
  append_id_digits(out, of.value);
}

template <class Tag>
[[nodiscard]] std::string to_text(id<Tag> of) {
  std::string out;
  out.reserve(Tag::prefix.size() + id_digits);
  append_id(out, of);
  return out;
}

template <class Id>
struct tag_of;
template <class Tag>
struct tag_of<id<Tag>> {
  using type = Tag;
};

/// `parse_id<user_id>("usr_…")`; nothing for another prefix, another length or a foreign digit.
template <class Id>
[[nodiscard]] std::optional<Id> parse_id(std::string_view text) {
  constexpr auto prefix = tag_of<Id>::type::prefix;
  if (!text.starts_with(prefix)) return std::nullopt;
  const auto value = parse_id_digits(text.substr(prefix.size()));
  if (!value) return std::nullopt;
  return Id{*value};
}

/// Hands out ids that rise, whatever the clock does: 42 bits of milliseconds since 2020, 22 bits of counter, borrowing from
/// the next millisecond when one is used up. Not thread-safe: each actor owns one, with `lane` (0–1023) apart from the others'
/// lanes of the same id kind, or they share one behind `shared_id_clock` (actors/).
class id_clock {
public:
  id_clock() = default;
  explicit id_clock(std::uint64_t last) : last_(last) {}

  [[nodiscard]] std::uint64_t next(time_point now);

  /// The newest value given out; kept with every commit, so that a restart goes on above it even if the clock was set back.
  [[nodiscard]] std::uint64_t last() const { return last_; }

private:
  std::uint64_t last_ = 0;
};

}  // namespace signalbox

template <class Tag>
struct std::hash<signalbox::id<Tag>> {
  std::size_t operator()(signalbox::id<Tag> of) const noexcept {
    auto x = of.value * 0x9E3779B97F4A7C15ull;  // ids are nearly sequential: spread them (Fibonacci hashing)
    return x ^ (x >> 32);
  }
};
