/// How a record's fields are written and read: shared by the sources that implement storage/records.hpp, and by nothing else.
/// Ids are fixed64, numbers, times (milliseconds) and enumerators varints, texts and records within records bytes. Each record
/// ends with the field `record_end`, so that a cut one can't pass for a whole one.
#pragma once

#include <cstdint>
#include <optional>
#include <protozero/basic_pbf_writer.hpp>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>

#include "storage/record_buffer.hpp"
#include "storage/records.hpp"

namespace signalbox::fields {

inline constexpr protozero::pbf_tag_type record_end = 15;

/// The greatest enumerator of each enum on disk. Enumerators are stored as they are numbered: they may be added at the end
/// (and raised here), never renumbered.
template <class E>
inline constexpr E greatest{};
// clang-format off
template <> inline constexpr auto greatest<plan> = plan::enterprise;
template <> inline constexpr auto greatest<seat> = seat::paid;
template <> inline constexpr auto greatest<access_mode> = access_mode::specific;
template <> inline constexpr auto greatest<channel_type> = channel_type::whatsapp;
template <> inline constexpr auto greatest<assign_to> = assign_to::contact_owner;
template <> inline constexpr auto greatest<strategy> = strategy::random;
template <> inline constexpr auto greatest<priority> = priority::urgent;
template <> inline constexpr auto greatest<token_kind> = token_kind::connector;
template <> inline constexpr auto greatest<happening> = happening::ticket_deleted;
template <> inline constexpr auto greatest<webhook_delivery_state> = webhook_delivery_state::delivered;
template <> inline constexpr auto greatest<from_name_mode> = from_name_mode::company;
template <> inline constexpr auto greatest<from_address_mode> = from_address_mode::custom;
template <> inline constexpr auto greatest<ticket_owner> = ticket_owner::user;
template <> inline constexpr auto greatest<presence> = presence::away;
template <> inline constexpr auto greatest<presence_reason> = presence_reason::no_ack;
template <> inline constexpr auto greatest<conversation_status> = conversation_status::closed;
template <> inline constexpr auto greatest<message_direction> = message_direction::out;
template <> inline constexpr auto greatest<message_status> = message_status::failed;
template <> inline constexpr auto greatest<event_kind> = event_kind::ticket;
template <> inline constexpr auto greatest<resource_kind> = resource_kind::ticket;
template <> inline constexpr auto greatest<change_kind> = change_kind::merged;
template <> inline constexpr auto greatest<ticket_status> = ticket_status::closed;
template <> inline constexpr auto greatest<assignment_reason> = assignment_reason::access_lost;
template <> inline constexpr auto greatest<exclusion> = exclusion::lapsed;
template <> inline constexpr auto greatest<decision_result> = decision_result::unassigned;
template <> inline constexpr auto greatest<notice_reason> = notice_reason::owner_offline;
template <> inline constexpr auto greatest<owner_step> = owner_step::closed;
template <> inline constexpr auto greatest<tie_break> = tie_break::chance;
// clang-format on

/// Appends fields. A record's own writer says with `end` when it is finished, and only then they are in `out`; a nested one's length
/// ends it.
class writer {
public:
  explicit writer(std::string& out)
      : buffer_(record_buffer::of_this_thread()), begin_(buffer_.size()), out_(&out), to_(buffer_) {}
  writer(writer& parent, protozero::pbf_tag_type tag) : buffer_(parent.buffer_), begin_(0), out_(nullptr), to_(parent.to_, tag) {}
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;
  ~writer() {
    if (out_) buffer_.cut(begin_);
  }

  void number(protozero::pbf_tag_type tag, std::uint64_t value) { to_.add_uint64(tag, value); }
  void flag(protozero::pbf_tag_type tag, bool value) { to_.add_uint64(tag, value ? 1 : 0); }
  template <class E>
  void word(protozero::pbf_tag_type tag, E value) {
    to_.add_uint64(tag, static_cast<std::uint64_t>(value));
  }
  void time(protozero::pbf_tag_type tag, time_point value) { to_.add_int64(tag, value.time_since_epoch().count()); }
  void text(protozero::pbf_tag_type tag, std::string_view value) { to_.add_bytes(tag, value.data(), value.size()); }
  template <class Tag>
  void id(protozero::pbf_tag_type tag, signalbox::id<Tag> value) {
    to_.add_fixed64(tag, value.value);
  }

