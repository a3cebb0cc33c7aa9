#include "app/data_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>

#include "storage/rocks_store.hpp"

namespace signalbox {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DataDirectoryTest : public testing::Test {
protected:
  DataDirectoryTest() {
    std::string name = (fs::temp_directory_path() / "signalbox-XXXXXX").string();
    root = mkdtemp(name.data());
  }
  ~DataDirectoryTest() override { fs::remove_all(root); }

  configuration on(const char* directory) const {
    configuration with;
    with.server.data = root / directory;
    return with;
  }
  void make_store(const char* directory) const {
    rocks_options options;
    options.directory = root / directory;
    open_rocks_store(options).reset();
  }

  fs::path root;
};

TEST_F(DataDirectoryTest, ABackupIsRestoredSound) {
  make_store("store");
  EXPECT_EQ(backup_data(on("store"), root / "copy/"), exit_code::ok);
  EXPECT_EQ(restore_data(on("again"), root / "copy"), exit_code::ok);
  EXPECT_EQ(verify_data(on("again")), exit_code::ok);
  EXPECT_FALSE(fs::exists(root / "again.restoring"));
}

TEST_F(DataDirectoryTest, RestoringOverwritesNothing) {
  make_store("store");
  ASSERT_EQ(backup_data(on("store"), root / "copy"), exit_code::ok);
  EXPECT_EQ(restore_data(on("store"), root / "copy"), exit_code::locked);
  EXPECT_EQ(verify_data(on("store")), exit_code::ok);
}

TEST_F(DataDirectoryTest, RestoringIntoAnEmptyDirectoryIsFine) {
  make_store("store");
  ASSERT_EQ(backup_data(on("store"), root / "copy"), exit_code::ok);
  fs::create_directory(root / "mount");
  EXPECT_EQ(restore_data(on("mount"), root / "copy"), exit_code::ok);
}

TEST_F(DataDirectoryTest, ABackupIsNeverWrittenOverSomething) {
  make_store("store");
  fs::create_directory(root / "there");
  EXPECT_EQ(backup_data(on("store"), root / "there"), exit_code::no_input);
}

TEST_F(DataDirectoryTest, WhatIsNoStoreIsSaidSo) {
  EXPECT_EQ(verify_data(on("missing")), exit_code::no_input);
  EXPECT_EQ(backup_data(on("missing"), root / "copy"), exit_code::no_input);
  EXPECT_EQ(restore_data(on("again"), root / "missing"), exit_code::no_input);
  fs::create_directory(root / "empty");
  EXPECT_EQ(verify_data(on("empty")), exit_code::no_input);
  EXPECT_FALSE(fs::exists(root / "again"));
}

TEST_F(DataDirectoryTest, ADirectoryOfSomethingElseIsRefusedAndNotTouched) {
  fs::create_directory(root / "photos");
  std::ofstream(root / "photos" / "cat.jpg") << "meow";
  EXPECT_ANY_THROW((void)backup_data(on("photos"), root / "copy"));
  EXPECT_ANY_THROW((void)restore_data(on("again"), root / "photos"));
  EXPECT_FALSE(fs::exists(root / "again"));
  EXPECT_FALSE(fs::exists(root / "again.restoring"));
  EXPECT_EQ(std::distance(fs::directory_iterator(root / "photos"), fs::directory_iterator()), 1);
}

TEST_F(DataDirectoryTest, AServerOnItKeepsOthersOff) {
  make_store("store");
  rocks_options options;
  options.directory = root / "store";
  const auto held = open_rocks_store(options);
  const auto said = [](const auto& command) -> std::string {
    try {
      (void)command();
    } catch (const storage_locked& refused) {
      return refused.what();
    }
    return "it was not refused";
  };
  const auto instead = testing::AllOf(HasSubstr("in use"), HasSubstr("signalbox backup --url http://HOST:PORT COPY"),
                                      testing::Not(HasSubstr("8080")));  // nobody said where that server listens
  EXPECT_THAT(said([&] { return backup_data(on("store"), root / "copy"); }), instead);
  EXPECT_THAT(said([&] { return verify_data(on("store")); }), instead);
  auto with = on("store");
  with.server.listen = {"127.0.0.1", 9321};
  EXPECT_THAT(said([&] { return verify_data(with); }), HasSubstr("signalbox backup --url http://127.0.0.1:9321 COPY"));
  with.server.tls_certificate = "c.pem";
  EXPECT_THAT(said([&] { return verify_data(with); }), HasSubstr("POST https://127.0.0.1:9321/v1/backups"));
  EXPECT_FALSE(fs::exists(root / "copy"));
}

}  // namespace
}  // namespace signalbox
