/// A store in memory with RocksDB's semantics, and faults. What a completed commit wrote is durable; what a failing one wrote
/// is what the test says.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

#include "storage/commit_layout.hpp"
#include "storage/store.hpp"

namespace signalbox {

class memory_store final : public store {
public:
  memory_store() = default;

  void commit(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions) override;
  [[nodiscard]] std::unique_ptr<prepared_commit> prepare(std::span<const change_set* const> sets,
                                                         std::span<std::uint64_t> first_positions) override;
  void write(prepared_commit& what, const std::function<void()>& let_next, const std::function<void()>& durable) override;
  [[nodiscard]] std::optional<std::string> get(family in, std::string_view key) const override;
  [[nodiscard]] std::vector<std::optional<std::string>> get_many(family in, std::span<const std::string> keys) const override;
  /// The family must not be committed to from within `visit`.
  void scan(family in, std::string_view from, std::string_view to,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  void scan_back(family in, std::string_view from, std::string_view to,
                 const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  [[nodiscard]] std::optional<std::string> event_at(std::uint8_t group, std::uint64_t position) const override;
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::string>> events_at(
      std::uint8_t group, std::span<const std::uint64_t> positions) const override;
  [[nodiscard]] std::uint64_t head(std::uint8_t group) const override;
  void drop_range(family in, std::string_view from, std::string_view to) override;

  /// The next commit throws storage_error and every one after it, as with a disk that broke. `batches_kept` of its batches (one
  /// a slot group, or more when it is large) reach the disk: 0 is a failure at once, SIZE_MAX one that only loses the answer.
  void fail_next_commit(std::size_t batches_kept = 0) { fail_after(0, batches_kept); }
  /// The same, after `commits` more that succeed.
  void fail_after(std::size_t commits, std::size_t batches_kept = 0);
  /// What the failing commit wrote was not synced: `crash` forgets it, though it can be read until then.
  void forget_unsynced(bool on) { forget_unsynced_ = on; }

  /// What `write` wrote is said to be durable later, by `tell_one`: meanwhile the next may be written.
  void overlap(bool on) { overlap_ = on; }
  /// Says so of the oldest of which it wasn't said yet. @return whether there was one
  bool tell_one();
  [[nodiscard]] std::size_t untold() const { return untold_.size(); }
  [[nodiscard]] std::size_t untold_most() const { return untold_most_; }  ///< at once, so far

  /// Called before each commit is written, on its thread; may throw.
  void before_commit(std::function<void(std::span<const change_set* const>)> call) { before_commit_ = std::move(call); }

  /// What a start after a crash at this moment finds. Faults and hooks are not taken along.
  [[nodiscard]] std::unique_ptr<memory_store> crash() const;

  [[nodiscard]] std::uint64_t commits() const { return commits_; }  ///< that succeeded

private:
  using rows = std::map<std::string, std::string, std::less<>>;
  struct image {
    std::array<rows, family_names.size()> families;
    std::array<std::uint64_t, keys::groups> heads{};
    std::uint64_t commit_number = 0;
  };
  class writer;
  class prepared;
  void give_positions(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions);
  void write(std::span<const change_set* const> sets);
  [[nodiscard]] const rows& in(family which) const { return now_.families[static_cast<std::size_t>(which)]; }

  mutable std::shared_mutex mutex_;
  image now_;
  std::array<std::uint64_t, keys::groups> prepared_heads_{};
  bool overlap_ = false;
  std::deque<std::function<void()>> untold_;
  std::size_t untold_most_ = 0;
  std::unique_ptr<image> synced_;  ///< before the commit that failed; null: the same as `now_`
  commit_layout layout_;
  bool broken_ = false;
  bool forget_unsynced_ = false;
  std::optional<std::size_t> fail_in_;
  std::size_t batches_kept_ = 0;
  std::uint64_t commits_ = 0;
  std::function<void(std::span<const change_set* const>)> before_commit_;
};

}  // namespace signalbox
