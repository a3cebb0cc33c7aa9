// RocksDB's CRC32c, which it computes of all that goes into its log. Debian's library is built for every x86-64 and does it by
// tables (facebook/rocksdb#11311), a fifth of what JOURNAL's thread was busy with; ISA-L looks what the processor can. The linker
// gives every call of rocksdb::crc32c::Extend to this (storage/CMakeLists.txt): same polynomial, same result, so a log that
// one wrote the other reads.
#include <isa-l/crc.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the name that the linker's --wrap asks for.
extern "C" std::uint32_t __wrap__ZN7rocksdb6crc32c6ExtendEjPKcm(std::uint32_t of_before, const char* data, std::size_t size) {
  // ISA-L leaves inverting to its caller, counts in int, and takes what it only reads as not const.
  auto crc = ~of_before;
  while (size != 0) {
    const auto now = std::min<std::size_t>(size, INT_MAX);
    crc = crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(data)), static_cast<int>(now), crc);
    data += now;
    size -= now;
  }
  return ~crc;
}
