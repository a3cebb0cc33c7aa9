/// The commands that work on a data directory while no server runs on it. Each says on standard output what it did, and throws
/// storage_refused or storage_error as the store does; where a server holds the directory, with the command that works then.
#pragma once

#include <filesystem>

#include "app/configuration.hpp"
#include "app/exit_code.hpp"

namespace signalbox {

/// Reads everything back and prints every problem and a closing sentence.
[[nodiscard]] exit_code verify_data(const configuration& with);

/// A copy into `to`, which must not exist.
[[nodiscard]] exit_code backup_data(const configuration& with, const std::filesystem::path& to);

/// Makes the configured directory from a backup. It must not exist or be empty; it appears whole and verified, or not at all.
[[nodiscard]] exit_code restore_data(const configuration& with, const std::filesystem::path& from);

}  // namespace signalbox
