/// Files that must outlive a power cut.
#pragma once

#include <filesystem>

namespace signalbox {

/// Both throw std::filesystem::filesystem_error.
void sync_path(const std::filesystem::path& path);
/// Everything in `directory`, then itself.
void sync_tree(const std::filesystem::path& directory);

/// A directory under way: gone again unless it is kept, whatever stops the work on it. What lies at `path` from a try before is
/// removed.
class unfinished_directory {
public:
  explicit unfinished_directory(std::filesystem::path path);
  ~unfinished_directory();
  unfinished_directory(const unfinished_directory&) = delete;
  unfinished_directory& operator=(const unfinished_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Takes the place of `name`, which is absent or an empty directory, and syncs that.
  void keep_as(const std::filesystem::path& name);

private:
  std::filesystem::path path_;
};

/// `dir/` names the same directory as `dir`, but has no file name to append to.
[[nodiscard]] std::filesystem::path without_slash(const std::filesystem::path& path);

}  // namespace signalbox
