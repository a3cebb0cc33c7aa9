/// How change sets become the operations of WriteBatches: positions given, feed entries of one batch joined, of what is written to
/// one key the last alone, all in the order of their keys: a memtable finds the place beside the one before it several times faster
/// than any other. Pure bytes, so that a store in memory holds exactly what RocksDB holds.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/change_set.hpp"
#include "storage/keys.hpp"

namespace signalbox {

/// Takes the operations of one batch: a key at most once, each family's in rising order. Views are valid during the call.
class batch_sink {
public:
  virtual ~batch_sink() = default;
  virtual void put(family in, std::string_view key, std::string_view value) = 0;
  virtual void erase(family in, std::string_view key) = 0;
};

/// Keeps its buffers from commit to commit. Not thread-safe.
class commit_layout {
public:
  /// Sets that are written together: of one slot group, under `change_set_bytes_max` unless a single set is larger.
  struct batch {
    std::uint8_t group = 0;
    std::vector<std::uint32_t> sets;  ///< indices, ascending
    std::size_t bytes = 0;
  };

  /// Batches by group, each group's in the order of its sets. Empty sets are in none. Valid until the next call.
  [[nodiscard]] std::span<const batch> split(std::span<const change_set* const> sets);

  /// Writes a batch; its events get the positions after `head`. Gives the head after it.
  std::uint64_t write(const batch& which, std::span<const change_set* const> sets, std::uint64_t head,
                      std::span<std::uint64_t> first_positions, batch_sink& to);

private:
  struct feed_row {
    std::uint64_t position;
    std::uint32_t next;
  };
  struct feed_entry {
    std::string_view prefix;
    std::uint64_t hash;
    std::uint32_t first, last;
  };
  struct keyed_row {
    std::string_view key;
    std::string_view value;
    std::uint64_t position = 0;  ///< the value, if not 0: positions begin at 1
    std::uint32_t place = 0;     ///< among all, so that the last of a key is known
    family in{};
    bool erased = false;
  };
  void keep(const change_set::operation& of, std::uint64_t position);
  void collect(std::string_view feed, std::uint64_t position);
  void write_keyed(batch_sink& to);
  void grow_table();
  void write_feeds(batch_sink& to);

  std::vector<batch> batches_;
  std::size_t used_ = 0;
  std::vector<keyed_row> keyed_;
  std::vector<feed_row> rows_;
  std::vector<feed_entry> feeds_;
  std::vector<std::uint32_t> table_;  ///< open addressing, a power of two: index into `feeds_` + 1, 0 is free
  std::vector<std::uint64_t> positions_;
  std::string key_, value_;
};

}  // namespace signalbox
