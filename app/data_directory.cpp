#include "app/data_directory.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <system_error>

#include "storage/rocks_store.hpp"
#include "storage/synced_files.hpp"

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

/// What to do instead, where a server holds the directory.
std::string hint_of(const configuration& with) {
  // Where that server listens is known only to whoever started it, unless the same configuration says so.
  const bool told = with.server.listen != server_settings{}.listen;
  const auto at = told ? to_text(with.server.listen) : "HOST:PORT";
  const auto* const where = told ? "" : ", where HOST:PORT is what that server listens on";
  if (with.server.tls_certificate)
    return fmt::format("; while it runs: POST https://{}/v1/backups, and verify that copy{}", at, where);
  return fmt::format("; while it runs: signalbox backup --url http://{} COPY, and verify that copy{}", at, where);
}

}  // namespace

exit_code verify_data(const configuration& with) {
  const auto& directory = with.server.data;
  if (!is_filled_directory(directory)) return say_missing(directory);
  std::uint64_t problems = 0;
  try {
    problems = print_problems(with, directory);
  } catch (const storage_locked& held) {
    throw storage_locked(held.what() + hint_of(with));
  }
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
  try {
    const auto from = open_rocks_store(existing_store(with, with.server.data));
    backup_store(*from, target);
  } catch (const storage_locked& held) {
    throw storage_locked(held.what() + hint_of(with));
  }
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
  fmt::print("{} is restored from {}.\n", target.string(), from.string());
  return exit_code::ok;
}

}  // namespace signalbox
