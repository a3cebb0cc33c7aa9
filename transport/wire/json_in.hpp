/// Reading JSON that strangers wrote, on simdjson on demand. Internal to transport/: it brings simdjson's header along.
///
/// On demand doesn't look into what nobody asks for. Here everything is looked at: what isn't read is walked by `check_value`,
/// so that a frame is either JSON as a whole or refused as a whole.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox::json_in {

using value = simdjson::ondemand::value;
using object = simdjson::ondemand::object;
using array = simdjson::ondemand::array;
using document = simdjson::ondemand::document;
using field = simdjson::ondemand::field;

/// The text isn't JSON: thrown from anywhere below `parse`, never past a reader's own interface.
struct not_json {};

inline constexpr int depth_max = 64;

/// This thread's parser; one document at a time. `text` must have SIMDJSON_PADDING bytes of capacity behind it.
[[nodiscard]] document parse(const std::string& text);
/// Reserves the padding that `parse` needs.
void pad(std::string& text);
/// Whether nothing follows the document; call after it was read to its end.
void expect_end(document& of);

template <class T>
T take(simdjson::simdjson_result<T> from) {
  T out;
  if (std::move(from).get(out) != simdjson::SUCCESS) throw not_json{};
  return out;
}

/// A JSON string as it stands in the source.
struct text {
  std::string_view raw;    ///< between the quotes, escapes and all
  std::size_t size = 0;    ///< decoded
  bool is_unicode = true;  ///< false: has a lone surrogate
  [[nodiscard]] bool escaped() const { return raw.size() != size; }
};

/// Nothing when it isn't a string; checked to be JSON then all the same.
[[nodiscard]] std::optional<text> read_text(value& from);
/// The decoded text. @pre of.is_unicode
void append_decoded(std::string& out, const text& of);
[[nodiscard]] std::string decoded(const text& of);
/// A decoded string, or nothing when it isn't one, or holds a lone surrogate.
[[nodiscard]] std::optional<std::string> read_string(value& from);
/// A whole number from 0 to 2^64-1.
[[nodiscard]] std::optional<std::uint64_t> read_unsigned(value& from);
[[nodiscard]] std::optional<object> read_object(value& from);
[[nodiscard]] std::optional<array> read_array(value& from);
[[nodiscard]] bool is_null(value& from);

/// Walks it to its end.
void check_value(value& from, int depth = 0);

/// The key of a member, compared without decoding where it has no escapes.
class key {
public:
  explicit key(field& of);
  key(const key&) = delete;
  key& operator=(const key&) = delete;
  [[nodiscard]] bool operator==(std::string_view name) const { return name_ == name; }
  [[nodiscard]] const char* begins_at() const { return begin_; }  ///< its opening quote in the source

private:
  std::string_view name_;
  std::string decoded_;
  const char* begin_;
};

/// Calls `visit(key, value)` for each member. What `visit` leaves unread must be passed to `check_value` by it.
template <class Visit>
void for_each_member(object& of, Visit&& visit) {
  for (auto each : of) {
    field member = take(std::move(each));
    const key name{member};
    visit(name, member.value());
  }
}

/// Calls `visit(value)` for each element.
template <class Visit>
void for_each_element(array& of, Visit&& visit) {
  for (auto each : of) {
    value element = take(each);
    visit(element);
  }
}

/// The source from `begin` to where the value read last ends, whitespace left out.
[[nodiscard]] std::string_view source_since(document& of, const char* begin);

}  // namespace signalbox::json_in
