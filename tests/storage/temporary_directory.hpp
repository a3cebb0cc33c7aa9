/// A directory that goes away with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace signalbox::testing {

class temporary_directory {
public:
  explicit temporary_directory(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    auto name = (parent / "signalbox-storage-").string() + std::string(6, 'X');  // which mkdtemp replaces
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

}  // namespace signalbox::testing
