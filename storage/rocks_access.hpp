/// RocksDB behind the store, for the sources of this folder that touch it. Named here, included only there.
#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "storage/commit_layout.hpp"
#include "storage/rocks_store.hpp"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class FileLock;
class Status;
struct ColumnFamilyDescriptor;
struct DBOptions;
}  // namespace rocksdb

namespace signalbox {

/// What an opening does about a damaged record in the write-ahead log.
enum class log_damage {
  refuse,  ///< what is damaged of the last commit alone is forgotten (never acknowledged); anything else is an error
  stop,    ///< what is before it is kept
  skip,    ///< what is whole is kept; only ever to look
};

[[nodiscard]] rocksdb::DBOptions database_options(const rocks_options& options, log_damage on_damage);
/// In the order of families.hpp.
[[nodiscard]] std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(const rocks_options& options);
/// Keys of this length are inserted by hint; a range tombstone must not have one. 0: the family has no hints.
[[nodiscard]] std::size_t hinted_key_bytes(family of);

/// An open database with its families by number.
class rocks_database {
public:
  rocks_database(std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> families);
  rocks_database(const rocks_database&) = delete;
  rocks_database& operator=(const rocks_database&) = delete;
  ~rocks_database();
  [[nodiscard]] rocksdb::DB& db() const { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* in(family which) const { return families_[static_cast<std::size_t>(which)]; }

private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

/// Opens as `options` says, checks format and families. Throws storage_refused or storage_error.
[[nodiscard]] std::unique_ptr<rocks_database> open_database(const rocks_options& options);
/// The same without changing anything on disk, whatever `options` says.
[[nodiscard]] std::unique_ptr<rocks_database> open_to_look(const rocks_options& options, log_damage on_damage);

/// Keeps servers out meanwhile; throws storage_locked when one is in. A directory that can't be written, as a mounted backup, needs no
/// lock.
class directory_lock {
public:
  explicit directory_lock(const std::filesystem::path& directory);
  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;
  ~directory_lock();

private:
  rocksdb::FileLock* lock_ = nullptr;
};

/// Whether an opening or a lock failed because a process holds the directory.
[[nodiscard]] bool is_locked(const rocksdb::Status& status);

/// Throws storage_error unless `status` is ok; says that the disk is full when that is what it is.
void expect_ok(const rocksdb::Status& status, std::string_view doing, const std::filesystem::path& directory);

class rocks_store final : public store {
public:
  rocks_store(rocks_options options, std::unique_ptr<rocks_database> database, commit_observer observer);
  ~rocks_store() override;

  void commit(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions) override;
  [[nodiscard]] std::unique_ptr<prepared_commit> prepare(std::span<const change_set* const> sets,
                                                         std::span<std::uint64_t> first_positions) override;
  void write(prepared_commit& what, const std::function<void()>& let_next, const std::function<void()>& durable) override;
  [[nodiscard]] std::optional<std::string> get(family in, std::string_view key) const override;
  [[nodiscard]] std::vector<std::optional<std::string>> get_many(family in, std::span<const std::string> keys) const override;
  void scan(family in, std::string_view from, std::string_view to,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  void scan_back(family in, std::string_view from, std::string_view to,
                 const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  [[nodiscard]] std::optional<std::string> event_at(std::uint8_t group, std::uint64_t position) const override;
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::string>> events_at(
      std::uint8_t group, std::span<const std::uint64_t> positions) const override;
  [[nodiscard]] std::uint64_t head(std::uint8_t group) const override;
  [[nodiscard]] store_usage usage() const override;
  void drop_range(family in, std::string_view from, std::string_view to) override;

  [[nodiscard]] rocks_database& database() const { return *database_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return options_.directory; }

private:
  class batch_writer;
  class prepared;
  class turn;
  struct outcome;
  void find_heads();
  void expect_usable() const;
  [[nodiscard]] std::unique_ptr<batch_writer> take_spare(std::size_t bytes);
  void give_back(std::unique_ptr<batch_writer> spare);
  /// Gives each batch to `each` when it is laid out.
  outcome lay_out(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions,
                  const std::function<void(std::unique_ptr<batch_writer>, bool last)>& each);
  std::uint64_t write_batch(batch_writer& one, bool last);  ///< @return how long that took, ns
  void end(turn& of, const outcome& made, const std::function<void()>& durable);

  rocks_options options_;
  std::unique_ptr<rocks_database> database_;
  commit_observer observer_;

  // Of who prepares.
  commit_layout layout_;
  std::uint64_t commit_number_ = 0;
  std::uint64_t turns_ = 0;
  std::array<std::uint64_t, keys::groups> prepared_heads_{};

  std::atomic<bool> broken_ = false;      ///< for good
  std::atomic<std::uint64_t> ended_ = 0;  ///< the turn that ended last: they end in order
  std::array<std::atomic<std::uint64_t>, keys::groups> heads_{};

  std::mutex spares_lock_;
  std::vector<std::unique_ptr<batch_writer>> spares_;  ///< used again
};

}  // namespace signalbox