  // Left out when they say nothing: reading gives the same again.
  void some_number(protozero::pbf_tag_type tag, std::uint64_t value) {
    if (value != 0) number(tag, value);
  }
  template <class E>
  void some_word(protozero::pbf_tag_type tag, E value) {
    if (value != E{}) word(tag, value);
  }
  void some_text(protozero::pbf_tag_type tag, std::string_view value) {
    if (!value.empty()) text(tag, value);
  }
  void some_flag(protozero::pbf_tag_type tag, bool value) {
    if (value) flag(tag, value);
  }
  template <class Tag>
  void some_id(protozero::pbf_tag_type tag, signalbox::id<Tag> value) {
    if (value.value != 0) id(tag, value);
  }
  void some_time(protozero::pbf_tag_type tag, const std::optional<time_point>& value) {
    if (value) time(tag, *value);
  }
  template <class Tag>
  void some_id(protozero::pbf_tag_type tag, const std::optional<signalbox::id<Tag>>& value) {
    if (value) id(tag, *value);
  }

  void some_assignee(protozero::pbf_tag_type user_tag, protozero::pbf_tag_type team_tag, const assignee& who) {
    if (const auto* user = std::get_if<user_id>(&who)) id(user_tag, *user);
    if (const auto* team = std::get_if<team_id>(&who)) id(team_tag, *team);
  }

  void end() {
    to_.add_uint64(record_end, 1);
    out_->append(buffer_.at(begin_), buffer_.size() - begin_);
    buffer_.cut(begin_);
  }

private:
  record_buffer& buffer_;
  std::size_t begin_;
  std::string* out_;  ///< null in a nested one
  protozero::basic_pbf_writer<record_buffer> to_;
};

/// One field of a record that is being read. A getter answers only for the wire type that its writer uses: a tag with another
/// one is damage.
class field {
public:
  explicit field(protozero::pbf_reader& in) : in_(in) {}
  [[nodiscard]] protozero::pbf_tag_type tag() const { return in_.tag(); }
  [[nodiscard]] std::uint64_t number() {
    want(protozero::pbf_wire_type::varint);
    return in_.get_uint64();
  }
  [[nodiscard]] std::uint32_t number32() {
    const auto value = number();
    if (value > UINT32_MAX) throw corrupt_record("a number that is too large");
    return static_cast<std::uint32_t>(value);
  }
  [[nodiscard]] std::uint32_t number_to(std::uint32_t greatest_value) {
    const auto value = number();
    if (value > greatest_value) throw corrupt_record("a number that is too large");
    return static_cast<std::uint32_t>(value);
  }
  [[nodiscard]] bool flag() { return number() != 0; }
  template <class E>
  [[nodiscard]] E word() {
    return static_cast<E>(number_to(static_cast<std::uint32_t>(greatest<E>)));
  }
  [[nodiscard]] time_point time() {
    want(protozero::pbf_wire_type::varint);
    return time_point{milliseconds{in_.get_int64()}};
  }
  [[nodiscard]] std::string_view text() {
    want(protozero::pbf_wire_type::length_delimited);
    const auto view = in_.get_view();
    return {view.data(), view.size()};
  }
  template <class Id>
  [[nodiscard]] Id id() {
    want(protozero::pbf_wire_type::fixed64);
    return Id{in_.get_fixed64()};
  }
  void skip() { in_.skip(); }

private:
  void want(protozero::pbf_wire_type type) const {
    if (!in_.has_wire_type(type)) throw corrupt_record("field " + std::to_string(in_.tag()) + " has a foreign wire type");
  }
  protozero::pbf_reader& in_;
};

/// Calls `take(field&)` for each field of a nested record; it must read or skip it.
template <class F>
void read_nested(std::string_view bytes, F&& take) {
  protozero::pbf_reader in{bytes.data(), bytes.size()};
  while (in.next()) {
    field one{in};
    take(one);
  }
}

/// The same for a whole record: throws corrupt_record, with `what` it was, unless it is read to its end and says so.
template <class F>
void read_record(std::string_view bytes, const char* what, F&& take) {
  bool ended = false;
  try {
    read_nested(bytes, [&](field& one) {
      ended = one.tag() == record_end;
      if (ended) {
        one.skip();
      } else {
        take(one);
      }
    });
  } catch (const protozero::exception& broken) {
    throw corrupt_record(std::string{what} + ": " + broken.what());
  } catch (const corrupt_record& broken) {
    throw corrupt_record(std::string{what} + ": " + broken.what());
  }
  if (!ended) throw corrupt_record(std::string{what} + ": ends too early");
}

}  // namespace signalbox::fields
