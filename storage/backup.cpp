#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>

#include "storage/rocks_access.hpp"

namespace signalbox {

void backup_store(store& from, const std::filesystem::path& to) {
  auto* rocks = dynamic_cast<rocks_store*>(&from);
  if (rocks == nullptr) throw storage_refused("only a store on disk can be backed up");
  if (std::filesystem::exists(to)) throw storage_refused(to.string() + " exists; a backup is written into a new directory");
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::absolute(to).parent_path(), failed);
  if (failed) throw storage_refused(to.string() + " can't be made: " + failed.message());
  rocksdb::Checkpoint* raw = nullptr;
  expect_ok(rocksdb::Checkpoint::Create(&rocks->database().db(), &raw), "preparing a backup", rocks->directory());
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint{raw};
  expect_ok(checkpoint->CreateCheckpoint(to.string()), "writing a backup", to);
}

}  // namespace signalbox
