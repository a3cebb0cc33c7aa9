// The memtable through RocksDB, as it is used: against a std::map, with runs of keys, while others read.
#include "storage/memtable.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/slice_transform.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "tests/storage/temporary_directory.hpp"

namespace signalbox {
namespace {

using testing::temporary_directory;

class Memtable : public ::testing::Test {
protected:
  // `prefix_bytes`: keys of one run have it in common; 0: there are no runs.
  void open(std::size_t prefix_bytes) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.allow_concurrent_memtable_write = false;
    options.memtable_factory = make_memtable_factory();
    if (prefix_bytes > 0)
      options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(prefix_bytes));
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, directory_.path().string(), &db).ok());
    db_.reset(db);
  }

  void put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(db_->Put({}, key, value).ok());
    expected_[key] = value;
  }
  void erase(const std::string& key) {
    ASSERT_TRUE(db_->Delete({}, key).ok());
    expected_.erase(key);
  }

  void expect_all() {
    const std::unique_ptr<rocksdb::Iterator> rows{db_->NewIterator({})};
    auto up = expected_.begin();
    for (rows->SeekToFirst(); rows->Valid(); rows->Next(), ++up) {
      ASSERT_NE(up, expected_.end());
      ASSERT_EQ(rows->key().ToString(), up->first);
      ASSERT_EQ(rows->value().ToString(), up->second);
    }
    ASSERT_EQ(up, expected_.end());
    auto down = expected_.rbegin();
    for (rows->SeekToLast(); rows->Valid(); rows->Prev(), ++down) {
      ASSERT_NE(down, expected_.rend());
      ASSERT_EQ(rows->key().ToString(), down->first);
    }
    ASSERT_EQ(down, expected_.rend());
  }

  // From a key that may not be there, in both directions and by itself.
  void expect_found(const std::string& key) {
    const std::unique_ptr<rocksdb::Iterator> rows{db_->NewIterator({})};
    rows->Seek(key);
    const auto above = expected_.lower_bound(key);
    ASSERT_EQ(rows->Valid(), above != expected_.end());
    if (rows->Valid()) {
      ASSERT_EQ(rows->key().ToString(), above->first);
    }
    rows->SeekForPrev(key);
    const auto next = expected_.upper_bound(key);
    ASSERT_EQ(rows->Valid(), next != expected_.begin());
    if (rows->Valid()) {
      ASSERT_EQ(rows->key().ToString(), std::prev(next)->first);
    }
    std::string value;
    const auto status = db_->Get({}, key, &value);
    const auto known = expected_.find(key);
    ASSERT_EQ(status.ok(), known != expected_.end());
    if (status.ok()) {
      ASSERT_EQ(value, known->second);
    }
  }

  temporary_directory directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::map<std::string, std::string> expected_;
};

std::string numbered(std::uint64_t number) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(number >> shift);
  return key;
}

TEST_F(Memtable, EmptyHasNothing) {
  open(0);
  expect_all();
  expect_found("a");
}

TEST_F(Memtable, RandomKeysOfAnyLengthAgainstAMap) {
  for (const std::size_t prefix_bytes : {0, 1}) {
    open(prefix_bytes);
    std::mt19937_64 random{7 + prefix_bytes};
    const auto any_key = [&] {
      // Few bytes that differ, so that keys are overwritten, are prefixes of each other, and hold bytes above 127 and zeros.
      std::string key(1 + random() % (random() % 50 == 0 ? 300 : 4), '\0');
      for (auto& byte : key)
        byte =
            "\x00\x01"
            "a\x7F\x80\xFF"[random() % 6];
      return key;
    };
    for (int i = 0; i < 20'000; ++i) {
      if (random() % 4 == 0)
        erase(any_key());
      else
        put(any_key(), std::to_string(i));
      if (i % 50 == 0) expect_found(any_key());
    }
    expect_all();
    db_.reset();
    expected_.clear();
    ASSERT_TRUE(rocksdb::DestroyDB(directory_.path().string(), {}).ok());
  }
}

