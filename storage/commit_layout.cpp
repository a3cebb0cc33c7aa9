#include "storage/commit_layout.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace signalbox {
namespace {

constexpr std::uint32_t none = UINT32_MAX;

}  // namespace

std::span<const commit_layout::batch> commit_layout::split(std::span<const change_set* const> sets) {
  std::array<std::size_t, 256> open;
  open.fill(SIZE_MAX);
  used_ = 0;
  for (std::uint32_t i = 0; i < sets.size(); ++i) {
    const auto& set = *sets[i];
    if (set.empty()) continue;
    auto& of_group = open[set.group()];
    if (of_group == SIZE_MAX || batches_[of_group].bytes + set.bytes() > change_set_bytes_max) {
      of_group = used_++;
      if (used_ > batches_.size()) batches_.emplace_back();
      batches_[of_group].group = set.group();
      batches_[of_group].sets.clear();
      batches_[of_group].bytes = 0;
    }
    batches_[of_group].sets.push_back(i);
    batches_[of_group].bytes += set.bytes();
  }
  if (used_ > 1)
    std::stable_sort(batches_.begin(), batches_.begin() + static_cast<std::ptrdiff_t>(used_),
                     [](const batch& a, const batch& b) { return a.group < b.group; });
  return {batches_.data(), used_};
}

std::uint64_t commit_layout::write(const batch& which, std::span<const change_set* const> sets, std::uint64_t head,
                                   std::span<std::uint64_t> first_positions, batch_sink& to) {
  rows_.clear();
  feeds_.clear();
  keyed_.clear();
  std::ranges::fill(table_, 0);
  char event_key[9] = {static_cast<char>(which.group)};
  for (const auto index : which.sets) {
    const auto first = head + 1;
    first_positions[index] = first;
    sets[index]->for_each([&](const change_set::operation& of) {
      using type = change_set::operation::type;
      switch (of.what) {
        case type::event:
          head = first + of.number;
          keys::write_be64(event_key + 1, head);
          to.put(family::events, {event_key, sizeof event_key}, of.value);
          break;
        case type::feed:
          collect(of.key, first + of.number);
          break;
        case type::put_position:
          keep(of, first + of.number);
          break;
        case type::put:
        case type::erase:
          keep(of, 0);
          break;
      }
    });
  }
  write_keyed(to);
  write_feeds(to);
  return head;
}

void commit_layout::keep(const change_set::operation& of, std::uint64_t position) {
  keyed_.push_back({of.key, of.value, position, static_cast<std::uint32_t>(keyed_.size()), of.in,
                    of.what == change_set::operation::type::erase});
}

void commit_layout::write_keyed(batch_sink& to) {
  std::ranges::sort(keyed_, [](const keyed_row& a, const keyed_row& b) {
    if (a.in != b.in) return a.in < b.in;
    const auto order = a.key.compare(b.key);
    return order != 0 ? order < 0 : a.place < b.place;
  });
  for (std::size_t i = 0; i < keyed_.size(); ++i) {
    const auto& row = keyed_[i];
    if (i + 1 < keyed_.size() && keyed_[i + 1].in == row.in && keyed_[i + 1].key == row.key) continue;
    char position[8];
    if (row.position != 0) keys::write_be64(position, row.position);
    if (row.erased)
      to.erase(row.in, row.key);
    else
      to.put(row.in, row.key, row.position != 0 ? std::string_view{position, sizeof position} : row.value);
  }
}

void commit_layout::collect(std::string_view feed, std::uint64_t position) {
  if (2 * (feeds_.size() + 1) > table_.size()) grow_table();
  const auto row = static_cast<std::uint32_t>(rows_.size());
  rows_.push_back({position, none});
  const auto hash = XXH3_64bits(feed.data(), feed.size());
  const auto mask = table_.size() - 1;
  for (auto at = hash & mask;; at = (at + 1) & mask) {
    if (table_[at] == 0) {
      feeds_.push_back({feed, hash, row, row});
      table_[at] = static_cast<std::uint32_t>(feeds_.size());
      return;
    }
    auto& entry = feeds_[table_[at] - 1];
    if (entry.hash == hash && entry.prefix == feed) {
      rows_[entry.last].next = row;
      entry.last = row;
      return;
    }
  }
}

void commit_layout::grow_table() {
  table_.assign(std::max<std::size_t>(64, table_.size() * 2), 0);
  const auto mask = table_.size() - 1;
  for (std::uint32_t i = 0; i < feeds_.size(); ++i) {
    auto at = feeds_[i].hash & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = i + 1;
  }
}

void commit_layout::write_feeds(batch_sink& to) {
  std::ranges::sort(feeds_, {}, &feed_entry::prefix);
  for (const auto& feed : feeds_) {
    positions_.clear();
    for (auto row = feed.first; row != none; row = rows_[row].next) positions_.push_back(rows_[row].position);
    if (!std::ranges::is_sorted(positions_)) std::ranges::sort(positions_);
    positions_.erase(std::unique(positions_.begin(), positions_.end()), positions_.end());
    key_.assign(feed.prefix);
    keys::append_be64(key_, positions_.front());
    value_.clear();
    keys::append_positions(value_, positions_);
    to.put(family::feeds, key_, value_);
  }
}

}  // namespace signalbox
