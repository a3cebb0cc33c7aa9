#include "app/data_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "storage/rocks_store.hpp"

namespace signalbox {

namespace {

namespace fs = std::filesystem;

rocks_options existing_store(const configuration& with, const fs::path& directory) {
  rocks_options options;
  options.directory = directory;
  options.create_if_missing = false;
  options.memtable_bytes = with.storage.memtable_bytes;
  options.block_cache_bytes = with.storage.block_cache_bytes;
  return options;
}

std::uint64_t print_problems(const configuration& with, const fs::path& directory) {
  auto options = existing_store(with, directory);
  options.read_only = true;
  return verify_store(options, [](const std::string& problem) { fmt::print("{}\n", problem); });
}

bool is_filled_directory(const fs::path& path) {
  std::error_code fault;
  return fs::is_directory(path, fault) && !fs::is_empty(path, fault) && !fault;
}

exit_code say_missing(const fs::path& path) {
  fmt::print(stderr, "signalbox: {} is not a directory with a store in it\n", path.string());
  return exit_code::no_input;
}

/// What was copied is a backup only when it outlives a power cut.
void sync_path(const fs::path& path) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) throw fs::filesystem_error("cannot open", path, std::error_code(errno, std::generic_category()));
  const int fault = ::fsync(opened) == 0 ? 0 : errno;
  ::close(opened);
  if (fault != 0) throw fs::filesystem_error("cannot sync", path, std::error_code(fault, std::generic_category()));
}

void sync_tree(const fs::path& directory) {
  for (const auto& each : fs::recursive_directory_iterator(directory)) sync_path(each.path());
  sync_path(directory);
}

/// A directory under way: gone again unless it is kept, whatever stops the work on it.
class unfinished_directory {
public:
  explicit unfinished_directory(fs::path path) : path_(std::move(path)) { fs::remove_all(path_); }
  ~unfinished_directory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  unfinished_directory(const unfinished_directory&) = delete;
  unfinished_directory& operator=(const unfinished_directory&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }
  void keep_as(const fs::path& name) {
    fs::rename(path_, name);
    path_.clear();
  }

private:
  fs::path path_;
};

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

/// `dir/` names the same directory as `dir`, but has no file name to append to.
fs::path without_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

}  // namespace

exit_code verify_data(const configuration& with) {
  const auto& directory = with.server.data;
  if (!is_filled_directory(directory)) return say_missing(directory);
  const auto problems = print_problems(with, directory);
  if (problems == 0) {
    fmt::print("{} is sound.\n", directory.string());
    return exit_code::ok;
  }
  fmt::print("{} has {} problem{}.\n", directory.string(), problems, problems == 1 ? "" : "s");
  return exit_code::failed;
}

exit_code backup_data(const configuration& with, const fs::path& to) {
  const auto target = without_slash(to);
  if (!is_filled_directory(with.server.data)) return say_missing(with.server.data);
  if (fs::exists(target)) {
    fmt::print(stderr, "signalbox: {} exists already; name a new directory\n", target.string());
    return exit_code::no_input;
  }
  const auto from = open_rocks_store(existing_store(with, with.server.data));
  backup_store(*from, target);
  sync_tree(target);
  sync_path(parent_of(target));
  fmt::print("{} is backed up in {}.\n", with.server.data.string(), target.string());
  return exit_code::ok;
}

exit_code restore_data(const configuration& with, const fs::path& from) {
  const auto target = without_slash(with.server.data);
  if (!is_filled_directory(from)) return say_missing(from);
  if (fs::exists(target) && !(fs::is_directory(target) && fs::is_empty(target))) {
    fmt::print(stderr, "signalbox: {} is not empty; restore into a new directory\n", target.string());
    return exit_code::locked;
  }
  unfinished_directory partial(target.string() + ".restoring");
  fs::copy(from, partial.path(), fs::copy_options::recursive);
  sync_tree(partial.path());
  const auto problems = print_problems(with, partial.path());
  if (problems != 0) {
    fmt::print(stderr, "signalbox: {} is not sound ({} problems); nothing was restored\n", from.string(), problems);
    return exit_code::bad_input;
  }
  if (fs::exists(target)) fs::remove(target);
  partial.keep_as(target);
  sync_path(parent_of(target));
  fmt::print("{} is restored from {}.\n", target.string(), from.string());
  return exit_code::ok;
}

}  // namespace signalbox
