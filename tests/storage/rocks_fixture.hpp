/// A store on RocksDB in a directory of the test's.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/rocks_store.hpp"
#include "tests/storage/temporary_directory.hpp"
#include "tests/storage/workload.hpp"

namespace signalbox::testing {

constexpr std::size_t small_memtable = 256 << 10;

inline std::string refusal_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const storage_refused& refused) {
    return refused.what();
  }
  return "not refused";
}

inline void put(store& to, family in, std::string_view key, std::string_view value) {
  change_set set{0};
  set.put(in, key, value);
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  to.commit({&one, 1}, {&unused, 1});
}

inline std::vector<std::string> problems_of(const std::filesystem::path& directory) {
  std::vector<std::string> problems;
  verify_store({.directory = directory}, [&](const std::string& what) { problems.push_back(what); });
  return problems;
}

/// The contents without what only RocksDB's store has.
inline contents comparable(const store& of) {
  auto all = everything_in(of);
  all[0].erase(keys::format());
  all[0].erase(keys::family_map());
  return all;
}

class RocksStore : public ::testing::Test {
protected:
  [[nodiscard]] std::unique_ptr<store> open() const {
    return open_rocks_store({.directory = path_, .memtable_bytes = small_memtable});
  }
  temporary_directory directory_;
  std::filesystem::path path_ = directory_.path() / "store";
};

}  // namespace signalbox::testing
