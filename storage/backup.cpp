#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>

#include "storage/rocks_access.hpp"
#include "storage/synced_files.hpp"

namespace signalbox {

namespace {

namespace fs = std::filesystem;

/// Beside the place that it is to have, so that taking it is one step.
fs::path place_under_way(const fs::path& to) {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(to, failed)) &&
      !(fs::is_directory(fs::symlink_status(to, failed)) && fs::is_empty(to, failed)))
    throw storage_refused(to.string() + " exists and is not an empty directory; a backup is written into a new one");
  fs::create_directories(to.parent_path(), failed);
  if (failed) throw storage_refused(to.string() + " can't be made: " + failed.message());
  return to.string() + ".backing-up";
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  std::error_code failed;
  const auto relative = fs::weakly_canonical(inner, failed).lexically_relative(fs::weakly_canonical(outer, failed));
  return !failed && !relative.empty() && *relative.begin() != "..";
}

std::uint64_t size_of(const fs::path& directory) {
  std::uint64_t bytes = 0;
  for (const auto& each : fs::recursive_directory_iterator(directory))
    if (each.is_regular_file()) bytes += each.file_size();
  return bytes;
}

}  // namespace

backup_made backup_store(store& from, const fs::path& directory) {
  auto* rocks = dynamic_cast<rocks_store*>(&from);
  if (rocks == nullptr) throw storage_refused("only a store on disk can be backed up");
  const auto to = without_slash(fs::absolute(directory));
  if (lies_in(to, rocks->directory())) throw storage_refused(to.string() + " lies in the data directory itself");
  try {
    unfinished_directory partial{place_under_way(to)};
    backup_made made;
    const auto commit = from.get(family::meta, keys::commit_number());
    made.commit = commit && commit->size() == 8 ? keys::read_be64(*commit) : 0;
    rocksdb::Checkpoint* raw = nullptr;
    expect_ok(rocksdb::Checkpoint::Create(&rocks->database().db(), &raw), "preparing a backup", rocks->directory());
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint{raw};
    expect_ok(checkpoint->CreateCheckpoint(partial.path().string()), "writing a backup", to);
    sync_tree(partial.path());
    made.bytes = size_of(partial.path());
    partial.keep_as(to);
    return made;
  } catch (const fs::filesystem_error& failed) {
    throw storage_error("writing a backup failed in " + to.string() + ": " + failed.code().message());
  }
}

}  // namespace signalbox
