#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <algorithm>

#include "storage/prepared_log.hpp"
#include "storage/rocks_access.hpp"

namespace signalbox {
namespace {

namespace fs = std::filesystem;

std::string all_family_names() {
  std::string out;
  for (const auto name : family_names) (out += name) += '\n';
  return out;
}

[[noreturn]] void refuse_directory(const fs::path& directory, const std::string& why) {
  throw storage_refused(directory.string() + " " + why);
}

/// True when a store is there, false when one may be made.
bool look_at_directory(const rocks_options& options) {
  const auto& directory = options.directory;
  std::error_code failed;
  if (!fs::exists(directory, failed)) {
    if (!options.create_if_missing || options.read_only) refuse_directory(directory, "does not exist");
    fs::create_directories(directory, failed);
    if (failed) refuse_directory(directory, "can't be made: " + failed.message());
    return false;
  }
  if (!fs::is_directory(directory, failed)) refuse_directory(directory, "is not a directory");
  if (fs::exists(directory / "CURRENT", failed)) return true;
  if (!options.create_if_missing || options.read_only) refuse_directory(directory, "holds no store");
  // What RocksDB leaves when it is killed while it makes one, and what a fresh file system has.
  constexpr std::array<std::string_view, 6> harmless{"LOCK", "LOG", "IDENTITY", "MANIFEST", "lost+found", "0000"};
  auto entries = fs::directory_iterator(directory, failed);
  if (failed) refuse_directory(directory, "can't be read: " + failed.message());
  for (const auto& entry : entries) {
    const auto name = entry.path().filename().string();
    if (std::ranges::none_of(harmless, [&](std::string_view begin) { return name.starts_with(begin); })) {
      refuse_directory(directory, "holds other files (" + name + ") and no store");
    }
  }
  return false;
}

struct opened {
  rocksdb::Status status;
  std::unique_ptr<rocks_database> database;
};

opened open_with(const rocks_options& options, log_damage on_damage, bool read_only) {
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto name = options.directory.string();
  auto status =
      read_only
          ? rocksdb::DB::OpenForReadOnly(database_options(options, on_damage), name, family_descriptors(options), &handles, &db)
          : rocksdb::DB::Open(database_options(options, on_damage), name, family_descriptors(options), &handles, &db);
  opened result{std::move(status), nullptr};
  if (result.status.ok())
    result.database = std::make_unique<rocks_database>(std::unique_ptr<rocksdb::DB>{db}, std::move(handles));
  return result;
}

std::optional<std::string> meta(const rocks_database& database, const std::string& key, const fs::path& directory) {
  std::string value;
  const auto status = database.db().Get({}, database.in(family::meta), key, &value);
  if (status.IsNotFound()) return std::nullopt;
  expect_ok(status, "reading the format", directory);
  return value;
}

std::uint64_t commit_number_of(const rocks_database& database, const fs::path& directory) {
  const auto value = meta(database, keys::commit_number(), directory);
  return value && value->size() == 8 ? keys::read_be64(*value) : 0;
}

std::uint32_t format_in(std::string_view value) {
  std::uint32_t number = 0;
  for (const char c : value) number = number << 8 | static_cast<unsigned char>(c);
  return value.size() == 4 ? number : 0;
}

void refuse_format(const fs::path& directory, std::uint32_t format) {
  if (format > storage_format_version) {
    refuse_directory(directory, "was written by a newer version (storage format " + std::to_string(format) + "; this one knows " +
                                    std::to_string(storage_format_version) + ")");
  }
  if (format == 0) refuse_directory(directory, "holds another program's database");
}

/// Some first ones of our families are fine: making a store may have been cut short, and a damaged manifest is said by opening.
void check_families(const rocks_options& options) {
  const auto directory = options.directory.string();
  std::vector<std::string> names;
  expect_ok(rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions{}, directory, &names), "reading the manifest", options.directory);
  if (std::ranges::mismatch(names, family_names).in1 == names.end()) return;
  rocksdb::DB* raw = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(rocksdb::Options{}, directory, &raw);
  const std::unique_ptr<rocksdb::DB> db{raw};
  std::string value;
  if (status.ok() && db->Get({}, keys::format(), &value).ok()) refuse_format(options.directory, format_in(value));
  refuse_directory(options.directory, "holds another program's database");
}

void check_format(rocks_database& database, const rocks_options& options, bool may_write) {
  const auto& directory = options.directory;
  const auto format = meta(database, keys::format(), directory);
  if (!format) {
    // Ours only if its making was cut short before anything was written.
    if (!may_write || database.db().GetLatestSequenceNumber() != 0)
      refuse_directory(directory, "holds another program's database");
    rocksdb::WriteBatch first;
    std::string version;
    keys::append_be32(version, storage_format_version);
    expect_ok(first.Put(database.in(family::meta), keys::format(), version), "writing the format", directory);
    expect_ok(first.Put(database.in(family::meta), keys::family_map(), all_family_names()), "writing the format", directory);
    rocksdb::WriteOptions durable;
    durable.sync = true;
    expect_ok(database.db().Write(durable, &first), "writing the format", directory);
  } else {
    refuse_format(directory, format_in(*format));  // the first format: there is no older one to migrate
    if (meta(database, keys::family_map(), directory) != all_family_names()) {
      refuse_directory(directory, "names its families in another order than this version");
    }
  }
  for (std::size_t i = 0; i < family_names.size(); ++i) {
    if (database.in(static_cast<family>(i))->GetID() != i) refuse_directory(directory, "numbers its families in another order");
  }
}

/// Whether a damaged log lost nothing that was acknowledged. The end of the one commit that was under way may be missing where filler
/// lay ready for it, and a power cut may write its pages out of order, which looks like damage before the end; anything written by
/// a later commit says that the damaged one was synced before it, and may be acknowledged.
bool only_last_commit_is_damaged(const rocks_options& options) {
  const auto before = open_with(options, log_damage::stop, true);
  if (!before.status.ok()) return false;
  const auto beyond = open_with(options, log_damage::skip, true);
  if (!beyond.status.ok()) return false;
  return commit_number_of(*beyond.database, options.directory) <= commit_number_of(*before.database, options.directory) + 1;
}

opened open_unless_damaged(const rocks_options& options, bool read_only) {
  auto first = open_with(options, log_damage::refuse, read_only);
  if (first.status.IsCorruption() && only_last_commit_is_damaged(options)) return open_with(options, log_damage::stop, read_only);
  return first;
}

}  // namespace

