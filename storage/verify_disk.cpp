#include <rocksdb/db.h>

#include "storage/rocks_access.hpp"
#include "storage/verify.hpp"

namespace signalbox {
namespace {

std::unique_ptr<rocks_database> open_what_opens(const rocks_options& options,
                                                const std::function<void(const std::string&)>& problem) {
  for (const auto on_damage : {log_damage::refuse, log_damage::stop}) {
    try {
      return open_to_look(options, on_damage);
    } catch (const storage_error& broken) {
      problem(broken.what());
    }
  }
  return nullptr;
}

}  // namespace

std::uint64_t verify_store(const rocks_options& options, const std::function<void(const std::string&)>& say) {
  if (!std::filesystem::exists(options.directory / "CURRENT")) {
    throw storage_refused(options.directory.string() + " holds no store");
  }
  const directory_lock lock{options.directory};
  std::uint64_t problems = 0;
  const auto problem = [&](const std::string& what) {
    ++problems;
    say(what);
  };
  auto reading = options;
  reading.read_only = true;
  auto database = open_what_opens(reading, problem);
  if (!database) return problems;
  if (const auto status = database->db().VerifyChecksum(); !status.ok()) problem("checksums: " + status.ToString());
  try {
    const rocks_store store{reading, std::move(database), {}};
    problems += verify_contents(store, say);
  } catch (const storage_error& broken) {
    problem(broken.what());
  }
  return problems;
}

}  // namespace signalbox
