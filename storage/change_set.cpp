#include "storage/change_set.hpp"

#include <algorithm>
#include <cassert>

namespace signalbox {

std::uint32_t change_set::keep(std::string_view bytes) {
  const auto at = static_cast<std::uint32_t>(arena_.size());
  arena_.append(bytes);
  return at;
}

void change_set::reserve(std::size_t changes, std::size_t bytes_each) {
  arena_.reserve(std::min(arena_.size() + changes * bytes_each, change_set_bytes_max));
  rows_.reserve(rows_.size() + changes);
}

std::uint32_t change_set::add_event(std::string_view record) {
  const auto number = events();
  event_rows_.push_back(static_cast<std::uint32_t>(rows_.size()));
  const auto at = keep(record);
  rows_.push_back({operation::type::event, family::events, 0, 0, at, static_cast<std::uint32_t>(record.size()), number});
  return number;
}

void change_set::feed(std::string_view feed, std::uint32_t number) {
  assert(number < events());
  const auto at = keep(feed);
  rows_.push_back({operation::type::feed, family::feeds, at, static_cast<std::uint32_t>(feed.size()), 0, 0, number});
}

void change_set::put(family in, std::string_view key, std::string_view value) {
  const auto key_at = keep(key);
  const auto value_at = keep(value);
  rows_.push_back({operation::type::put, in, key_at, static_cast<std::uint32_t>(key.size()), value_at,
                   static_cast<std::uint32_t>(value.size()), 0});
}

void change_set::put_position(family in, std::string_view key, std::uint32_t number) {
  assert(number < events());
  const auto at = keep(key);
  rows_.push_back({operation::type::put_position, in, at, static_cast<std::uint32_t>(key.size()), 0, 0, number});
}

void change_set::erase(family in, std::string_view key) {
  const auto at = keep(key);
  rows_.push_back({operation::type::erase, in, at, static_cast<std::uint32_t>(key.size()), 0, 0, 0});
}

std::string_view change_set::event_record(std::uint32_t number) const {
  const auto& of = rows_[event_rows_[number]];
  return view(of.value_at, of.value_size);
}

}  // namespace signalbox
