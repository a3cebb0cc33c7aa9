// What the linker puts in the place of RocksDB's own checksum must be the same function, bit by bit: a log of before is read with it.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace rocksdb::crc32c {
std::uint32_t Extend(std::uint32_t of_before, const char* data, std::size_t size);  // of util/crc32c.h, which isn't installed
}
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" std::uint32_t __wrap__ZN7rocksdb6crc32c6ExtendEjPKcm(std::uint32_t of_before, const char* data, std::size_t size);

namespace {

std::uint32_t checksum(std::string_view of, std::uint32_t of_before = 0) {
  return rocksdb::crc32c::Extend(of_before, of.data(), of.size());
}

/// CRC32c by its definition: the reflected polynomial 0x1EDC6F41, RFC 3720, section 12.1.
std::uint32_t by_definition(std::string_view of) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char each : of) {
    crc ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

TEST(LogChecksum, IsOursAndNotTheTables) {
  EXPECT_EQ(&rocksdb::crc32c::Extend,
            reinterpret_cast<decltype(&rocksdb::crc32c::Extend)>(&__wrap__ZN7rocksdb6crc32c6ExtendEjPKcm));
}

TEST(LogChecksum, IsThatOfTheStandard) {
  // RFC 3720, appendix B.4.
  EXPECT_EQ(checksum(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(checksum(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(checksum("123456789"), 0xE3069283U);
  EXPECT_EQ(checksum(""), 0U);
}

TEST(LogChecksum, OfAnyLengthAtAnyPlaceInAnyPieces) {
  std::mt19937_64 random{7};
  std::string bytes(5000, '\0');
  for (auto& each : bytes) each = static_cast<char>(random());
  for (int i = 0; i < 2000; ++i) {
    const auto begin = random() % 64, size = random() % (i < 1000 ? 80 : bytes.size() - 64);
    const auto piece = std::string_view{bytes}.substr(begin, size);
    const auto cut = size == 0 ? 0 : random() % size;
    ASSERT_EQ(checksum(piece), by_definition(piece)) << begin << ' ' << size;
    ASSERT_EQ(checksum(piece.substr(cut), checksum(piece.substr(0, cut))), by_definition(piece))
        << begin << ' ' << size << ' ' << cut;
  }
}

}  // namespace
