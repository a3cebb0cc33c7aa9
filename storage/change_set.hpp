/// Everything one decision changes, finished before it is committed: the unit that is durable whole or not at all.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/families.hpp"

namespace signalbox {

/// Built by one actor, then moved to JOURNAL. Positions aren't known yet: events are numbered from 0 within the set, and
/// what refers to a position names that number; the store fills in `first position + number`.
class change_set {
public:
  explicit change_set(std::uint8_t slot_group) : group_(slot_group) {}

  /// Makes room for so many changes of that size, at once instead of piece by piece.
  void reserve(std::size_t changes, std::size_t bytes_each);
  /// Appends one event's record; gives its number.
  std::uint32_t add_event(std::string_view record);
  /// Event `number` goes into the feed whose key begins with `feed` (keys::feed). Feeds of one commit are written as one entry each.
  void feed(std::string_view feed, std::uint32_t number);
  void put(family in, std::string_view key, std::string_view value);
  /// The value is the 8-byte big-endian position of event `number`.
  void put_position(family in, std::string_view key, std::uint32_t number);
  void erase(family in, std::string_view key);

  struct operation {
    enum class type : std::uint8_t { event, feed, put, put_position, erase } what;
    family in{};
    std::string_view key;    ///< event: empty
    std::string_view value;  ///< event: the record
    std::uint32_t number = 0;
  };
  /// Calls `f(const operation&)` for each, in order.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& r : rows_) f(operation{r.what, r.in, view(r.key_at, r.key_size), view(r.value_at, r.value_size), r.number});
  }

  [[nodiscard]] std::string_view event_record(std::uint32_t number) const;
  [[nodiscard]] std::uint32_t events() const { return static_cast<std::uint32_t>(event_rows_.size()); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// Not less than what it adds to a WriteBatch.
  [[nodiscard]] std::size_t bytes() const { return arena_.size() + rows_.size() * 24; }
  [[nodiscard]] std::uint8_t group() const { return group_; }

private:
  struct row {
    operation::type what;
    family in;
    std::uint32_t key_at, key_size, value_at, value_size, number;
  };
  [[nodiscard]] std::string_view view(std::uint32_t at, std::uint32_t size) const {
    return std::string_view{arena_}.substr(at, size);
  }
  std::uint32_t keep(std::string_view bytes);

  std::uint8_t group_;
  std::string arena_;
  std::vector<row> rows_;
  std::vector<std::uint32_t> event_rows_;
};

/// A change set stays under this (cluster rule 8); builders split at message borders.
inline constexpr std::size_t change_set_bytes_max = 1'000'000;

}  // namespace signalbox
