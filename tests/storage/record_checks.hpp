/// What holds for each kind of record. A test brings `all_of(const T&)` in T's namespace: what of a value is to be compared.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "storage/records.hpp"
#include "tests/storage/random_values.hpp"

namespace signalbox::testing {

// A varint, bytes, and a fixed64 of tags that no version knows, as a later one might write them before the end mark.
inline const std::string later_fields{"\xA0\x3F\x07\xAA\x3F\x03new\xB1\x3F\x01\x02\x03\x04\x05\x06\x07\x08", 19};

template <class T, class Decode>
void check_record(const T& value, Decode decode) {
  std::string bytes = "before";  // encode appends
  encode(bytes, value);
  ASSERT_TRUE(bytes.starts_with("before"));
  bytes.erase(0, 6);
  EXPECT_EQ(all_of(decode(bytes)), all_of(value));
  const auto later = bytes.substr(0, bytes.size() - 2) + later_fields + bytes.substr(bytes.size() - 2);
  EXPECT_EQ(all_of(decode(later)), all_of(value)) << "unknown fields are skipped";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut{bytes, 0, size};  // a copy, so that reading beyond its end shows under ASan
    EXPECT_THROW(static_cast<void>(decode(cut)), corrupt_record) << size << " of " << bytes.size();
  }
}

/// Damage may go unseen in a record (checksums are RocksDB's), but never does more than throw corrupt_record.
template <class T, class Decode>
void check_damage(const T& value, Decode decode, random_values& any) {
  std::string bytes;
  encode(bytes, value);
  for (int i = 0; i < 50; ++i) {
    auto damaged = bytes;
    for (auto left = 1 + any.below(4); left > 0; --left) damaged[any.below(damaged.size())] = static_cast<char>(any.number());
    try {
      static_cast<void>(decode(damaged));
    } catch (const corrupt_record&) {
      continue;
    }
  }
}

template <class Make, class Decode>
void check_many(Make make, Decode decode) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_values any{seed};
    const auto value = make(any);
    check_record(value, decode);
    check_damage(value, decode, any);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace signalbox::testing