bool is_locked(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find("/LOCK") != std::string::npos &&
         (status.ToString().find("lock hold") != std::string::npos ||
          status.ToString().find("temporarily unavailable") != std::string::npos);
}

void expect_ok(const rocksdb::Status& status, std::string_view doing, const fs::path& directory) {
  if (status.ok()) return;
  // A flush that found the disk full before this write comes back as another status with the same text.
  if (status.IsNoSpace() || status.ToString().find("No space left") != std::string::npos) {
    throw storage_error("the disk of " + directory.string() + " is full (" + std::string{doing} + "): " + status.ToString());
  }
  throw storage_error(std::string{doing} + " failed in " + directory.string() + ": " + status.ToString());
}

rocks_database::rocks_database(std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> families)
    : db_(std::move(db)), families_(std::move(families)) {}

rocks_database::~rocks_database() {
  for (auto* handle : families_) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  db_->Close().PermitUncheckedError();  // everything acknowledged is in the log already
}

directory_lock::directory_lock(const fs::path& directory) {
  const auto status = rocksdb::Env::Default()->LockFile((directory / "LOCK").string(), &lock_);
  if (!status.ok() && is_locked(status)) throw storage_locked(directory.string() + " is in use by another server");
}

directory_lock::~directory_lock() {
  if (lock_ != nullptr) rocksdb::Env::Default()->UnlockFile(lock_).PermitUncheckedError();
}

std::unique_ptr<rocks_database> open_database(const rocks_options& options) {
  if (look_at_directory(options)) {
    check_families(options);
    const directory_lock lock{options.directory};
    cut_prepared_logs(options.directory);
  }
  auto first = open_unless_damaged(options, false);
  if (is_locked(first.status)) throw storage_locked(options.directory.string() + " is in use by another server");
  if (first.status.IsIOError() && first.status.ToString().find("Permission denied") != std::string::npos)
    throw storage_refused(options.directory.string() + " may not be opened by this user: " + first.status.ToString());
  expect_ok(first.status, "opening the store", options.directory);
  check_format(*first.database, options, true);
  return std::move(first.database);
}

std::unique_ptr<rocks_database> open_to_look(const rocks_options& options, log_damage on_damage) {
  auto looking = options;
  looking.read_only = true;
  looking.create_if_missing = false;
  look_at_directory(looking);
  check_families(looking);
  auto result = on_damage == log_damage::refuse ? open_unless_damaged(looking, true) : open_with(looking, on_damage, true);
  expect_ok(result.status, "opening the store", options.directory);
  check_format(*result.database, looking, false);
  return std::move(result.database);
}

}  // namespace signalbox
