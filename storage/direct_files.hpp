/// Whether tables may be written past the page cache.
#pragma once

#include <filesystem>

namespace signalbox {

/// Whether the file system of `directory`, which is there, takes O_DIRECT: tmpfs and some network file systems don't. False too where
/// that can't be found out. Leaves nothing behind.
[[nodiscard]] bool takes_direct_files(const std::filesystem::path& directory);

}  // namespace signalbox
