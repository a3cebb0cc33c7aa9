#include "storage/synced_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace signalbox {

namespace fs = std::filesystem;

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

unfinished_directory::unfinished_directory(fs::path path) : path_(std::move(path)) { fs::remove_all(path_); }

unfinished_directory::~unfinished_directory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

void unfinished_directory::keep_as(const fs::path& name) {
  fs::rename(path_, name);
  path_.clear();
  sync_path(name.has_parent_path() ? name.parent_path() : fs::path("."));
}

fs::path without_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

}  // namespace signalbox