// Runs that rise, fall, or go to and fro beside each other, each with a finger of its own, as feeds and ids come.
TEST_F(Memtable, RunsOfKeysBesideEachOther) {
  open(2);
  std::mt19937_64 random{11};
  std::vector<std::uint64_t> at(40, 1'000'000'000);
  for (int i = 0; i < 60'000; ++i) {
    const auto run = random() % at.size();
    auto& place = at[run];
    switch (run % 4) {
      case 0:
        ++place;
        break;
      case 1:
        --place;
        break;
      case 2:
        place += random() % 1'000;
        break;
      default:
        place = random() % 5'000;
    }
    put("r" + std::string(1, static_cast<char>(run)) + numbered(place), std::to_string(i));
  }
  expect_all();
  for (int i = 0; i < 500; ++i)
    expect_found("r" + std::string(1, static_cast<char>(random() % 41)) + numbered(999'990'000 + random() % 20'000));
}

TEST_F(Memtable, ASnapshotSeesWhatWasThere) {
  open(0);
  put("a", "old");
  put("b", "old");
  const auto* const then = db_->GetSnapshot();
  put("a", "new");
  erase("b");
  put("c", "new");
  rocksdb::ReadOptions at_that_time;
  at_that_time.snapshot = then;
  std::string value;
  EXPECT_TRUE(db_->Get(at_that_time, "a", &value).ok());
  EXPECT_EQ(value, "old");
  EXPECT_TRUE(db_->Get(at_that_time, "b", &value).ok());
  EXPECT_TRUE(db_->Get(at_that_time, "c", &value).IsNotFound());
  db_->ReleaseSnapshot(then);
  expect_all();
}

TEST_F(Memtable, WhatWasNotFlushedComesBackFromTheLogAndWhatWasFlushedFromItsFile) {
  open(1);
  for (int i = 0; i < 1'000; ++i) put(numbered(static_cast<std::uint64_t>(i * 7919 % 1'000)), "flushed");
  ASSERT_TRUE(db_->Flush({}).ok());
  for (int i = 0; i < 500; ++i) put(numbered(static_cast<std::uint64_t>(i * 3)), "logged");
  db_.reset();
  open(1);
  expect_all();
}

// One thread writes, others read it all in both directions: every row that was there before they began is there, in order.
TEST_F(Memtable, OthersReadWhileOneWrites) {
  open(1);
  constexpr std::uint64_t first = 2'000;
  const auto place = [](std::uint64_t i) { return std::string(1, static_cast<char>(i % 5)) + numbered(i * 0x9E3779B97F4A7C15); };
  std::atomic<std::uint64_t> written{0};
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  const auto read = [&](unsigned seed) {
    std::mt19937_64 random{seed};
    while (!done) {
      const auto there = written.load();
      const std::unique_ptr<rocksdb::Iterator> rows{db_->NewIterator({})};
      std::uint64_t count = 0;
      std::string last;
      for (rows->SeekToFirst(); rows->Valid(); rows->Next(), ++count) {
        if (count > 0 && rows->key().ToString() <= last) ++wrong;
        last = rows->key().ToString();
      }
      if (count < there) ++wrong;
      for (int i = 0; i < 100 && there > 0; ++i) {
        const auto key = place(random() % there);
        std::string value;
        if (!db_->Get({}, key, &value).ok() || value != key) ++wrong;
        rows->SeekForPrev(key);
        if (!rows->Valid() || rows->key() != key) ++wrong;
        rows->Prev();
        if (rows->Valid() && rows->key().ToString() >= key) ++wrong;
      }
    }
  };
  std::vector<std::thread> readers;
  for (unsigned i = 0; i < 3; ++i) readers.emplace_back(read, i);
  for (std::uint64_t i = 0; i < 10 * first; ++i) {
    const auto key = place(i);
    ASSERT_TRUE(db_->Put({}, key, key).ok());
    written = i + 1;
  }
  done = true;
  for (auto& one : readers) one.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace signalbox
