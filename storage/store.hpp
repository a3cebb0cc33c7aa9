/// The store as actors see it. RocksDB stands behind it in the product, a fake that fails and forgets in tests.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "storage/change_set.hpp"

namespace signalbox {

/// The disk can't be trusted any more: nothing may be acknowledged after it. JOURNAL ends the process on it.
class storage_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Another server holds the directory, or it holds a newer format: said at opening.
class storage_refused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The first of these: a process holds the directory.
class storage_locked : public storage_refused {
public:
  using storage_refused::storage_refused;
};

/// What the store holds of the machine now, in bytes. The block cache counts what it holds of its bound.
struct store_usage {
  std::uint64_t memtables = 0;           ///< all of them
  std::uint64_t memtables_flushing = 0;  ///< of those: full, on their way to disk
  std::uint64_t block_cache = 0;
  std::uint64_t table_readers = 0;  ///< outside the cache
  std::uint64_t tables_on_disk = 0;
  std::uint64_t log_on_disk = 0;
  std::uint64_t compaction_pending = 0;  ///< an estimate of what compactions have yet to rewrite, of what is merged by levels
  std::array<std::uint32_t, family_names.size()> runs{};  ///< in how many places a key of the family may be looked for
  std::uint64_t write_limit = 0;  ///< bytes a second that are let in while flushes or merges catch up; 0: no limit
  bool writes_stopped = false;    ///< none are, until they have
};

/// A commit that has its positions and is not written yet: its store's, whatever is in it.
class prepared_commit {
public:
  prepared_commit() = default;
  prepared_commit(const prepared_commit&) = delete;
  prepared_commit& operator=(const prepared_commit&) = delete;
  virtual ~prepared_commit() = default;
};

/// Reads are safe from any thread and see what is committed. `prepare` and `commit` are for one thread at a time: JOURNAL's.
class store {
public:
  store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;
  virtual ~store() = default;

  /// Writes the sets in order with one fsync at the end; returns when all of it is durable. `first_positions[i]` becomes the
  /// position of set i's event 0. A set of more than `change_set_bytes_max` is a defect of its builder, and still written.
  /// Throws storage_error; nothing may be assumed then but that a prefix of whole sets was written.
  virtual void commit(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions) = 0;

  /// The first half of a commit that another thread writes: copies the sets and gives them their places behind all that came
  /// before. Must be written: the store is broken for everything behind a prepared commit that goes without.
  [[nodiscard]] virtual std::unique_ptr<prepared_commit> prepare(std::span<const change_set* const> sets,
                                                                 std::span<std::uint64_t> first_positions) = 0;
  /// The second half, for each in the order of preparing, on any threads. Calls `durable`, in that order, when all of it can be
  /// read and is there after a power cut; once before, `let_next`, as soon as another thread may write the next commit beside
  /// what is left to do for this one. Throws as `commit` does, before or after `let_next`; later writes throw too then.
  virtual void write(prepared_commit& what, const std::function<void()>& let_next, const std::function<void()>& durable) = 0;

  /// A point read: microseconds when cached, a disk read otherwise. Throws storage_error on a broken disk or a bad checksum.
  [[nodiscard]] virtual std::optional<std::string> get(family in, std::string_view key) const = 0;
  /// The same for several keys at once, cheaper than one by one. Same order as `keys`.
  [[nodiscard]] virtual std::vector<std::optional<std::string>> get_many(family in, std::span<const std::string> keys) const = 0;

  /// Calls `visit(key, value)` for keys in [from, to) in order until it returns false. `to` empty: no upper bound.
  virtual void scan(family in, std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const = 0;
  /// The same downwards: keys in [from, to) from the greatest.
  virtual void scan_back(family in, std::string_view from, std::string_view to,
                         const std::function<bool(std::string_view, std::string_view)>& visit) const = 0;

  /// The event at a position, or nothing.
  [[nodiscard]] virtual std::optional<std::string> event_at(std::uint8_t group, std::uint64_t position) const = 0;
  /// Records at several positions of one group (ascending), those that exist.
  [[nodiscard]] virtual std::vector<std::pair<std::uint64_t, std::string>> events_at(
      std::uint8_t group, std::span<const std::uint64_t> positions) const = 0;
  /// The newest committed position of a group; 0: none.
  [[nodiscard]] virtual std::uint64_t head(std::uint8_t group) const = 0;

  /// For metrics; takes a lock of the store's for a moment.
  [[nodiscard]] virtual store_usage usage() const { return {}; }

  /// Called by the server at intervals: drops ranges that retention has passed. Never a scan of everything.
  virtual void drop_range(family in, std::string_view from, std::string_view to) = 0;
};

}  // namespace signalbox
